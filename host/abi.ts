/** The host ABI as Node.js sees it. docs/abi.md is the contract; a test holds this table against it. */

/** The one ABI version that this host speaks. */
export const ABI_VERSION = 1;

/** What `step` returns when the node has ended and wants no further step. */
export const STEP_ENDED = 0xffff_ffff;

/** Parameter names of every import from module `hal`, in order. Every parameter and result is an i32. */
export const IMPORTS = {
  net_open: ["endpoint"],
  net_state: ["handle"],
  net_send: ["handle", "ptr", "len"],
  net_recv: ["handle", "ptr", "cap"],
  net_close: ["handle"],
  sensor_read: ["channel", "outPtr"],
  actuator_write: ["channel", "value"],
  clock_unix_ms: ["outPtr"],
  random: [],
  config_get: ["keyPtr", "keyLen", "outPtr", "cap"],
  checkpoint: [],
  deep_sleep: ["ms"],
  log: ["level", "ptr", "len"],
} as const satisfies Record<string, readonly string[]>;

/** Parameter names of every function that a module exports, and whether it returns an i32. */
export const EXPORTS = {
  setup: { parameters: [], result: false },
  step: { parameters: ["nowMs"], result: true },
  resume: { parameters: ["nowMs", "sleptMs"], result: false },
  stop: { parameters: [], result: false },
} as const satisfies Record<string, { parameters: readonly string[]; result: boolean }>;

/** Negative results of the imports. */
export const Errno = {
  EAGAIN: -1,
  EINVAL: -2,
  EBADF: -3,
  ENOENT: -4,
  EIO: -5,
  EMFILE: -6,
  EOVERFLOW: -7,
  ENOTSUP: -8,
  ECONNREFUSED: -9,
  ECONNRESET: -10,
  EPIPE: -11,
  ETIMEDOUT: -12,
  EHOSTUNREACH: -13,
  ENOTFOUND: -14,
  EPROTO: -15,
  ENETDOWN: -16,
} as const;

type Numbers<Names extends readonly string[]> = { -readonly [Index in keyof Names]: number };

/** The functions of import module `hal`, as a host implements them. */
export type Hal = {
  [Name in keyof typeof IMPORTS]: (...args: Numbers<(typeof IMPORTS)[Name]>) => number;
};

/** A module's exports besides `memory`. */
export interface NodeExports {
  setup(): void;
  step(nowMs: number): number;
  resume(nowMs: number, sleptMs: number): void;
  stop(): void;
}
