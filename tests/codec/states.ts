/** States of a node in which it has something to expect, each built by the node itself and saved. */

import type { LoadedModule } from "../../host/engine/module.ts";
import type { ConnackProperties } from "./arbitraries.ts";
import { instruction, Lab, type Outcome, type State } from "./lab.ts";
import type { Version } from "./wire.ts";

export const METHOD = "SCRAM-€";
/** What the node answers to a question of the broker. */
export const ANSWER = "answer";

/** A node whose CONNECT is out. */
export interface Connecting {
  readonly lab: Lab;
  /** Of a node that was online before, and has these packets waiting to be sent. */
  readonly held: State;
  /** Payloads of what waits, in its order. */
  readonly waiting: readonly string[];
  /** Of a node that was never online. */
  readonly fresh: State;
  /** The same as `held`, with an authentication method. */
  readonly authenticating: State;
}

/** A node that is online and waits for an answer of every kind. */
export interface Busy {
  readonly lab: Lab;
  readonly state: State;
  /** Identifiers of messages in flight. */
  readonly published: Readonly<Record<"qos1" | "qos2" | "released", readonly number[]>>;
  /** Of a message that was received under QoS 2 and not released. */
  readonly received: number;
  readonly subscribe: number;
  readonly unsubscribe: number;
}

export function connecting(module: LoadedModule, version: Version): Connecting {
  const lab = new Lab(module, version);
  lab.connect();
  const fresh = lab.save();
  accept(lab);
  lab.instruct(instruction("K", 0, "data"), instruction("Q", 0, ANSWER));
  lab.reconnect();
  accept(lab);
  const waiting = ["0", "1", "2", "3", "4", "5", "6", "7"];
  lab.instruct(...waiting.flatMap((payload, at) => message(payload, at % 3)));
  lab.reconnect();
  const held = lab.save();
  accept(lab);
  lab.instruct(instruction("M", 0, METHOD));
  lab.reconnect();
  return { lab, held, waiting: waiting.filter((_, at) => at % 3 !== 0), fresh, authenticating: lab.save() };
}

export function busy(module: LoadedModule, version: Version): Busy {
  const lab = new Lab(module, version);
  lab.connect();
  accept(lab);
  lab.instruct(instruction("K", 0, "data"), instruction("Q", 0, ANSWER), instruction("M", 0, METHOD));
  lab.reconnect();
  accept(lab, version === 5 ? { authenticationMethod: METHOD } : {});
  // Three quarters of the Keep Alive.
  lab.node.step(6000);
  expectCommands(lab.outcome(), "pingreq");
  const publishes = lab.instruct(...[1, 1, 2, 2, 2, 2].flatMap((qos) => message("x", qos))).sent;
  const identifiers = publishes.map(({ messageId }) => messageId ?? 0);
  const [, , , , released = 0, last = 0] = identifiers;
  for (const messageId of [released, last]) {
    expectCommands(lab.packet({ cmd: "pubrec", messageId, reasonCode: 0 }), "pubrel");
  }
  const received = 77;
  const publish = { cmd: "publish", topic: "t", payload: "", retain: false, dup: false } as const;
  expectCommands(lab.packet({ ...publish, qos: 2, messageId: received }), "pubrec");
  const requests = lab.instruct(instruction("+", 0, "filter"), instruction("-", 0, "filter"));
  expectCommands(requests, "subscribe", "unsubscribe");
  if (version === 5) expectCommands(lab.instruct(instruction("A", 0, "again")), "auth");
  return {
    lab,
    state: lab.save(),
    published: { qos1: identifiers.slice(0, 2), qos2: identifiers.slice(2, 4), released: [released, last] },
    received,
    subscribe: requests.sent[0]?.messageId ?? 0,
    unsubscribe: requests.sent[1]?.messageId ?? 0,
  };
}

function message(payload: string, qos: number): Buffer[] {
  return [instruction("B", qos << 1, "t"), instruction("T", 0, payload), instruction("S")];
}

/** The broker accepts the connection; MQTT 3.1.1 has no properties. */
export function accept(lab: Lab, properties: ConnackProperties = {}): Outcome {
  const connack = { cmd: "connack", sessionPresent: false, returnCode: 0, reasonCode: 0, properties } as const;
  let outcome = lab.packet(connack);
  // A fresh image that sends under QoS 2 has its session cleared first (3.1.1), on a connection of its own.
  if (outcome.sent.length === 1 && outcome.sent[0]?.cmd === "disconnect") {
    lab.connect();
    outcome = lab.packet(connack);
  }
  if (!outcome.logs.includes("1 online")) throw new Error(`not accepted: ${outcome.logs.join(", ")}`);
  return outcome;
}

function expectCommands({ sent, logs }: Outcome, ...commands: readonly string[]): void {
  const actual = sent.map(({ cmd }) => cmd).join(", ");
  if (actual !== commands.join(", ")) throw new Error(`the node sent "${actual}", and said "${logs.join(", ")}"`);
}
