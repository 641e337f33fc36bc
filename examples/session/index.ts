/**
 * A session that waits for its client. The broker keeps this node's subscription while the node is away (CleanSession 0
 * under MQTT 3.1.1, a Session Expiry Interval of an hour under 5.0), and keeps for it what is published under QoS 1: the
 * node says all of it when it is back.
 *
 *     npx tsx host/cli/main.ts run build/session.wasm --id 7 --set mqtt=3.1.1 --broker mqtt://127.0.0.1:1883
 */

import { Level, message, node, Qos, utf8 } from "../../assembly";

export { resume, stop } from "../../assembly";

export function setup(): void {
  node.setup();
}

export function step(nowMs: u32): u32 {
  node.begin(nowMs);
  // Only once: the session that the broker has kept has its subscription.
  if (node.isNewSession()) node.subscribe(utf8("demo/notices"), Qos.AT_LEAST_ONCE);
  while (node.receive()) message.log(Level.INFO);
  return node.finish(nowMs);
}
