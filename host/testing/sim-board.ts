/** What a simulated node calls. Every call is a place where the power may go. */

import { Errno } from "../abi.ts";
import type { Board, LogLevel } from "../hal/board.ts";
import type { NodeNetwork } from "./network.ts";
import type { Random } from "./random.ts";

/** A host call, or a moment between two of them, by name. */
export type PointName =
  | "net_open"
  | "net_state"
  | "net_send"
  | "net_recv"
  | "net_close"
  | "sensor_read"
  | "actuator_write"
  | "clock_unix_ms"
  | "random"
  | "config_get"
  | "checkpoint"
  | "deep_sleep"
  | "log"
  /** The call into the node has returned, and nothing has come of it yet. */
  | "returned"
  /** A checkpoint is being written. */
  | "write"
  /** All that the call asked for is done. */
  | "done";

export interface SimBoardParts {
  readonly network: NodeNetwork;
  readonly random: Random;
  readonly config: ReadonlyMap<string, string>;
  /** Called at the beginning of each call; it may throw. */
  readonly point: (name: PointName) => void;
  /** A reading of a channel in thousandths, or a negative errno. */
  readonly readSensor: (channel: number) => number | { readonly errno: number };
  readonly actuate: (channel: number, value: number) => number;
  readonly unixMs: () => number | undefined;
  readonly checkpoint: () => number;
  readonly deepSleep: (ms: number) => void;
  readonly log: (level: LogLevel, text: string) => void;
  /** Bytes that the network took of those that were offered, or the error. */
  readonly onSend: (bytes: Uint8Array, offered: number, taken: number) => void;
  readonly onReceive: (bytes: Uint8Array) => void;
}

export function createSimBoard(parts: SimBoardParts): Board {
  const { network, point } = parts;
  return {
    network: {
      open(endpoint) {
        point("net_open");
        return network.open(endpoint);
      },
      state(handle) {
        point("net_state");
        return network.state(handle);
      },
      send(handle, memory, offset, length) {
        point("net_send");
        const taken = network.send(handle, memory, offset, length);
        parts.onSend(memory.subarray(offset, offset + Math.max(0, taken)), length, taken);
        return taken;
      },
      receive(handle, memory, offset, capacity) {
        point("net_recv");
        const length = network.receive(handle, memory, offset, capacity);
        if (length > 0) parts.onReceive(memory.subarray(offset, offset + length));
        return length;
      },
      close(handle) {
        point("net_close");
        return network.close(handle);
      },
    },
    sensors: {
      read(channel, out) {
        point("sensor_read");
        const reading = parts.readSensor(channel);
        if (typeof reading !== "number") return reading.errno;
        out[0] = reading;
        return 0;
      },
    },
    actuators: {
      write(channel, value) {
        point("actuator_write");
        return parts.actuate(channel, value);
      },
    },
    unixMs() {
      point("clock_unix_ms");
      return parts.unixMs();
    },
    random() {
      point("random");
      return parts.random.u32() | 0;
    },
    config(key) {
      point("config_get");
      return parts.config.get(key);
    },
    checkpoint() {
      point("checkpoint");
      return parts.checkpoint();
    },
    deepSleep(ms) {
      point("deep_sleep");
      parts.deepSleep(ms);
      return 0;
    },
    log(level, text) {
      point("log");
      parts.log(level, text);
    },
  };
}

/** What a sensor's function throws to say that the probe failed. */
export class SensorFailure extends Error {
  override readonly name = "SensorFailure";
  readonly errno: number;

  /** `errno`: one of `Errno`; `EIO` unless another is given. */
  constructor(errno: number = Errno.EIO) {
    super(`the sensor fails with ${errno}`);
    this.errno = errno;
  }
}
