/**
 * The last will. With its CONNECT the node leaves a message with the broker: `offline` on `last_will`, QoS 1, retained.
 * The broker publishes it when the node falls silent. The keep alive is 5 seconds, so that takes no longer than 7.5.
 *
 *     npx tsx host/cli/main.ts run build/last-will.wasm --id 7 --broker mqtt://127.0.0.1:1883
 */

import { node, Qos, utf8, will } from "../../assembly";

export { resume, stop } from "../../assembly";

export function setup(): void {
  node.setup();
  will.begin(utf8("last_will"), Qos.AT_LEAST_ONCE, true);
  will.text(utf8("offline"));
  will.set();
}

export function step(nowMs: u32): u32 {
  node.begin(nowMs);
  return node.finish(nowMs);
}
