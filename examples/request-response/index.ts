/**
 * Request and response under MQTT 5.0. Each second node `asker` asks for the temperature, says where the answer is to go
 * (response topic) and what is to come back with it (correlation data), and says the answers to its last question.
 * A node of any other name answers whoever asks, wherever it is to.
 *
 *     npx tsx host/cli/main.ts run build/request-response.wasm --id asker --broker mqtt://127.0.0.1:1884
 */

import { Level, message, node, outgoing, Qos, sensor, utf8 } from "../../assembly";

export { resume, stop } from "../../assembly";

const QUESTION = utf8("demo/question");
const ANSWER = utf8("demo/answer");


@unmanaged
class Asked {
  /** How many questions were asked: the correlation data of the last one. */
  count: u32 = 0;
}

const asked = changetype<Asked>(memory.data(offsetof<Asked>(), 4));
const COUNT_BYTES: i32 = 4;

export function setup(): void {
  node.setup();
}

export function step(nowMs: u32): u32 {
  node.begin(nowMs);
  if (node.isCalled(utf8("asker"))) ask(node.isDue(nowMs));
  else answer();
  return node.finish(nowMs);
}

function ask(isTime: bool): void {
  if (node.isNewSession()) node.subscribe(ANSWER, Qos.AT_LEAST_ONCE);
  while (node.receive()) {
    if (message.hasCorrelation(changetype<usize>(asked), COUNT_BYTES)) message.log(Level.INFO);
  }
  if (!isTime || !node.isConnected()) return;
  asked.count++;
  outgoing.begin(QUESTION, Qos.AT_LEAST_ONCE);
  outgoing.responseTopic(ANSWER);
  outgoing.correlation(changetype<usize>(asked), COUNT_BYTES);
  outgoing.send();
}

function answer(): void {
  if (node.isNewSession()) node.subscribe(QUESTION, Qos.AT_LEAST_ONCE);
  while (node.receive()) {
    if (!outgoing.beginResponse(Qos.AT_LEAST_ONCE)) continue;
    outgoing.number(sensor.read(0));
    outgoing.send();
  }
}
