/** Turns the ABI's pointers and lengths into the board's terms, and checks every one of them. No meaning lives here. */

import { Errno, type Hal } from "../abi.ts";
import { WasmoteError } from "../errors.ts";
import type { Board, LogLevel } from "../hal/board.ts";

const I32_BYTES = 4;
const I64_BYTES = 8;
const MAX_LOG_BYTES = 1024;

/** The node's memory; it exists only once the module, which needs the glue first, is instantiated. */
export interface Guest {
  memory: Uint8Array;
  view: DataView;
}

/** The functions of import module `hal` over a board. Pointers must lie in the first `imageSize` bytes. */
export function createHal(board: Board, guest: Guest, imageSize: number): Hal {
  const { network, sensors, actuators } = board;
  const reading = new Int32Array(1);
  const decoder = new TextDecoder("utf-8");
  const encoder = new TextEncoder();

  /** Returns the pointer as an unsigned number; throws, which traps the node, if any of `length` bytes is outside. */
  const checked = (name: string, ptr: number, length: number): number => {
    const start = ptr >>> 0;
    if (start + (length >>> 0) > imageSize) {
      throw new WasmoteError(
        "ETRAP",
        "module",
        `${name} was given ${length >>> 0} bytes at ${start}, outside the image of ${imageSize} bytes`,
      );
    }
    return start;
  };
  const text = (start: number, length: number): string => decoder.decode(guest.memory.subarray(start, start + length));

  return {
    net_open: (endpoint) => network.open(endpoint),
    net_state: (handle) => network.state(handle),
    net_send: (handle, ptr, length) => network.send(handle, guest.memory, checked("net_send", ptr, length), length),
    net_recv: (handle, ptr, capacity) =>
      network.receive(handle, guest.memory, checked("net_recv", ptr, capacity), capacity),
    net_close: (handle) => network.close(handle),
    sensor_read: (channel, outPtr) => {
      const out = checked("sensor_read", outPtr, I32_BYTES);
      const result = sensors.read(channel, reading);
      if (result === 0) guest.view.setInt32(out, reading[0] ?? 0, true);
      return result;
    },
    actuator_write: (channel, value) => actuators.write(channel, value),
    clock_unix_ms: (outPtr) => {
      const out = checked("clock_unix_ms", outPtr, I64_BYTES);
      const now = board.unixMs();
      if (now === undefined) return Errno.EAGAIN;
      guest.view.setUint32(out, now >>> 0, true);
      guest.view.setInt32(out + I32_BYTES, Math.floor(now / 2 ** 32), true);
      return 0;
    },
    random: () => board.random(),
    config_get: (keyPtr, keyLength, outPtr, capacity) => {
      const keyStart = checked("config_get", keyPtr, keyLength);
      const out = checked("config_get", outPtr, capacity);
      const value = board.config(text(keyStart, keyLength));
      if (value === undefined) return Errno.ENOENT;
      const bytes = encoder.encode(value);
      if (bytes.length > capacity) return Errno.EOVERFLOW;
      guest.memory.set(bytes, out);
      return bytes.length;
    },
    checkpoint: () => board.checkpoint(),
    deep_sleep: (ms) => board.deepSleep(ms >>> 0),
    log: (level, ptr, length) => {
      const start = checked("log", ptr, length);
      if (level < 0 || level > 3) return Errno.EINVAL;
      board.log(level as LogLevel, text(start, Math.min(length, MAX_LOG_BYTES)));
      return 0;
    },
  };
}
