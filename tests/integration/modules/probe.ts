/**
 * An application that does what its commands tell it, so that one module shows what a broker makes of all of it:
 *
 *     subscribe     QoS and options in one byte, subscription identifier in one byte, topic filter
 *     unsubscribe   topic filter
 *     publish       QoS and RETAIN as in PUBLISH in one byte, length of the topic in one byte, topic, payload
 *     rich          the same with every property that a message of its own can have
 *     ready         nothing: its answer says that all before it was handled
 *     count         how many numbered messages to send on `sensor/<id>/count` under QoS 2, as fast as they leave
 *
 * It tells its log what arrives on `work/#`, and everything else, with its properties, on `sensor/<id>/heard`.
 */

import { Level, message, node, outgoing, Qos, sensor, Text, utf8 } from "../../../assembly";

export { resume, stop } from "../../../assembly";

const PROBE = 0;
/** How many numbered messages were asked for, and how many are queued. */
@lazy
const COUNT = memory.data(8, 4);
/** A text of up to 253 bytes behind its length. */
@lazy
const TEXT = memory.data(256, 4);

export function setup(): void {
  node.setup();
}

export function step(nowMs: u32): u32 {
  node.begin(nowMs);
  if (node.isNewSession()) node.subscribe(utf8("work/#"), Qos.EXACTLY_ONCE);
  while (node.receive()) {
    if (message.is(utf8("subscribe"))) message.reply(subscribe());
    else if (message.is(utf8("unsubscribe"))) message.reply(node.unsubscribe(textAt(0, message.length())) ? 1 : 0);
    else if (message.is(utf8("publish"))) message.reply(publish(false));
    else if (message.is(utf8("rich"))) message.reply(publish(true));
    else if (message.is(utf8("count"))) message.reply(count());
    else if (message.is(utf8("ready"))) message.reply(0);
    else if (message.matches(utf8("work/#"))) message.log(Level.INFO);
    else report();
  }
  sendNumbers();
  if (node.isDue(nowMs)) node.publish(sensor.read(PROBE));
  return node.finish(nowMs);
}

/** Bytes of the payload as a text. */
function textAt(offset: i32, length: i32): Text {
  store<u8>(TEXT, length >> 8);
  store<u8>(TEXT, length, 1);
  memory.copy(TEXT + 2, message.bytes() + offset, length);
  return changetype<Text>(TEXT);
}

function byteAt(offset: i32): i32 {
  return load<u8>(message.bytes() + offset);
}

function subscribe(): i32 {
  return node.subscribe(textAt(2, message.length() - 2), byteAt(0), byteAt(1)) ? 1 : 0;
}

function publish(isRich: bool): i32 {
  const topicLength = byteAt(1);
  const start = 2 + topicLength;
  if (!outgoing.begin(textAt(2, topicLength), byteAt(0) >> 1, (byteAt(0) & 1) != 0)) return 0;
  if (isRich) {
    outgoing.isText();
    outgoing.expiresAfter(60);
    outgoing.contentType(utf8("text/plain"));
    outgoing.responseTopic(utf8("answers/here"));
    outgoing.correlation(message.bytes(), 2);
    outgoing.userProperty(utf8("unit"), utf8("C"));
    outgoing.userProperty(utf8("unit"), utf8("K"));
  }
  outgoing.bytes(message.bytes() + start, message.length() - start);
  return outgoing.send() ? 1 : 0;
}

function count(): i32 {
  store<i32>(COUNT, load<i32>(COUNT) + message.number());
  return load<i32>(COUNT);
}

function sendNumbers(): void {
  for (let sent = load<i32>(COUNT, 4); sent < load<i32>(COUNT); sent++) {
    if (!outgoing.beginOwn(utf8("count"), Qos.EXACTLY_ONCE)) return;
    outgoing.number(sent);
    if (!outgoing.send()) return;
    store<i32>(COUNT, sent + 1, 4);
  }
}

function report(): void {
  if (!outgoing.beginOwn(utf8("heard"), Qos.AT_LEAST_ONCE)) return;
  outgoing.bytes(message.bytes(), message.length());
  field(utf8(" qos="), message.qos());
  field(utf8(" retain="), message.isRetained() ? 1 : 0);
  field(utf8(" subscription="), message.subscription());
  field(utf8(" expiry="), message.expiryS(0));
  field(utf8(" text="), message.isText() ? 1 : 0);
  field(utf8(" plain="), message.hasContentType(utf8("text/plain")) ? 1 : 0);
  const unit = message.userProperty(utf8("unit"));
  if (unit !== null) {
    outgoing.text(utf8(" unit="));
    outgoing.text(unit);
  }
  outgoing.send();
}

function field(name: Text, value: i32): void {
  outgoing.text(name);
  outgoing.number(value);
}
