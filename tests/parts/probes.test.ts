import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  approximate,
  dataBytes,
  EXAMPLE_RAW,
  EXAMPLE_TRIM,
  exact,
  type Raw,
  readData,
  readTrim,
  type Trim,
  trimBytes,
} from "./bme280-model.ts";
import { oneRecord, records } from "./parts.ts";

const CHECKSUM = "a checksum is wrong: shorten the wires, or use stronger pull-ups";
const STUCK = "its data line hangs: check for a short circuit, for power, and for the pull-up";
const IMPLAUSIBLE = "it shows what it can't measure: check its power supply, or replace it";
const NOT_MEASURED = "it has not measured: its power was lost or is too weak during the conversion";
const NO_ANSWER = "nothing answers at its address: check power, ground, the two lines, their pull-ups, and the address";
const OTHER_CHIP = "another chip answers at its address: check the driver and the address of this channel";

/** Every copy of the bytes with one bit flipped. */
function flips(bytes: Buffer): Buffer[] {
  return Array.from({ length: bytes.length * 8 }, (_, bit) => {
    const copy = Buffer.from(bytes);
    copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    return copy;
  });
}

/** CRC-8 of any kind, bit by bit, as polynomials are divided. */
function crc8(bytes: Iterable<number>, start: number, reflected: boolean): number {
  let crc = start;
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit++) {
      const input = (reflected ? byte >> bit : byte >> (7 - bit)) & 1;
      const top = (crc >> 7) & 1;
      crc = ((crc << 1) & 0xff) ^ (top ^ input ? 0x31 : 0);
    }
  }
  return reflected ? Number.parseInt(crc.toString(2).padStart(8, "0").split("").reverse().join(""), 2) : crc;
}

describe("the checksums", () => {
  test("are those of the datasheets' examples", () => {
    // SHT3x-DIS, section 4.12; and 1-Wire's ROM code of Maxim's application note 27.
    expect(oneRecord("crc8", [0xbe, 0xef]).split(" ")[0]).toBe("146");
    expect(oneRecord("crc8", [0x02, 0x1c, 0xb8, 0x01, 0, 0, 0]).split(" ")[1]).toBe(String(0xa2));
  });

  test("divide by x^8 + x^5 + x^4 + 1", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 12 }), { minLength: 100, maxLength: 100 }), (inputs) => {
        const expected = inputs.map((bytes) => `${crc8(bytes, 0xff, false)} ${crc8(bytes, 0, true)}`);
        expect(records("crc8", inputs)).toEqual(expected);
      }),
      { numRuns: 5 },
    );
  });
});

describe("SHT3x", () => {
  /** What the chip sends for two signals. */
  function result(temperature: number, humidity: number): Buffer {
    const word = (value: number): number[] => [value >> 8, value & 0xff];
    const checked = (value: number): number[] => [...word(value), crc8(word(value), 0xff, false)];
    return Buffer.from([...checked(temperature), ...checked(humidity)]);
  }

  test("converts every signal as section 4.13 says, and takes none below -40 or above 125 degrees", () => {
    const signals = Array.from({ length: 0x10000 }, (_, signal) => signal);
    const lines = records(
      "sht3x",
      signals.map((signal) => result(signal, 0xffff - signal)),
    );
    const wrong = signals.filter((signal) => {
      const temperature = Math.round((175_000 * signal) / 65_535 - 45_000);
      const humidity = Math.round((100_000 * (0xffff - signal)) / 65_535);
      const plausible = temperature >= -40_000 && temperature <= 125_000;
      return lines[signal] !== (plausible ? `${temperature} ${humidity}; it works` : `0 0; ${IMPLAUSIBLE}`);
    });
    expect(wrong).toEqual([]);
  });

  test("0x6666 is 25 degrees, 0x8000 is 50.001 percent", () => {
    expect(oneRecord("sht3x", result(0x6666, 0x8000))).toBe("25000 50001; it works");
  });

  test("with any single bit flipped is no number", () => {
    for (const line of records("sht3x", flips(result(0x6666, 0x8000)))) expect(line).toBe(`0 0; ${CHECKSUM}`);
  });

  test("a line that hangs is no number", () => {
    expect(oneRecord("sht3x", Buffer.alloc(6))).toBe(`0 0; ${STUCK}`);
    expect(oneRecord("sht3x", Buffer.alloc(6, 0xff))).toBe(`0 0; ${STUCK}`);
  });
});

