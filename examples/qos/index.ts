/**
 * The three levels of QoS. Each second the node publishes one text under each of them: 0 may get lost, 1 arrives and may
 * arrive twice, 2 arrives once.
 *
 * Node `subscriber` asks for at most QoS 2, so it receives every message under the QoS that it was published with.
 *
 *     npx tsx host/cli/main.ts run build/qos.wasm --id subscriber --broker mqtt://127.0.0.1:1883
 */

import { Level, message, node, outgoing, Qos, utf8 } from "../../assembly";

export { resume, stop } from "../../assembly";

const TOPIC = utf8("demo/qos");

export function setup(): void {
  node.setup();
}

export function step(nowMs: u32): u32 {
  node.begin(nowMs);
  if (node.isCalled(utf8("subscriber"))) listen();
  else if (node.isDue(nowMs)) publish();
  return node.finish(nowMs);
}

function publish(): void {
  outgoing.publish(TOPIC, utf8("hello"), Qos.AT_MOST_ONCE);
  outgoing.publish(TOPIC, utf8("hello"), Qos.AT_LEAST_ONCE);
  outgoing.publish(TOPIC, utf8("hello"), Qos.EXACTLY_ONCE);
}

function listen(): void {
  if (node.isNewSession()) node.subscribe(TOPIC, Qos.EXACTLY_ONCE);
  while (node.receive()) {
    node.sayNumber(Level.INFO, utf8("QoS "), message.qos());
    message.log(Level.INFO);
  }
}
