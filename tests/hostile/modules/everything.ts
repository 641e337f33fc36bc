/**
 * A node that uses what examples/full does not: it authenticates, takes messages in parts, hands out a long payload piece by
 * piece, has a will of its own, answers where it is asked to, and echoes what a broker says.
 */

import { auth, message, node, outgoing, Qos, sensor, SubscribeFlag, upload, utf8, will } from "../../../assembly";

export { resume, stop } from "../../../assembly";

const CHUNK = memory.data(64, 4);

export function setup(): void {
  node.setup();
  auth.use(utf8("method"), utf8("who I am"));
  if (!will.begin(utf8("house/will"), Qos.EXACTLY_ONCE, true)) return;
  outgoing.isText();
  outgoing.userProperty(utf8("why"), utf8("lost"));
  outgoing.text(utf8("gone"));
  will.set();
}

export function step(nowMs: u32): u32 {
  node.begin(nowMs);
  if (auth.isAsked()) answer();
  if (node.isNewSession()) {
    node.subscribe(utf8("house/#"), Qos.EXACTLY_ONCE | SubscribeFlag.NO_LOCAL, 7);
    node.unsubscribe(utf8("old/+"));
  }
  while (node.receive()) {
    if (message.isComplete() && message.offset() == 0) echo();
    else if (message.matches(utf8("house/+/alarm"))) auth.again(utf8("it is still me"));
  }
  if (node.isDue(nowMs)) {
    const reading = sensor.read(0);
    if (reading > 500_000) ask();
    node.publish(reading);
  }
  if (upload.wanted() > 0) upload.write(CHUNK, 64);
  return node.finish(nowMs);
}

function answer(): void {
  const question = auth.question();
  auth.answer(question ? question : utf8("nothing was asked"));
}

/** Answers a message, or says what was in it. */
function echo(): void {
  if (!outgoing.beginResponse(message.qos()) && !outgoing.beginOwn(utf8("echo"), message.qos(), message.isRetained()))
    return;
  if (message.isText()) outgoing.isText();
  if (message.hasContentType(utf8("text/plain"))) outgoing.contentType(utf8("text/plain"));
  const value = message.userProperty(utf8("a"));
  if (value) outgoing.userProperty(utf8("a"), value);
  outgoing.expiresAfter(message.expiryS(100));
  outgoing.number(message.subscription());
  outgoing.bytes(message.bytes(), message.length());
  outgoing.send();
}

/** Begins a long message, or if one is under way a short one. */
function ask(): void {
  if (!outgoing.begin(utf8("house/long"), Qos.EXACTLY_ONCE)) return;
  outgoing.responseTopic(utf8("house/answer"));
  outgoing.correlation(CHUNK, 8);
  if (upload.isActive()) outgoing.send();
  else upload.begin(1_000);
}