describe("DS18B20", () => {
  /** A scratchpad; a configuration of 0x7f is 12 bits. */
  function scratchpad(temperature: number, configuration = 0x7f): Buffer {
    const bytes = [temperature & 0xff, (temperature >> 8) & 0xff, 0x4b, 0x46, configuration, 0xff, 0x0c, 0x10];
    return Buffer.from([...bytes, crc8(bytes, 0, true)]);
  }

  test.each([
    [0x07d0, 125_000],
    [0x0191, 25_063],
    [0x00a2, 10_125],
    [0x0008, 500],
    [0x0000, 0],
    [0xfff8, -500],
    [0xff5e, -10_125],
    [0xfe6f, -25_063],
    [0xfc90, -55_000],
  ])("%s of the datasheet's table is %s thousandths", (signal, thousandths) => {
    expect(oneRecord("ds18b20", scratchpad(signal))).toBe(`${thousandths}; it works`);
  });

  test("85 degrees is what it shows before it has measured, and no number", () => {
    expect(oneRecord("ds18b20", scratchpad(0x0550))).toBe(`0; ${NOT_MEASURED}`);
    expect(oneRecord("ds18b20", scratchpad(0x0551))).toBe("85063; it works");
    expect(oneRecord("ds18b20", scratchpad(0x054f))).toBe("84938; it works");
  });

  test("takes none below -55 or above 125 degrees", () => {
    for (const signal of [0x07d1, 0x7fff, 0x8000, 0xfc8f]) {
      expect(oneRecord("ds18b20", scratchpad(signal))).toBe(`0; ${IMPLAUSIBLE}`);
    }
  });

  test("bits below its resolution do not count", () => {
    // 25.0625 and all bits below: 9, 10, 11, 12 bits.
    const lines = [0x1f, 0x3f, 0x5f, 0x7f].map((configuration) =>
      oneRecord("ds18b20", scratchpad(0x019f, configuration)),
    );
    expect(lines).toEqual(["25500; it works", "25750; it works", "25875; it works", "25938; it works"]);
    expect(oneRecord("ds18b20", scratchpad(0xfff9, 0x1f))).toBe("-500; it works");
  });

  test("with any single bit flipped is no number", () => {
    for (const line of records("ds18b20", flips(scratchpad(0x0191)))) expect(line).toBe(`0; ${CHECKSUM}`);
  });

  test("a line that hangs or nobody drives, and another chip, are no number", () => {
    // Nine zeros have the right CRC.
    expect(oneRecord("ds18b20", Buffer.alloc(9))).toBe(`0; ${STUCK}`);
    expect(oneRecord("ds18b20", Buffer.alloc(9, 0xff))).toBe(`0; ${NO_ANSWER}`);
    expect(oneRecord("ds18b20", scratchpad(0x0191, 0xff))).toBe(`0; ${OTHER_CHIP}`);
    expect(oneRecord("ds18b20", scratchpad(0x0191, 0x00))).toBe(`0; ${OTHER_CHIP}`);
  });
});

