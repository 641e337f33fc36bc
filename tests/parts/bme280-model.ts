/**
 * The BME280 as its datasheet BST-BME280-DS002 describes it: how trimming parameters and data lie in its registers, and
 * the formulas, in numbers that never overflow. Written from the datasheet, and not from the driver.
 */

export interface Trim {
  readonly t1: number;
  readonly t2: number;
  readonly t3: number;
  readonly p: readonly [number, number, number, number, number, number, number, number, number];
  readonly h1: number;
  readonly h2: number;
  readonly h3: number;
  readonly h4: number;
  readonly h5: number;
  readonly h6: number;
}

export interface Raw {
  readonly pressure: number;
  readonly temperature: number;
  readonly humidity: number;
}

export interface Values {
  readonly temperature: number;
  readonly humidity: number;
  readonly pressure: number;
}

/**
 * Temperature and pressure: the example of the BMP280's datasheet BST-BMP280-DS001, section 3.12, whose formulas are the
 * same. Humidity: plausible.
 */
export const EXAMPLE_TRIM: Trim = {
  t1: 27504,
  t2: 26435,
  t3: -1000,
  p: [36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000],
  h1: 75,
  h2: 362,
  h3: 0,
  h4: 323,
  h5: 50,
  h6: 30,
};
export const EXAMPLE_RAW: Raw = { temperature: 519888, pressure: 415148, humidity: 28000 };

/** The registers 0x88 to 0xa1 and 0xe1 to 0xe7 [section 4.2.2, table 16]. */
export function trimBytes(trim: Trim): Buffer {
  const bytes = Buffer.alloc(33);
  bytes.writeUInt16LE(trim.t1, 0);
  bytes.writeInt16LE(trim.t2, 2);
  bytes.writeInt16LE(trim.t3, 4);
  trim.p.forEach((value, index) => {
    bytes.writeUInt16LE(value & 0xffff, 6 + 2 * index);
  });
  bytes.writeUInt8(trim.h1, 25);
  bytes.writeInt16LE(trim.h2, 26);
  bytes.writeUInt8(trim.h3, 28);
  bytes.writeUInt8((trim.h4 >> 4) & 0xff, 29);
  bytes.writeUInt8((trim.h4 & 0x0f) | ((trim.h5 & 0x0f) << 4), 30);
  bytes.writeUInt8((trim.h5 >> 4) & 0xff, 31);
  bytes.writeInt8(trim.h6, 32);
  return bytes;
}

/** The opposite. */
export function readTrim(bytes: Buffer): Trim {
  const p2to9 = Array.from({ length: 8 }, (_, index) => bytes.readInt16LE(8 + 2 * index));
  const [p2 = 0, p3 = 0, p4 = 0, p5 = 0, p6 = 0, p7 = 0, p8 = 0, p9 = 0] = p2to9;
  return {
    t1: bytes.readUInt16LE(0),
    t2: bytes.readInt16LE(2),
    t3: bytes.readInt16LE(4),
    p: [bytes.readUInt16LE(6), p2, p3, p4, p5, p6, p7, p8, p9],
    h1: bytes.readUInt8(25),
    h2: bytes.readInt16LE(26),
    h3: bytes.readUInt8(28),
    h4: bytes.readInt8(29) * 16 + (bytes.readUInt8(30) & 0x0f),
    h5: bytes.readInt8(31) * 16 + (bytes.readUInt8(30) >> 4),
    h6: bytes.readInt8(32),
  };
}

/** The registers 0xf7 to 0xfe [section 5.4.7 to 5.4.9]. */
export function dataBytes({ pressure, temperature, humidity }: Raw): Buffer {
  const twenty = (value: number): number[] => [value >> 12, (value >> 4) & 0xff, (value & 0x0f) << 4];
  return Buffer.from([...twenty(pressure), ...twenty(temperature), humidity >> 8, humidity & 0xff]);
}

