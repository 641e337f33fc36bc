/** A simulated sensor, and how it fails. */

import { Errno } from "../abi.ts";
import { SensorFailure } from "./sim-board.ts";

/**
 * Gives a reading of a channel in thousandths of its unit (temperature: millidegrees Celsius) at a virtual time in
 * milliseconds. Throws `SensorFailure` for a probe that fails; a number as `sensor` is that reading at all times.
 */
export type SensorFunction = (channel: number, atMs: number) => number;

export class SimSensor {
  #read: SensorFunction;
  #errno = 0;
  #isFrozen = false;
  #last: number | undefined;

  constructor(sensor: SensorFunction | number) {
    this.#read = typeof sensor === "number" ? () => sensor : sensor;
  }

  /** Another sensor from now on. */
  set(sensor: SensorFunction | number): void {
    this.#read = typeof sensor === "number" ? () => sensor : sensor;
  }

  /** Every read fails, with `EIO` unless another error is given, until `mend`. */
  fail(errno: number = Errno.EIO): void {
    this.#errno = errno;
  }

  /** Every read gives what the last one gave, until `mend`. */
  freeze(): void {
    this.#isFrozen = true;
  }

  /** Ends `fail` and `freeze`. */
  mend(): void {
    this.#errno = 0;
    this.#isFrozen = false;
  }

  /** A reading, or the error of a probe that failed. */
  read(channel: number, atMs: number): number | { readonly errno: number } {
    if (this.#errno !== 0) return { errno: this.#errno };
    if (this.#isFrozen && this.#last !== undefined) return this.#last;
    try {
      this.#last = this.#read(channel, atMs);
      return this.#last;
    } catch (error) {
      if (error instanceof SensorFailure) return { errno: error.errno };
      throw error;
    }
  }
}
