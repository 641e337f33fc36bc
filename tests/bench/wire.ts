/** What a node's readings take on the wire. */

import { NodeInstance } from "../../host/engine/instance.ts";
import { loadModule, readModule } from "../../host/engine/module.ts";
import { WasmoteError } from "../../host/errors.ts";
import { createNullBoard, type NullBoard } from "../../host/hal/null-board.ts";
import type { NullNetworkOptions } from "../../host/hal/null-network.ts";
import type { Subject } from "./program.ts";

/** Until the node is online and has said all that it says once. */
const STEPS_TO_SETTLE = 20;
const READINGS = 20;

/** What a board's network carries for its node. */
export interface Traffic {
  /** Bytes of each call of `send` and each call of `receive` that moved any, in their order. */
  readonly sent: Buffer[];
  readonly received: Buffer[];
}

/** Records what passes from here on. */
export function record({ network }: NullBoard): Traffic {
  const traffic: Traffic = { sent: [], received: [] };
  const send = network.send.bind(network);
  const receive = network.receive.bind(network);
  network.send = (handle, memory, offset, length) => {
    const taken = send(handle, memory, offset, length);
    if (taken > 0) traffic.sent.push(Buffer.from(memory.subarray(offset, offset + taken)));
    return taken;
  };
  network.receive = (handle, memory, offset, capacity) => {
    const length = receive(handle, memory, offset, capacity);
    if (length > 0) traffic.received.push(Buffer.from(memory.subarray(offset, offset + length)));
    return length;
  };
  return traffic;
}

/**
 * Bytes of a PUBLISH under QoS 1 and its PUBACK, as TCP's payload, once the node is online. Throws `EMEASURE` if that is not
 * all that passes.
 */
export async function wireBytesPerReading({ name, module }: Subject, options: NullNetworkOptions = {}) {
  const board = createNullBoard(options);
  const node = new NodeInstance(loadModule(await readModule(module)), board);
  node.setup();
  let nowMs = 0;
  // A reading is sent in one step, and its PUBACK taken in in the next, which says when to go on.
  for (let step = 0; step < STEPS_TO_SETTLE; step++) nowMs += node.step(nowMs);
  const { sent, received } = record(board);
  while (received.length < READINGS) nowMs += node.step(nowMs);
  const isReading = (packet: Buffer): boolean => (packet[0] ?? 0) === 0x32 && packet[1] === packet.length - 2;
  const isPuback = (packet: Buffer): boolean => packet[0] === 0x40 && packet.length === 4;
  if (sent.length !== READINGS || !sent.every(isReading) || !received.every(isPuback)) {
    throw new WasmoteError("EMEASURE", "module", `the ${name} node sends more than readings`, {
      cure: "see what it sends with `npm start -- --verbose`",
    });
  }
  return Buffer.concat([...sent, ...received]).length / READINGS;
}