export function readData(bytes: Buffer): Raw {
  const twenty = (at: number): number => bytes.readUIntBE(at, 3) >> 4;
  return { pressure: twenty(0), temperature: twenty(3), humidity: bytes.readUInt16BE(6) };
}

/** The formulas for integers [section 4.2.3] in BigInt: degrees by 5120, pascals by 256, percent by 2^22. */
export function exact(raw: Raw, trim: Trim): { fine: bigint; pressure: bigint; humidity: bigint } {
  const [p1, p2, p3, p4, p5, p6, p7, p8, p9] = trim.p.map(BigInt) as [
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  const [t1, t2, t3] = [BigInt(trim.t1), BigInt(trim.t2), BigInt(trim.t3)];
  const adcT = BigInt(raw.temperature);
  const half = (((adcT >> 3n) - (t1 << 1n)) * t2) >> 11n;
  const other = (((((adcT >> 4n) - t1) * ((adcT >> 4n) - t1)) >> 12n) * t3) >> 14n;
  const fine = half + other;

  const base = fine - 128000n;
  const two = base * base * p6 + ((base * p5) << 17n) + (p4 << 35n);
  const one = ((((1n << 47n) + ((base * base * p3) >> 8n) + ((base * p2) << 12n)) as bigint) * p1) >> 33n;
  let pressure = 0n;
  if (one !== 0n) {
    const p = (((BigInt(1048576 - raw.pressure) << 31n) - two) * 3125n) / one;
    pressure = ((p + ((p9 * (p >> 13n) * (p >> 13n)) >> 25n) + ((p8 * p) >> 19n)) >> 8n) + (p7 << 4n);
  }

  const [h1, h2, h3] = [BigInt(trim.h1), BigInt(trim.h2), BigInt(trim.h3)];
  const [h4, h5, h6] = [BigInt(trim.h4), BigInt(trim.h5), BigInt(trim.h6)];
  const v = fine - 76800n;
  const left = ((BigInt(raw.humidity) << 14n) - (h4 << 20n) - h5 * v + 16384n) >> 15n;
  const inner = ((((v * h6) >> 10n) * (((v * h3) >> 11n) + 32768n)) >> 10n) + 2097152n;
  const product = left * ((inner * h2 + 8192n) >> 14n);
  const humidity = product - (((((product >> 15n) * (product >> 15n)) >> 7n) * h1) >> 4n);
  const most = 419430400n;
  return { fine, pressure, humidity: humidity < 0n ? 0n : humidity > most ? most : humidity };
}

/** The formulas in floating point [appendix A, section 8.1]: degrees, percent, hectopascals. */
export function approximate(raw: Raw, trim: Trim): Values {
  const [p1, p2, p3, p4, p5, p6, p7, p8, p9] = trim.p;
  const adcT = raw.temperature;
  const fine = (adcT / 16384 - trim.t1 / 1024) * trim.t2 + (adcT / 131072 - trim.t1 / 8192) ** 2 * trim.t3;

  const base = fine / 2 - 64000;
  const offset = ((base * base * p6) / 32768 + base * p5 * 2) / 4 + p4 * 65536;
  const slope = (1 + ((p3 * base * base) / 524288 + p2 * base) / 524288 / 32768) * p1;
  const p = ((1048576 - raw.pressure - offset / 4096) * 6250) / slope;
  const pascals = p + ((p9 * p * p) / 2147483648 + (p * p8) / 32768 + p7) / 16;

  const v = fine - 76800;
  const signal =
    (raw.humidity - (trim.h4 * 64 + (trim.h5 / 16384) * v)) *
    ((trim.h2 / 65536) * (1 + (trim.h6 / 67108864) * v * (1 + (trim.h3 / 67108864) * v)));
  const humidity = signal * (1 - (trim.h1 * signal) / 524288);
  return { temperature: fine / 5120, humidity: Math.min(Math.max(humidity, 0), 100), pressure: pascals / 100 };
}
