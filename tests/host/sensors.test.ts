import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Errno } from "../../host/abi.ts";
import { Xorshift32 } from "../../host/hal/random.ts";
import { createSensor, defaultSensor, type Sensor, singleSensor } from "../../host/hal/sensors.ts";

const folder = mkdtempSync(join(tmpdir(), "wasmote-sensors-"));
afterAll(() => rmSync(folder, { recursive: true }));

function readings(sensor: Sensor, count: number): number[] {
  const out = new Int32Array(1);
  return Array.from({ length: count }, () => {
    expect(sensor(out)).toBe(0);
    return out[0] ?? Number.NaN;
  });
}

function fileWith(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test.each([
  ["constant:17.2", 17_200],
  ["constant:-0.05", -50],
  ["constant:-100", -100_000],
  ["constant:1000.125", 1_000_125],
])("%s always reads the same", (text, value) => {
  expect(readings(createSensor(text), 3)).toEqual([value, value, value]);
});

test("a sine is coldest at 03:00 and warmest at 15:00", () => {
  const at = (hour: number, text = "sine"): number[] =>
    readings(
      createSensor(text, () => hour * 3_600_000),
      1,
    );
  expect(at(3)).toEqual([10_000]);
  expect(at(9)).toEqual([16_000]);
  expect(at(15)).toEqual([22_000]);
  expect(at(27)).toEqual([10_000]);
  expect(at(15, "sine:-5,2.5")).toEqual([-2_500]);
});

test("a walk goes in small steps, the same for the same seed", () => {
  const walk = readings(createSensor("walk:42"), 1_000);
  expect(walk).toEqual(readings(createSensor("walk:42"), 1_000));
  expect(walk).not.toEqual(readings(createSensor("walk:43"), 1_000));
  const steps = walk.map((value, index) => Math.abs(value - (walk[index - 1] ?? 20_000)));
  expect(Math.max(...steps)).toBeLessThanOrEqual(100);
  expect(new Set(walk).size).toBeGreaterThan(100);
});

test("a table is replayed row by row, over and over, from any row", () => {
  const path = fileWith("three.csv", "time,celsius\r\n2010-01-01T01:00:00,4.0\r\nx,-3.9\r\ny,0.25\r\n");
  expect(readings(createSensor(`csv:${path}`), 4)).toEqual([4_000, -3_900, 250, 4_000]);
  expect(readings(createSensor(`csv:${path}#2`), 2)).toEqual([250, 4_000]);
  expect(readings(createSensor(`csv:${path}#4`), 1)).toEqual([-3_900]);
});

test("the demo replays a real year, each node from its own season", () => {
  const year = readings(createSensor(defaultSensor("1").replace(/#\d+$/, "")), 8_760);
  expect(year[0]).toBe(4_000);
  expect(year[8_758]).toBe(4_300);
  expect(year[8_759]).toBe(4_000);
  expect(Math.max(...year)).toBeLessThan(30_000);
  const starts = Array.from({ length: 100 }, (_, index) => defaultSensor(String(index + 1)));
  expect(new Set(starts).size).toBe(100);
  expect(readings(createSensor(defaultSensor("1")), 24)).not.toEqual(readings(createSensor(defaultSensor("2")), 24));
});

test("a file is read again at each reading, and what is no number is a failed probe", () => {
  const path = fileWith("temp1_input", "17200\n");
  const sensor = createSensor(`file:${path}`);
  const out = new Int32Array([99]);
  expect(readings(sensor, 1)).toEqual([17_200]);
  writeFileSync(path, "-500");
  expect(readings(sensor, 1)).toEqual([-500]);
  for (const text of ["", "warm", "1.5", "17200 mC", "99999999999"]) {
    writeFileSync(path, text);
    expect(sensor(out)).toBe(Errno.EIO);
  }
  rmSync(path);
  expect(sensor(out)).toBe(Errno.EIO);
  expect(out[0]).toBe(99);
});

test("only channel 0 exists", () => {
  const sensors = singleSensor(createSensor("constant:1"));
  const out = new Int32Array(1);
  expect(sensors.read(1, out)).toBe(Errno.ENOENT);
  expect(sensors.read(-1, out)).toBe(Errno.ENOENT);
  expect(out[0]).toBe(0);
  expect(sensors.read(0, out)).toBe(0);
});

test.each([
  ["thermometer", 'there is no sensor "thermometer"'],
  ["constant", "holds no temperature"],
  ["constant:warm", "holds no temperature"],
  ["constant:1e3", "holds no temperature"],
  ["constant:1.2345", "holds no temperature"],
  ["sine:1", "is not sine:MEAN,AMPLITUDE"],
  ["walk", "is not walk:SEED"],
  ["walk:x", "is not walk:SEED"],
  ["csv:", "names no file"],
  ["csv:/no/such/file.csv", "can't read /no/such/file.csv: ENOENT"],
  [`csv:${fileWith("bad.csv", "time,celsius\n1,2.0\n3,cold\n")}`, "bad.csv, line 3"],
  [`csv:${fileWith("empty.csv", "time,celsius\n")}`, "has no rows"],
])("%s is refused", (text, message) => {
  expect(() => createSensor(text)).toThrow(expect.objectContaining({ code: "ESENSOR" }));
  expect(() => createSensor(text)).toThrow(message);
});

test("the random numbers are xorshift32's, and a seed of 0 is as good as any", () => {
  const random = new Xorshift32(1);
  expect([1, 2, 3, 4].map(() => random.next() >>> 0)).toEqual([270_369, 67_634_689, 2_647_435_461, 307_599_695]);
  expect(new Xorshift32(0).next()).not.toBe(0);
  expect(new Xorshift32().next()).not.toBe(new Xorshift32().next());
});
