/**
 * The tests' board under V8: boards/script/README.md to the byte, so that one script gives one result on both engines.
 * It has no clock, no network and no chance of its own; whoever drives it says what happens.
 */

import { Errno } from "../../../host/abi.ts";
import type { Actuators, Board, LogLevel, Network, Sensors } from "../../../host/hal/board.ts";
import { Xorshift32 } from "../../../host/hal/random.ts";
import { Fnv1a } from "./fnv1a.ts";

/** SEND_CAP and RECV_CAP: no limit. */
export const NO_CAP = 0xffff;
const QUEUE_BYTES = 131_072;
const MAX_KEYS = 16;

type Link = "none" | "connecting" | "open";

export class ScriptedBoard implements Board {
  sendCap = NO_CAP;
  recvCap = NO_CAP;
  sensorValue = 17_200;
  /** 0 while the sensor works. */
  sensorError = 0;
  /** Milliseconds since the Unix epoch; undefined until the clock is set. */
  clockUnixMs: number | undefined;
  /** Whether images are kept. No script says so: none are, as under wasm3. */
  keepsImages = false;
  /** Whether the node has asked for a checkpoint since this was cleared. */
  isCheckpointAsked = false;
  /** Called when the node asks for deep sleep. */
  onSleep: ((ms: number) => void) | undefined;
  /** How many endpoints are configured. No script says so: one, as under wasm3. */
  endpoints = 1;
  /** Bytes that `net_send` took. */
  sentBytes = 0;
  /** Over every byte that `net_send` took and every result that was noted, in their order. */
  readonly hash = new Fnv1a();
  /** Called with each line that `wasmote-script --print` would show. */
  onEvent: ((line: string) => void) | undefined;
  onSend: ((bytes: Uint8Array) => void) | undefined;
  onLog: ((level: LogLevel, text: string) => void) | undefined;

  readonly #config = new Map<string, string>();
  readonly #queue = new Uint8Array(QUEUE_BYTES);
  #random = new Xorshift32(1);
  #taken = 0;
  #queued = 0;
  #link: Link = "none";
  #linkError = 0;

  /** Whether the node has opened a link and not closed it. */
  get link(): Link {
    return this.#link;
  }

  /** Whether there is something that a host would run the node for at once. */
  get pending(): boolean {
    return this.#link === "open" && (this.#queued > 0 || this.#linkError < 0);
  }

  // What the script says ------------------------------------------------------------------------------------------------

  setConfig(key: string, value: string): void {
    if (!this.#config.has(key) && this.#config.size === MAX_KEYS) throw new RangeError(`more than ${MAX_KEYS} keys`);
    this.#config.set(key, value);
  }

  setSensor(value: number): void {
    this.sensorValue = value;
    this.sensorError = 0;
  }

  seed(seed: number): void {
    this.#random = new Xorshift32(seed);
  }

  openLink(): void {
    if (this.#link === "connecting") this.#link = "open";
  }

  closeLink(error: number): void {
    if (this.#link !== "none" && this.#linkError === 0) this.#linkError = error;
  }

  receive(bytes: Uint8Array): void {
    if (this.#link === "none") return;
    this.#queue.copyWithin(0, this.#taken, this.#queued);
    this.#queued -= this.#taken;
    this.#taken = 0;
    if (this.#queued + bytes.length > QUEUE_BYTES) throw new RangeError("the receive queue is full");
    this.#queue.set(bytes, this.#queued);
    this.#queued += bytes.length;
  }

  dropLink(): void {
    this.#link = "none";
    this.#linkError = 0;
    this.#taken = 0;
    this.#queued = 0;
  }

  // What the node sees --------------------------------------------------------------------------------------------------

  readonly network: Network = {
    open: (endpoint) => {
      if (endpoint < 0 || endpoint >= this.endpoints) return Errno.ENOENT;
      if (this.#link !== "none") return Errno.EMFILE;
      this.onEvent?.(`open ${endpoint}`);
      this.#link = "connecting";
      return 0;
    },
    state: (handle) => {
      if (!this.#isOpenHandle(handle)) return Errno.EBADF;
      return this.#closedBy() || (this.#link === "open" ? 1 : 0);
    },
    send: (handle, memory, offset, length) => {
      if (!this.#isOpenHandle(handle)) return Errno.EBADF;
      const error = this.#closedBy();
      if (error < 0) return error;
      if (this.#link !== "open") return 0;
      const taken = least(length, this.sendCap);
      const bytes = memory.subarray(offset, offset + taken);
      this.sentBytes += taken;
      this.hash.add(bytes);
      if (taken > 0) {
        this.onSend?.(bytes);
        this.onEvent?.(`send ${Buffer.from(bytes).toString("hex")}`);
      }
      return taken;
    },
    receive: (handle, memory, offset, capacity) => {
      if (!this.#isOpenHandle(handle)) return Errno.EBADF;
      const error = this.#closedBy();
      if (error < 0) return error;
      if (this.#link !== "open") return 0;
      const length = Math.min(least(capacity, this.recvCap), this.#queued - this.#taken);
      memory.set(this.#queue.subarray(this.#taken, this.#taken + length), offset);
      this.#taken += length;
      if (this.#taken === this.#queued) {
        this.#taken = 0;
        this.#queued = 0;
      }
      return length;
    },
    close: (handle) => {
      if (!this.#isOpenHandle(handle)) return Errno.EBADF;
      this.onEvent?.("close");
      this.dropLink();
      return 0;
    },
  };

  readonly sensors: Sensors = {
    read: (channel, out) => {
      if (channel !== 0) return Errno.ENOENT;
      if (this.sensorError < 0) return this.sensorError;
      out[0] = this.sensorValue;
      return 0;
    },
  };

  readonly actuators: Actuators = {
    write: (channel, value) => {
      if (channel !== 0) return Errno.ENOENT;
      this.onEvent?.(`actuator 0 ${value}`);
      return 0;
    },
  };

  unixMs(): number | undefined {
    return this.clockUnixMs;
  }

  random(): number {
    return this.#random.next();
  }

  config(key: string): string | undefined {
    return this.#config.get(key);
  }

  checkpoint(): number {
    if (!this.keepsImages) return Errno.ENOTSUP;
    this.isCheckpointAsked = true;
    return 0;
  }

  deepSleep(ms: number): number {
    this.onSleep?.(ms);
    return 0;
  }

  log(level: LogLevel, text: string): void {
    this.onLog?.(level, text);
    this.onEvent?.(`log ${level} ${text}`);
  }

  #isOpenHandle(handle: number): boolean {
    return handle === 0 && this.#link !== "none";
  }

  /** 0 while the link lives or has bytes to hand over, else the error that closed it. */
  #closedBy(): number {
    return this.#taken === this.#queued ? this.#linkError : 0;
  }
}

function least(length: number, cap: number): number {
  return cap === NO_CAP ? length : Math.min(length, cap);
}
