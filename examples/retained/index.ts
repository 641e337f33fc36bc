/**
 * Retained messages. The node publishes two of them on one topic. The broker keeps the last one of a topic, so who
 * subscribes later, even when the node is gone, gets `second` and nothing else.
 *
 *     npx tsx host/cli/main.ts run build/retained.wasm --id 7 --broker mqtt://127.0.0.1:1883
 */

import { node, outgoing, Qos, utf8 } from "../../assembly";

export { resume, stop } from "../../assembly";

const TOPIC = utf8("demo/retained");

export function setup(): void {
  node.setup();
  // There is no connection yet: the messages wait in the queue for it.
  outgoing.publish(TOPIC, utf8("first"), Qos.AT_LEAST_ONCE, true);
  outgoing.publish(TOPIC, utf8("second"), Qos.AT_LEAST_ONCE, true);
}

export function step(nowMs: u32): u32 {
  node.begin(nowMs);
  return node.finish(nowMs);
}
