/** Nodes that a server may send something to, and what they make of it. */

import type { LoadedModule } from "../../../../host/engine/module.ts";
import { loadApp } from "../../../unit/harness/modules.ts";
import { TestNode, type TestNodeOptions } from "../../../unit/harness/node.ts";
import { ACCEPTED, answer, publish, SUBACK, UNSUBACK } from "./packets.ts";

/** What `loadMirror` is told unless told otherwise: QoS 2, four aliases, no packets but those that a test is about. */
const OPTIONS = ["NODE_MQTT=5", "NODE_MESSAGES=1", "NODE_STATUS=0", "NODE_INBOUND_QOS=2", "NODE_ALIASES=4"];

/** tests/conformance/modules/mirror.ts, with options in addition. */
export function loadMirror(...options: string[]): Promise<LoadedModule> {
  return loadApp("tests/conformance/modules/mirror.ts", [...OPTIONS, ...options]);
}

/** Online after that CONNACK, with nothing owed by either side. */
export function online(module: LoadedModule, connack = ACCEPTED, options: TestNodeOptions = {}): TestNode {
  const node = new TestNode(module, options).online(connack);
  node.actuations();
  return node;
}

/** The filter that `owed` asks for. */
const FILTER = "a/b";
/** Packet identifiers of its requests. */
export const SUBSCRIBED = "0100";
export const UNSUBSCRIBED = "2100";

/** A mirror that is owed a SUBACK. */
export function subscribing(module: LoadedModule): TestNode {
  return owed(module, "+", "82");
}

/** A mirror that is owed an UNSUBACK. */
export function unsubscribing(module: LoadedModule): TestNode {
  return owed(module, "-", "a2");
}

function owed(module: LoadedModule, command: string, first: string): TestNode {
  const node = online(module).receive(publish("x", command + FILTER));
  const sent = node.sent();
  if (!sent.startsWith(first)) throw new Error(`not what was asked for: ${sent}`);
  node.logs();
  node.actuations();
  return node;
}

export const GOOD_SUBACK = answer(SUBACK, SUBSCRIBED, [2]);
export const GOOD_UNSUBACK = answer(UNSUBACK, UNSUBSCRIBED, [0]);

/** What a node did about bytes: `accepted` if it keeps the connection, else the last packet that it sent, or `closed`. */
export type Verdict = string;

/** Gives the node bytes from the server. */
export function verdict(node: TestNode, ...bytes: readonly string[]): Verdict {
  node.sent();
  node.receive(...bytes);
  if (node.linked) return "accepted";
  return node.packets().at(-1) ?? "closed";
}

/** The same where the connection must end; what follows is a CONNECT on another one, or this throws. */
export function verdictAndReturn(node: TestNode, ...bytes: readonly string[]): Verdict {
  const links = node.links;
  const said = verdict(node, ...bytes);
  if (said === "accepted") return said;
  for (let waits = 0; !node.linked; waits++) {
    if (waits > 1_000) throw new Error("the node does not come back");
    node.step(node.waitMs);
  }
  const [hello = ""] = node.open().packets();
  if (node.links !== links + 1 || !hello.startsWith("10")) throw new Error(`not a CONNECT: ${hello}`);
  return said;
}

/** Judges each of many inputs on a node in the same state, and returns those that it judges otherwise than expected. */
export function misjudged<T>(
  node: TestNode,
  inputs: readonly T[],
  bytesOf: (input: T) => string,
  expected: (input: T) => Verdict,
): { input: T; bytes: string; expected: Verdict; verdict: Verdict }[] {
  const image = node.image();
  return inputs.flatMap((input) => {
    node.restore(image);
    const wanted = expected(input);
    const said = verdict(node, bytesOf(input));
    return said === wanted ? [] : [{ input, bytes: bytesOf(input), expected: wanted, verdict: said }];
  });
}
