/**
 * An application that shows what the SDK gives it, and does what a message tells it. Each message is logged: its topic, its
 * payload, then the properties that it has. The actuator shows its QoS, and adds 4 if it is retained and 8 if it is text.
 * The first byte of the payload may say what to do with the rest of it:
 *
 *     +   subscribe to this topic filter at the highest QoS
 *     -   unsubscribe from it
 *     a   authenticate again with these data
 *     d   log how many messages of its own were dropped
 *
 * With `NODE_AUTH=1` it answers each question with that question, and one without data with `-`; one that begins with `!`
 * gets no answer. With `NODE_EARLY=1` it looks for questions before it looks for messages.
 */

import { actuator, auth, Level, message, node, Text, utf8 } from "../../../assembly";
import { inbound } from "../../../assembly/image";
import { findUserProperty, hasProperty, Property, propertyText } from "../../../assembly/mqtt/property";
import { AUTH, INBOUND_QOS, V5 } from "../../../assembly/options";

export { resume, stop } from "../../../assembly";

const EARLY: bool = isDefined(NODE_EARLY);
const REST_CAPACITY: i32 = 254;
/** Lazy, so that it lies behind the SDK's constants and those right behind the SDK's buffers: an overrun must show. */
@lazy
const REST = memory.data(2 + REST_CAPACITY, 2);

export function setup(): void {
  if (AUTH) auth.use(utf8("MIRROR"), utf8("hello"));
  node.setup();
}

export function step(nowMs: u32): u32 {
  node.begin(nowMs);
  if (AUTH && EARLY) if (auth.isAsked()) answer();
  while (node.receive()) {
    show();
    if (inbound.payloadLength > 0) obey(load<u8>(inbound.payload), inbound.payloadLength - 1);
  }
  if (AUTH && !EARLY) if (auth.isAsked()) answer();
  return node.finish(nowMs);
}

function show(): void {
  // Every topic lies behind its length, whether it came with the message or an alias stands for it.
  node.say(Level.INFO, changetype<Text>(inbound.topic - 2));
  message.log(Level.INFO);
  let flags = message.qos();
  if (message.isRetained()) flags |= 4;
  if (V5) {
    if (message.isText()) flags |= 8;
    showText(Property.CONTENT_TYPE);
    showText(Property.RESPONSE_TOPIC);
    const value = findUserProperty(utf8("k"));
    if (value) node.say(Level.INFO, value);
  }
  actuator.write(0, flags);
}

function showText(identifier: i32): void {
  if (hasProperty(identifier)) node.say(Level.INFO, propertyText(identifier));
}

function obey(what: i32, length: i32): void {
  if (length > REST_CAPACITY) return;
  store<u8>(REST, length >> 8);
  store<u8>(REST, length, 1);
  memory.copy(REST + 2, inbound.payload + 1, length);
  const rest = changetype<Text>(REST);
  if (what == 0x2b) node.subscribe(rest, INBOUND_QOS);
  else if (what == 0x2d) node.unsubscribe(rest);
  else if (what == 0x64) node.say(Level.INFO, node.dropped() == 0 ? utf8("0 dropped") : utf8("some dropped"));
  else if (AUTH && what == 0x61) auth.again(rest);
}

function answer(): void {
  const question = auth.question();
  if (!question) auth.answer(utf8("-"));
  else if (question.length == 0 || load<u8>(question.bytes) != 0x21) auth.answer(question);
}