describe("BME280", () => {
  const input = (raw: Raw, trim: Trim): Buffer => Buffer.concat([trimBytes(trim), dataBytes(raw)]);

  /** What the line must be: the datasheet's formulas, without overflow, and their range. */
  function expected(raw: Raw, trim: Trim): string {
    if (raw.temperature === 0x80000 || raw.pressure === 0x80000 || raw.humidity === 0x8000) {
      return `0 0 0; ${NOT_MEASURED}`;
    }
    const { fine, pressure, humidity } = exact(raw, trim);
    const temperature = (fine * 25n + 64n) >> 7n;
    const hectopascals = (pressure * 10n + 128n) >> 8n;
    if (temperature < -40_000n || temperature > 85_000n || hectopascals < 300_000n || hectopascals > 1_100_000n) {
      return `0 0 0; ${IMPLAUSIBLE}`;
    }
    return `${temperature} ${(humidity * 1000n + (1n << 21n)) >> 22n} ${hectopascals}; it works`;
  }

  test("gives what the datasheet's example gives: 25.08 degrees, 1006.53 hectopascals", () => {
    const { fine, pressure } = exact(EXAMPLE_RAW, EXAMPLE_TRIM);
    expect(fine).toBe(128_422n);
    expect(Number(pressure) / 256).toBeCloseTo(100_653.27, 1);
    expect(oneRecord("bme280", input(EXAMPLE_RAW, EXAMPLE_TRIM))).toMatch(/^25082 \d+ 100653\d; it works$/);
  });

  test("agrees with the formulas for floating point", () => {
    const around = (value: number, by: number): fc.Arbitrary<number> =>
      fc.integer({ min: value - by, max: value + by });
    const trims = fc.record({
      t1: around(27_504, 1000),
      t2: around(26_435, 1000),
      t3: fc.integer({ min: -1000, max: 100 }),
      p: fc.tuple(
        around(36_477, 1000),
        around(-10_685, 300),
        around(3024, 50),
        around(2855, 3000),
        around(140, 300),
        fc.constant(-7),
        around(15_500, 3000),
        around(-14_600, 3000),
        around(6000, 500),
      ),
      h1: fc.constantFrom(0, 75),
      h2: around(362, 20),
      h3: fc.constantFrom(0, 1),
      h4: around(323, 30),
      h5: around(0, 60),
      h6: fc.constantFrom(30, 0),
    });
    const raws = fc.record({
      temperature: around(519_888, 60_000),
      pressure: around(415_148, 120_000),
      humidity: around(28_000, 8_000),
    });
    const samples = fc.sample(fc.tuple(raws, trims), { numRuns: 5000, seed: 4 });
    const lines = records(
      "bme280",
      samples.map(([raw, trim]) => input(raw, trim)),
    );
    let compared = 0;
    samples.forEach(([raw, trim], index) => {
      const line = lines[index] ?? "";
      expect(line).toBe(expected(raw, trim));
      if (!line.endsWith("it works")) return;
      const [temperature = 0, humidity = 0, pressure = 0] = line.split(/[ ;]/).map(Number);
      const floating = approximate(raw, trim);
      expect(Math.abs(temperature / 1000 - floating.temperature)).toBeLessThan(0.005);
      expect(Math.abs(humidity / 1000 - floating.humidity)).toBeLessThan(0.05);
      expect(Math.abs(pressure / 1000 - floating.pressure)).toBeLessThan(0.02);
      compared++;
    });
    expect(compared).toBeGreaterThan(1000);
  });

  test("whatever 200,000 random or damaged registers say, gives the formulas' numbers or none, and nothing overflows", () => {
    const example = input(EXAMPLE_RAW, EXAMPLE_TRIM);
    const random = fc.uint8Array({ minLength: 41, maxLength: 41 });
    const damaged = fc
      .array(fc.nat(41 * 8 - 1), { minLength: 1, maxLength: 6 })
      .map((bits) => bits.reduce((bytes, bit) => flips(bytes)[bit] ?? bytes, example));
    const samples = [
      ...fc.sample(random, { numRuns: 100_000, seed: 5 }).map((bytes) => Buffer.from(bytes)),
      ...fc.sample(damaged, { numRuns: 10_000, seed: 6 }),
      ...extremes(90_000),
    ];
    const lines = records("bme280", samples);
    let numbers = 0;
    samples.forEach((bytes, index) => {
      const line = lines[index] ?? "";
      if (!line.endsWith("it works")) {
        expect(line).toMatch(/^0 0 0; /);
        return;
      }
      const number = expected(readData(bytes.subarray(33)), readTrim(bytes.subarray(0, 33)));
      if (line !== number) throw new Error(`${bytes.toString("hex")}: ${line}, not ${number}`);
      numbers++;
    });
    expect(numbers).toBeGreaterThan(5000);
  });

  /** The example, with some of its words at or near the ends of their range. */
  function extremes(count: number): Buffer[] {
    const ends = [0x0000, 0x0001, 0x7fff, 0x8000, 0x8001, 0xffff];
    const changes = fc.array(fc.tuple(fc.nat(20), fc.constantFrom(...ends)), { minLength: 1, maxLength: 8 });
    return fc.sample(changes, { numRuns: count, seed: 7 }).map((words) => {
      const bytes = input(EXAMPLE_RAW, EXAMPLE_TRIM);
      for (const [word, end] of words) {
        // Never the temperature's: what does not pass it does not get to the other formulas.
        const at = word * 2 < 6 ? 26 : word * 2;
        if (at < 33 - 1 || at >= 36) bytes.writeUInt16LE(end, Math.min(at, 39));
      }
      return bytes;
    });
  }

  test("trimming parameters that are all 0 or all 1 are a line that hangs", () => {
    for (const byte of [0x00, 0xff]) {
      const first = input(EXAMPLE_RAW, EXAMPLE_TRIM).fill(byte, 0, 26);
      const second = input(EXAMPLE_RAW, EXAMPLE_TRIM).fill(byte, 26, 33);
      const data = input(EXAMPLE_RAW, EXAMPLE_TRIM).fill(byte, 33);
      for (const bytes of [first, second, data]) expect(oneRecord("bme280", bytes)).toBe(`0 0 0; ${STUCK}`);
    }
  });

  test.each(["temperature", "pressure"] as const)("a %s that was skipped is no number", (quantity) => {
    expect(oneRecord("bme280", input({ ...EXAMPLE_RAW, [quantity]: 0x80000 }, EXAMPLE_TRIM))).toBe(
      `0 0 0; ${NOT_MEASURED}`,
    );
  });

  test("a humidity that was skipped is no number", () => {
    expect(oneRecord("bme280", input({ ...EXAMPLE_RAW, humidity: 0x8000 }, EXAMPLE_TRIM))).toBe(
      `0 0 0; ${NOT_MEASURED}`,
    );
  });

  test("humidity ends at 0 and 100 percent", () => {
    expect(oneRecord("bme280", input({ ...EXAMPLE_RAW, humidity: 0 }, EXAMPLE_TRIM))).toMatch(/^25082 0 /);
    expect(oneRecord("bme280", input({ ...EXAMPLE_RAW, humidity: 0xffff }, EXAMPLE_TRIM))).toMatch(/^25082 100000 /);
  });
});
