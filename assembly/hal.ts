/**
 * The host ABI as the node sees it: one declaration per import, version 1.
 *
 * No call blocks. A result is `>= 0` or one of the negative errors below. A pointer outside the image traps: that is
 * this side's bug. docs/abi.md is the contract; a test holds this file against it.
 */

// Link ---------------------------------------------------------------------------------------------------------------

/** Begins to connect to configured endpoint 0, 1, … Returns a handle, `ENOENT` or `EMFILE`. */
export declare function net_open(endpoint: i32): i32;

/** 0 while connecting, 1 when open, or the error that closed the link. */
export declare function net_state(handle: i32): i32;

/** Returns how many bytes were taken, 0 to `len`: a partial write is normal. Negative: the link is closed. */
export declare function net_send(handle: i32, ptr: usize, len: i32): i32;

/** Returns how many bytes were received, at most `cap`; 0 = nothing now; negative = closed, never 0 for a closed link. */
export declare function net_recv(handle: i32, ptr: usize, cap: i32): i32;

/** Gives the handle back; what `net_send` had taken is still delivered if the link allows it. */
export declare function net_close(handle: i32): i32;

// Devices ------------------------------------------------------------------------------------------------------------

/** Writes an i32 in thousandths of the channel's unit (temperature: millidegrees Celsius). `ENOENT`, `EIO`, `EAGAIN`. */
export declare function sensor_read(channel: i32, outPtr: usize): i32;

/** Sets an actuator. `ENOENT`: no such channel; `EINVAL`: not a value it takes. */
export declare function actuator_write(channel: i32, value: i32): i32;

// Time and chance ----------------------------------------------------------------------------------------------------

/** Writes an i64: milliseconds since the Unix epoch. `EAGAIN` until the clock is set. */
export declare function clock_unix_ms(outPtr: usize): i32;

/** 32 random bits. */
export declare function random(): i32;

// Configuration, power, diagnostics ----------------------------------------------------------------------------------

/** Copies a configuration value and returns its length. `ENOENT`: not set; `EOVERFLOW`: longer than `cap`. */
export declare function config_get(keyPtr: usize, keyLen: i32, outPtr: usize, cap: i32): i32;

/** Makes the image durable after this step returns and before the next begins. `ENOTSUP`: no images are kept here. */
export declare function checkpoint(): i32;

/** After this step returns the board may power down for `ms` milliseconds; the next call is then `resume`. */
export declare function deep_sleep(ms: i32): i32;

/** One line of text. Level 0 debug, 1 info, 2 warning, 3 error. */
export declare function log(level: i32, ptr: usize, len: i32): i32;

// Errors -------------------------------------------------------------------------------------------------------------

/** Results of the imports; docs/abi.md says whose fault each is. */
export namespace Errno {
  /** Not yet; ask again later. */
  export const EAGAIN: i32 = -1;
  /** An argument is out of range. */
  export const EINVAL: i32 = -2;
  /** Not an open handle. */
  export const EBADF: i32 = -3;
  /** No such endpoint, channel or key. */
  export const ENOENT: i32 = -4;
  /** The probe or actuator failed. */
  export const EIO: i32 = -5;
  /** No handle is left. */
  export const EMFILE: i32 = -6;
  /** The value does not fit. */
  export const EOVERFLOW: i32 = -7;
  /** This host cannot do that. */
  export const ENOTSUP: i32 = -8;
  /** Nothing listens there. */
  export const ECONNREFUSED: i32 = -9;
  /** The link broke. */
  export const ECONNRESET: i32 = -10;
  /** The peer ended the link in good order. */
  export const EPIPE: i32 = -11;
  /** No answer in time. */
  export const ETIMEDOUT: i32 = -12;
  /** No route to the peer. */
  export const EHOSTUNREACH: i32 = -13;
  /** The peer's name does not resolve. */
  export const ENOTFOUND: i32 = -14;
  /** The transport's own handshake failed (TLS, WebSocket). */
  export const EPROTO: i32 = -15;
  /** The board's own network is down. */
  export const ENETDOWN: i32 = -16;
}
