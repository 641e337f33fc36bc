/**
 * An application that does to the SDK what a message tells it. The first byte of the payload says what, the rest is a topic
 * filter; the result goes to the actuator.
 *
 *     ?   whether the message's own topic matches the filter
 *     0   subscribe at QoS 0
 *     1   subscribe at QoS 1
 *     -   unsubscribe
 *     *   subscribe three times, then answer the command
 */

import { actuator, message, node, Text } from "../../../assembly";
import { inbound } from "../../../assembly/image";

export { resume, stop } from "../../../assembly";

const FILTER_CAPACITY: i32 = 254;
/** Lazy, so that it lies behind the SDK's constants and those right behind the SDK's buffers: an overrun must show. */
@lazy
const FILTER = memory.data(2 + FILTER_CAPACITY, 2);

export function setup(): void {
  node.setup();
}

export function step(nowMs: u32): u32 {
  node.begin(nowMs);
  while (node.receive()) {
    if (inbound.payloadLength > 0) obey(load<u8>(inbound.payload), inbound.payloadLength - 1);
  }
  return node.finish(nowMs);
}

function obey(what: i32, length: i32): void {
  store<u8>(FILTER, length >> 8);
  store<u8>(FILTER, length, 1);
  memory.copy(FILTER + 2, inbound.payload + 1, length);
  const filter = changetype<Text>(FILTER);
  if (what == 0x3f) actuator.write(0, message.matches(filter) ? 1 : 0);
  else if (what == 0x30 || what == 0x31) actuator.write(0, node.subscribe(filter, what - 0x30) ? 1 : 0);
  else if (what == 0x2d) actuator.write(0, node.unsubscribe(filter) ? 1 : 0);
  else if (what == 0x2a) {
    node.subscribe(filter, 1);
    node.subscribe(filter, 1);
    node.subscribe(filter, 1);
    message.reply(1_000_000_000);
  }
}
