/**
 * What a host offers to a node, in the host's own terms: the meaning of docs/abi.md without its pointers.
 *
 * Nothing here may block or allocate on the common path: a step calls it a handful of times. Every result that is
 * called an errno is one of `Errno`, all negative; a board never throws because of what its surroundings did.
 */

export interface Network {
  /** Begins to connect to endpoint 0, 1, … Returns a handle, or `ENOENT` or `EMFILE`. */
  open(endpoint: number): number;
  /** 0 connecting, 1 open, or the errno that closed the link, once everything that had arrived was handed over. */
  state(handle: number): number;
  /** Takes up to `length` bytes of `memory` from `offset`; returns how many, 0 when none fit now, or an errno. */
  send(handle: number, memory: Uint8Array, offset: number, length: number): number;
  /** Writes up to `capacity` bytes at `offset`; returns how many, 0 for nothing now, or the errno that closed the link. */
  receive(handle: number, memory: Uint8Array, offset: number, capacity: number): number;
  /** Gives the handle back; what was taken is still delivered. Returns 0 or `EBADF`. */
  close(handle: number): number;
}

export interface Sensors {
  /** Puts a reading in thousandths of the channel's unit into `out[0]` and returns 0, or an errno and no reading. */
  read(channel: number, out: Int32Array): number;
}

export interface Actuators {
  /** Returns 0, `ENOENT` or `EINVAL`. */
  write(channel: number, value: number): number;
}

/** 0 debug, 1 info, 2 warning, 3 error. */
export type LogLevel = 0 | 1 | 2 | 3;

export interface Board {
  readonly network: Network;
  readonly sensors: Sensors;
  readonly actuators: Actuators;
  /** Milliseconds since 1970-01-01T00:00:00Z, or undefined while the clock is not set. */
  unixMs(): number | undefined;
  /** 32 random bits, as an integer of either sign. */
  random(): number;
  /** A configuration value, or undefined where none is set. */
  config(key: string): string | undefined;
  /** Asks for the image to be made durable after this step. Returns 0 or `ENOTSUP`. */
  checkpoint(): number;
  /** Asks for power to be cut after this step, for `ms` milliseconds. Returns 0. */
  deepSleep(ms: number): number;
  log(level: LogLevel, text: string): void;
}
