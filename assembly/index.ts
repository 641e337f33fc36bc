/**
 * What an application imports.
 *
 * An application exports four functions, the whole surface of its module: `setup` and `step` are its own, `resume` and
 * `stop` are always the ones below. examples/temperature shows all of it.
 */

import "./image";
import { actuator_write } from "./hal";
import { inbound } from "./image";
import { subscribeTo, unsubscribeFrom } from "./mqtt/subscribe";
import { isCommand, isOnTopic, nextMessage, replyWith, takeFreshSession } from "./node/command";
import { isId } from "./node/identity";
import {
  begin as beginStep,
  finish as finishStep,
  publish as publishReading,
  resumeNode,
  setupNode,
  stopNode,
} from "./node/node";
import { isDueAt } from "./node/schedule";
import { readSensor } from "./node/sensor";
import { equals, readDecimal, Text } from "./text";

export { Errno } from "./hal";
export { Text, utf8 } from "./text";

// The node -----------------------------------------------------------------------------------------------------------

export namespace node {
  /** Prepares a fresh node. Call it in `setup`. */
  @inline
  export function setup(): void {
    setupNode();
  }

  /** Takes in what has arrived, connects, keeps alive. Call it first in `step`. */
  @inline
  export function begin(nowMs: u32): void {
    beginStep(nowMs);
  }

  /** Sends what waits; returns the milliseconds until the next step. Call it last in `step`. */
  @inline
  export function finish(nowMs: u32): u32 {
    return finishStep(nowMs);
  }

  /** Whether a reading is due in this step. */
  @inline
  export function isDue(nowMs: u32): bool {
    return isDueAt(nowMs);
  }

  /** Queues a temperature in millidegrees Celsius, -100.0 to 1000.0 degrees, or what `sensor.read` returned. */
  @inline
  export function publish(reading: i32): void {
    publishReading(reading);
  }

  /** Whether this node's id is the given one. */
  @inline
  export function isCalled(id: Text): bool {
    return isId(id);
  }

  /** Takes the next message to this node, if there is one, and is done with the last. Needs `NODE_COMMANDS=1`. */
  @inline
  export function receive(): bool {
    return nextMessage();
  }

  /** True once for each session that lacks this node's subscriptions: time to subscribe. Needs `NODE_COMMANDS=1`. */
  @inline
  export function isNewSession(): bool {
    return takeFreshSession();
  }

  /** Subscribes to a topic filter at QoS 0 or 1. Returns false if that can't be asked for now. */
  @inline
  export function subscribe(filter: Text, qos: i32): bool {
    return subscribeTo(filter.bytes, filter.length, qos);
  }

  /** Takes a subscription back. Returns false if that can't be asked for now. */
  @inline
  export function unsubscribe(filter: Text): bool {
    return unsubscribeFrom(filter.bytes, filter.length);
  }
}

/** Goes on after the image was restored. Export it. */
export function resume(nowMs: u32, sleptMs: u32): void {
  resumeNode(nowMs, sleptMs);
}

/** Says good-bye to the broker, in the steps that follow. Export it. */
export function stop(): void {
  stopNode();
}

// Devices ------------------------------------------------------------------------------------------------------------

export namespace sensor {
  /** Reads a channel in thousandths of its unit. A failure comes back too: `node.publish` reports it. */
  @inline
  export function read(channel: i32): i32 {
    return readSensor(channel);
  }
}

export namespace actuator {
  /** Sets an actuator. Returns 0 or a negative `Errno`. */
  @inline
  export function write(channel: i32, value: i32): i32 {
    return actuator_write(channel, value);
  }
}

// The message that `node.receive` took -------------------------------------------------------------------------------

export namespace message {
  /** Whether it is the command `sensor/<id>/cmd/<name>`. */
  @inline
  export function is(name: Text): bool {
    return isCommand(name);
  }

  /** Whether its topic matches a topic filter. */
  @inline
  export function matches(filter: Text): bool {
    return isOnTopic(filter);
  }

  /** Its payload as an unsigned decimal number of at most nine digits, or -1 if it is anything else. */
  @inline
  export function number(): i32 {
    return readDecimal(inbound.payload, inbound.payloadLength);
  }

  /** Whether its payload is the given text. */
  @inline
  export function says(text: Text): bool {
    return equals(text, inbound.payload, inbound.payloadLength);
  }

  /** Answers a command on `…/<name>/result`: `{"result":5000}`, or `{"error":2}` if the result is a negative `Errno`. */
  @inline
  export function reply(result: i32): void {
    replyWith(result);
  }
}
