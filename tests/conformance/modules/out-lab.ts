/**
 * An application that does what the configuration tells it while it runs: `do` holds steps in hexadecimal (../outbound.ts
 * writes them), which are carried out whenever their first byte has changed. Results go to the actuator.
 *
 * Readings are taken by order alone. Messages are told to the log; an upload hands out bytes that follow from their place.
 */

import { actuator, message, node, outgoing, sensor, Text, upload, utf8, will } from "../../../assembly";
import { config_get } from "../../../assembly/hal";
import { COMMANDS, DOWNLOAD, MESSAGES, OUTBOX, UPLOAD, WILL } from "../../../assembly/options";

export { resume, stop } from "../../../assembly";

const LED = utf8("led");
const YES = utf8("yes");
const CAPACITY: i32 = 8192;

/** Behind the SDK's constants, so that an overrun of the SDK's buffers shows in those. */
@lazy
const KEY = memory.data<u8>([0x64, 0x6f]);


@lazy
const STEPS = memory.data(CAPACITY, 2);


@lazy
const STATE = memory.data(4, 4);

export function setup(): void {
  node.setup();
  obey();
}

export function step(nowMs: u32): u32 {
  node.begin(nowMs);
  if (MESSAGES) while (node.receive()) hear();
  obey();
  if (UPLOAD) handOut();
  return node.finish(nowMs);
}

/** Tells a message, or a part of one, and where in the payload it begins; answers `?1` under QoS 1, and the command `led`. */
function hear(): void {
  message.log(1);
  if (DOWNLOAD) tell(message.offset());
  if (COMMANDS && message.is(LED)) message.reply(7);
  if (OUTBOX > 0 && message.length() == 2 && load<u8>(message.bytes()) == 0x3f)
    respond(load<u8>(message.bytes(), 1) - 0x30);
}

function respond(qos: i32): void {
  const began = outgoing.beginResponse(qos);
  tell(began ? 1 : 0);
  if (!began) return;
  outgoing.text(YES);
  tell(outgoing.send() ? 1 : 0);
}

/** Byte n of an upload is n * 7 + n / 256, in its low eight bits. */
function handOut(): void {
  for (let wanted = upload.wanted(); wanted > 0; wanted = upload.wanted()) {
    const from = upload.position();
    const length = min(wanted, CAPACITY / 2);
    for (let i = 0; i < length; i++) {
      const place = from + i;
      store<u8>(STEPS + CAPACITY / 2 + i, place * 7 + (place >> 8));
    }
    upload.write(STEPS + CAPACITY / 2, length);
  }
}

/** Carries out new steps: a number, then for each step its letter and its operands. */
function obey(): void {
  const digits = config_get(KEY, 2, STEPS, CAPACITY);
  if (digits < 2) return;
  const end = STEPS + digits / 2;
  for (let i = 0; i < digits; i += 2) {
    store<u8>(STEPS + (i >> 1), (digit(load<u8>(STEPS + i)) << 4) | digit(load<u8>(STEPS + i + 1)));
  }
  const number = <i32>load<u8>(STEPS);
  if (number == load<i32>(STATE)) return;
  store<i32>(STATE, number);
  for (let at = STEPS + 1; at < end;) at = carryOut(load<u8>(at), at + 1);
}

function digit(character: i32): i32 {
  return character <= 0x39 ? character - 0x30 : character - 0x61 + 10;
}

function number(at: usize): i32 {
  return bswap<i32>(load<i32>(at));
}

function tell(result: i32): void {
  actuator.write(0, result);
}

/** Carries out the step of that letter, whose operands begin at `at`. Returns the address behind them. */
function carryOut(letter: i32, at: usize): usize {
  const flags = <i32>load<u8>(at);
  const text = changetype<Text>(at);
  if (letter == 0x70) {
    // p: a reading
    node.publish(number(at));
    return at + 4;
  }
  if (letter == 0x6d) {
    // m: a reading of the sensor
    node.publish(sensor.read(0));
    return at;
  }
  if (letter == 0x64) {
    // d: what was dropped
    tell(node.dropped());
    return at;
  }
  if (OUTBOX > 0 || WILL > 0) {
    const next = draft(letter, at);
    if (next != 0) return next;
  }
  if (WILL > 0) {
    if (letter == 0x77) {
      // w: begins a will
      const topic = changetype<Text>(at + 1);
      tell(will.begin(topic, flags >> 1, (flags & 1) != 0) ? 1 : 0);
      return at + 3 + topic.length;
    }
    if (letter == 0x57) {
      // W: sets it
      tell(will.set() ? 1 : 0);
      return at;
    }
  }
  if (MESSAGES) {
    if (letter == 0x73) {
      // s: subscribes
      const filter = changetype<Text>(at + 5);
      tell(node.subscribe(filter, flags, number(at + 1)) ? 1 : 0);
      return at + 7 + filter.length;
    }
    if (letter == 0x78) {
      // x: unsubscribes
      tell(node.unsubscribe(text) ? 1 : 0);
      return at + 2 + text.length;
    }
  }
  return unreachable();
}

/** Steps that write messages; 0: the letter is none of theirs. */
function draft(letter: i32, at: usize): usize {
  const flags = <i32>load<u8>(at);
  const text = changetype<Text>(at);
  const behind = at + 2 + text.length;
  if (OUTBOX > 0) {
    if (letter == 0x62 || letter == 0x6f) {
      // b, o: begins a message
      const topic = changetype<Text>(at + 1);
      const retain = (flags & 1) != 0;
      const qos = flags >> 1;
      tell((letter == 0x62 ? outgoing.begin(topic, qos, retain) : outgoing.beginOwn(topic, qos, retain)) ? 1 : 0);
      return at + 3 + topic.length;
    }
    if (letter == 0x52) {
      // R: answers a message, though there is none at hand
      respond(flags);
      return at + 1;
    }
    if (letter == 0x53) {
      // S: sends
      tell(outgoing.send() ? 1 : 0);
      return at;
    }
  }
  if (letter == 0x74) {
    // t: payload
    outgoing.bytes(text.bytes, text.length);
    return behind;
  }
  if (letter == 0x6e) {
    // n: payload, a number
    outgoing.number(number(at));
    return at + 4;
  }
  if (letter == 0x66) {
    // f: UTF-8
    outgoing.isText();
    return at;
  }
  if (letter == 0x65) {
    // e: expiry
    outgoing.expiresAfter(number(at));
    return at + 4;
  }
  if (letter == 0x63) {
    // c: content type
    outgoing.contentType(text);
    return behind;
  }
  if (letter == 0x72) {
    // r: response topic
    outgoing.responseTopic(text);
    return behind;
  }
  if (letter == 0x6b) {
    // k: correlation data
    outgoing.correlation(text.bytes, text.length);
    return behind;
  }
  if (letter == 0x75) {
    // u: user property
    const value = changetype<Text>(behind);
    outgoing.userProperty(text, value);
    return behind + 2 + value.length;
  }
  if (UPLOAD) {
    if (letter == 0x55) {
      // U: begins an upload
      tell(upload.begin(number(at)) ? 1 : 0);
      return at + 4;
    }
    if (letter == 0x61) {
      // a: whether one is active
      tell(upload.isActive() ? 1 : 0);
      return at;
    }
  }
  return 0;
}
