/** Writes the binary scripts of boards/script/README.md, millions of records at a time. */

export const Record = {
  STEP: 0x01,
  RX: 0x02,
  CLOSE: 0x03,
  OPEN: 0x04,
  SEND_CAP: 0x05,
  RECV_CAP: 0x06,
  SENSOR: 0x07,
  SENSOR_ERROR: 0x08,
  RESUME: 0x09,
  STOP: 0x0a,
  CONFIG: 0x0b,
  SEED: 0x0c,
  CLOCK: 0x0d,
  FRESH: 0x0e,
} as const;

const LONGEST_RECORD = 3 + 0xffff;

export class ScriptWriter {
  #buffer = Buffer.alloc(4 * LONGEST_RECORD);
  #length = 0;

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  step(nowMs: number): this {
    return this.#begin(Record.STEP).#u32(nowMs);
  }

  receive(bytes: Uint8Array): this {
    this.#begin(Record.RX).#u16(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  close(error: number): this {
    return this.#begin(Record.CLOSE).#u8(error);
  }

  open(): this {
    return this.#begin(Record.OPEN);
  }

  sendCap(bytes: number): this {
    return this.#begin(Record.SEND_CAP).#u16(bytes);
  }

  receiveCap(bytes: number): this {
    return this.#begin(Record.RECV_CAP).#u16(bytes);
  }

  sensor(value: number): this {
    return this.#begin(Record.SENSOR).#u32(value);
  }

  sensorError(error: number): this {
    return this.#begin(Record.SENSOR_ERROR).#u8(error);
  }

  resume(nowMs: number, sleptMs: number): this {
    return this.#begin(Record.RESUME).#u32(nowMs).#u32(sleptMs);
  }

  stop(): this {
    return this.#begin(Record.STOP);
  }

  config(key: string, value: string): this {
    return this.#begin(Record.CONFIG).#text(key).#text(value);
  }

  seed(seed: number): this {
    return this.#begin(Record.SEED).#u32(seed);
  }

  clock(unixMs: number): this {
    this.#begin(Record.CLOCK);
    this.#length = this.#buffer.writeBigInt64LE(BigInt(unixMs), this.#length);
    return this;
  }

  fresh(): this {
    return this.#begin(Record.FRESH);
  }

  /** Makes room for any record. */
  #begin(type: number): this {
    if (this.#length + LONGEST_RECORD > this.#buffer.length) {
      const larger = Buffer.alloc(2 * this.#buffer.length);
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    return this.#u8(type);
  }

  #u8(value: number): this {
    this.#buffer[this.#length++] = value;
    return this;
  }

  #u16(value: number): this {
    this.#length = this.#buffer.writeUInt16LE(value, this.#length);
    return this;
  }

  #u32(value: number): this {
    this.#length = this.#buffer.writeUInt32LE(value >>> 0, this.#length);
    return this;
  }

  #text(text: string): this {
    const bytes = Buffer.from(text);
    this.#u8(bytes.length);
    this.#length += bytes.copy(this.#buffer, this.#length);
    return this;
  }
}
