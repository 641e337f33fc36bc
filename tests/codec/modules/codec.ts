/**
 * An application that tells all that it is given, in lines of the log, and sends what it is told to.
 *
 * A message on `wasmote/do` tells it to: a sequence of instructions, each a letter, a number of four bytes and a text with
 * its length. It answers with one line, `=` and a digit for each result. Any other message is told field by field, each a
 * letter and hexadecimal digits, and answered where it asks for an answer, with its own payload.
 */

import { auth, message, node, outgoing, Text, utf8, will } from "../../../assembly";
import { log } from "../../../assembly/hal";
import { hasProperty, Property, propertyText } from "../../../assembly/mqtt/property";
import { swapBytes, writeDecimal } from "../../../assembly/text";

export { resume, stop } from "../../../assembly";

const DO = utf8("wasmote/do");
/** Bytes of a field in one line of the log. */
const PIECE: i32 = 480;
const MAX_TEXT: i32 = 160;

/** Lazy, so that it lies behind the SDK's constants and those right behind the SDK's buffers: an overrun must show. */
@lazy
const LINE = memory.data(2 + 2 * PIECE, 4);


@lazy
const METHOD = memory.data(2 + MAX_TEXT, 2);


@lazy
const DATA = memory.data(2 + MAX_TEXT, 2);


@lazy
const ANSWER = memory.data(2 + MAX_TEXT, 2);

/** Subscription options, for the next instruction that subscribes. */
@lazy
const OPTIONS = memory.data(4, 4);

export function setup(): void {
  node.setup();
}

export function step(nowMs: u32): u32 {
  node.begin(nowMs);
  if (auth.isAsked()) answer();
  while (node.receive()) {
    if (message.matches(DO)) obey(message.bytes(), message.bytes() + message.length());
    else tellMessage();
  }
  return node.finish(nowMs);
}

// Telling ------------------------------------------------------------------------------------------------------------

function tellMessage(): void {
  tellNumber(0x51, message.qos());
  tellNumber(0x72, message.isRetained() ? 1 : 0);
  tellNumber(0x66, message.isText() ? 1 : 0);
  tellNumber(0x73, message.subscription());
  tellNumber(0x65, message.expiryS(0xffff_ffff));
  tellText(0x74, message.topic());
  tell(0x70, message.bytes(), message.length());
  if (hasProperty(Property.CONTENT_TYPE)) {
    const type = propertyText(Property.CONTENT_TYPE);
    if (message.hasContentType(type)) tellText(0x63, type);
  }
  tellUserProperty(0x61, utf8("a"));
  tellUserProperty(0x62, utf8("ä€"));
  tellUserProperty(0x64, utf8(""));
  if (outgoing.beginResponse(0)) {
    outgoing.bytes(message.bytes(), message.length());
    log(0, outgoing.send() ? utf8("+").bytes : utf8("-").bytes, 1);
  }
}

function tellUserProperty(letter: i32, name: Text): void {
  const value = message.userProperty(name);
  if (value) tellText(letter, value);
}

function tellText(letter: i32, text: Text): void {
  tell(letter, text.bytes, text.length);
}

function tellNumber(letter: i32, value: u32): void {
  store<u8>(LINE, letter);
  log(0, LINE, <i32>(writeDecimal(LINE + 1, value) - LINE));
}

/** Tells bytes, in as many lines as it takes, and one if there are none. */
function tell(letter: i32, bytes: usize, length: i32): void {
  let at = 0;
  do {
    const end = min(at + PIECE, length);
    let out = LINE;
    store<u8>(out++, letter);
    for (; at < end; at++) {
      const byte = load<u8>(bytes + at);
      store<u8>(out++, digit(byte >> 4));
      store<u8>(out++, digit(byte & 15));
    }
    log(0, LINE, <i32>(out - LINE));
  } while (at < length);
}

function digit(value: u32): u32 {
  return value < 10 ? 0x30 + value : 0x57 + value;
}

/** The broker asks who this is: tells the question, and answers what it was told to. */
function answer(): void {
  const question = auth.question();
  if (question) tellText(0x3f, question);
  else log(0, utf8("!").bytes, 1);
  auth.answer(changetype<Text>(ANSWER));
}

// Doing --------------------------------------------------------------------------------------------------------------

function obey(start: usize, end: usize): void {
  let at = start;
  // The results wait on the stack, since what is told meanwhile takes the line.
  let results: u64 = 1;
  while (at < end) {
    const letter = load<u8>(at);
    const number = (swapBytes(load<u16>(at, 1)) << 16) | swapBytes(load<u16>(at, 3));
    const text = changetype<Text>(at + 5);
    at += 7 + text.length;
    results = (results << 1) | (act(letter, number, text) ? 1 : 0);
  }
  let out = LINE;
  store<u8>(out++, 0x3d);
  for (let bit = 62 - <i32>clz(results); bit >= 0; bit--) store<u8>(out++, 0x30 + ((results >> bit) & 1));
  log(0, LINE, <i32>(out - LINE));
}

function act(letter: i32, number: i32, text: Text): bool {
  switch (letter) {
    case 0x42:
      return outgoing.begin(text, number >> 1, (number & 1) != 0);
    case 0x62:
      return outgoing.beginOwn(text, number >> 1, (number & 1) != 0);
    case 0x57:
      return will.begin(text, number >> 1, (number & 1) != 0);
    case 0x46:
      outgoing.isText();
      return true;
    case 0x45:
      outgoing.expiresAfter(number);
      return true;
    case 0x43:
      outgoing.contentType(text);
      return true;
    case 0x52:
      outgoing.responseTopic(text);
      return true;
    case 0x44:
      outgoing.correlation(text.bytes, text.length);
      return true;
    case 0x55: {
      // The name, which takes so many bytes with its length, and then the value.
      outgoing.userProperty(changetype<Text>(text.bytes), changetype<Text>(text.bytes + number));
      return true;
    }
    case 0x54:
      outgoing.text(text);
      return true;
    case 0x4e:
      outgoing.number(number);
      return true;
    case 0x53:
      return outgoing.send();
    case 0x56:
      return will.set();
    case 0x4f:
      store<i32>(OPTIONS, number);
      return true;
    case 0x2b:
      return node.subscribe(text, load<i32>(OPTIONS), number);
    case 0x2d:
      return node.unsubscribe(text);
    case 0x4d:
      keep(METHOD, text);
      auth.use(changetype<Text>(METHOD), changetype<Text>(DATA));
      return true;
    case 0x4b:
      return keep(DATA, text);
    case 0x51:
      return keep(ANSWER, text);
    case 0x41:
      return auth.again(text);
    case 0x50:
      node.publish(number);
      return true;
  }
  return false;
}

function keep(place: usize, text: Text): bool {
  if (text.length > MAX_TEXT) return false;
  memory.copy(place, changetype<usize>(text), text.length + 2);
  return true;
}
