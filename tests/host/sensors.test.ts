import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Errno } from "../../host/abi.ts";
import { Xorshift32 } from "../../host/hal/random.ts";
import { locateSensor, parseSensor } from "../../host/hal/sensor-model.ts";
import {
  createGroupSensor,
  createSensor,
  DEFAULT_GROUP_SENSOR,
  defaultSensor,
  type GroupSensor,
  type Sensor,
  singleSensor,
} from "../../host/hal/sensors.ts";

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
  ["sine:16,6~", "holds no temperature"],
  ["sine:16,6~-1", "has a noise below 0"],
  ["sine:16,6~1~2", "is not sine:MEAN,AMPLITUDE"],
  ["walk", "is not walk:SEED"],
  ["walk:x", "is not walk:SEED"],
  ["walk:1,30", "is not walk:SEED or walk:SEED,LEAST..MOST"],
  ["walk:1,30..10", "leaves no room to walk"],
  ["walk:1,10..warm", "holds no temperature"],
  ["csv:", "names no file"],
  ["csv:/no/such/file.csv", "can't read /no/such/file.csv: ENOENT"],
  [`csv:${fileWith("bad.csv", "time,celsius\n1,2.0\n3,cold\n")}`, "bad.csv, line 3"],
  [`csv:${fileWith("empty.csv", "time,celsius\n")}`, "has no rows"],
  [`csv:${fileWith("rooms.csv", "time,hall,attic\n1,2,3\n")}#0,cellar`, 'has no column "cellar": it has hall, attic'],
  [`day:${fileWith("untimed.csv", "time,celsius\n1,2.0\n")}`, "untimed.csv, line 2, does not begin with a time"],
  [
    `day:${fileWith("back.csv", "time,celsius\n2010-01-01T02:00,2.0\n2010-01-01T01:00,2.0\n")}`,
    "back.csv, line 3, is not later",
  ],
  [`day:${fileWith("one.csv", "time,celsius\n2010-01-01T02:00,2.0\n")}#2010-01-02`, "has no day 2010-01-02"],
  [`day:${fileWith("two.csv", "time,a,b\n2010-01-01T02:00,2.0,3.0\n")}#*,*`, "needs one column"],
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

const NODES = 1_000;
const INDEXES = Uint32Array.from({ length: NODES }, (_, slot) => slot);
const NOON = 12 * 3_600_000;

/** One reading of each node. */
function ofAll(sensor: GroupSensor, unixMs = NOON, nodes = NODES): number[] {
  const out = new Int32Array(1);
  return Array.from({ length: nodes }, (_, slot) => {
    expect(sensor.read(slot, unixMs, out)).toBe(0);
    return out[0] ?? Number.NaN;
  });
}

describe("the sensors of a fleet", () => {
  const ROOMS = fileWith(
    "house.csv",
    "time,hall,attic,cellar\n2010-01-01T00:00:00,20,30,10\n2010-01-01T12:00:00,24,36,11\n2010-01-02T06:00,1,2,3\n",
  );

  test.each([
    "constant:17.2",
    "sine:16,6~0.3",
    "walk:42",
    "walk:7,10..30",
    `csv:${ROOMS}#*`,
    `csv:${ROOMS}#0,*`,
    `day:${ROOMS}#*`,
    DEFAULT_GROUP_SENSOR,
  ])("%s reads the same with the same seed, whichever nodes a shard has", (text) => {
    const whole = createGroupSensor(text, { indexes: INDEXES, seed: 9 });
    const shard = INDEXES.filter((index) => index % 3 === 1);
    const part = createGroupSensor(text, { indexes: shard, seed: 9 });
    for (const unixMs of [NOON, NOON + 1_000, NOON + 2_000]) {
      const all = ofAll(whole, unixMs);
      expect(ofAll(part, unixMs, shard.length)).toEqual([...shard].map((index) => all[index]));
    }
  });

  test.each(["sine:16,6~0.3", `csv:${ROOMS}#*`, `day:${ROOMS}#*`, DEFAULT_GROUP_SENSOR])(
    "%s reads something else with another seed",
    (text) => {
      const [first, second] = [1, 2].map((seed) => ofAll(createGroupSensor(text, { indexes: INDEXES, seed })));
      expect(first).not.toEqual(second);
      expect(new Set(first).size).toBeGreaterThan(1);
    },
  );

  test.each(["constant:1", "sine:16,6~0.3", "walk:42,10..30", `csv:${ROOMS}#*,*`, `day:${ROOMS}#*`, `file:${ROOMS}`])(
    "%s remembers at most 8 bytes of a node",
    (text) => {
      expect(parseSensor(text).stateWords).toBeLessThanOrEqual(2);
    },
  );

  test("a walk starts each node on a walk of its own, within its bounds", () => {
    const sensor = createGroupSensor("walk:42,19.8..20.2", { indexes: INDEXES, seed: 1 });
    const walks = Array.from({ length: 50 }, () => ofAll(sensor));
    expect(new Set(walks.at(-1)).size).toBeGreaterThan(100);
    expect(Math.min(...walks.flat())).toBe(19_800);
    expect(Math.max(...walks.flat())).toBe(20_200);
    expect(walks[0]).not.toEqual(ofAll(createGroupSensor("walk:42", { indexes: INDEXES, seed: 2 })));
  });

  test("noise is normally distributed around the sine with the standard deviation that is asked for", () => {
    const sensor = createGroupSensor("sine:16,6~0.3", { indexes: INDEXES, seed: 5 });
    const errors = Array.from({ length: 20 }, (_, round) => ofAll(sensor, 15 * 3_600_000 + round * 86_400_000))
      .flat()
      .map((value) => value - 22_000);
    const mean = errors.reduce((sum, each) => sum + each, 0) / errors.length;
    const deviation = Math.sqrt(errors.reduce((sum, each) => sum + (each - mean) ** 2, 0) / errors.length);
    expect(Math.abs(mean)).toBeLessThan(10);
    expect(Math.abs(deviation - 300)).toBeLessThan(10);
    for (const [sigmas, share] of [
      [1, 0.6827],
      [2, 0.9545],
    ] as const) {
      const inside = errors.filter((each) => Math.abs(each) < sigmas * 300).length / errors.length;
      expect(Math.abs(inside - share)).toBeLessThan(0.01);
    }
  });

  test("a column is chosen by its name, or node after node", () => {
    const attic = createGroupSensor(`csv:${ROOMS}#0,attic`, { indexes: INDEXES, seed: 1 });
    expect([ofAll(attic)[0], ofAll(attic)[0]]).toEqual([30_000, 36_000]);
    const each = createGroupSensor(`csv:${ROOMS}#1,*`, { indexes: INDEXES, seed: 1 });
    expect(ofAll(each).slice(0, 4)).toEqual([24_000, 36_000, 11_000, 24_000]);
  });

  test("a recorded day goes by the time of day, from reading to reading and around midnight", () => {
    const sensor = createGroupSensor(`day:${ROOMS}`, { indexes: [0], seed: 1 });
    const at = (hour: number): number | undefined => ofAll(sensor, hour * 3_600_000, 1)[0];
    expect([0, 6, 12, 18, 24, 30].map(at)).toEqual([20_000, 22_000, 24_000, 22_000, 20_000, 22_000]);
    const second = createGroupSensor(`day:${ROOMS}#2010-01-02`, { indexes: [0], seed: 1 });
    expect([0, 6, 23].map((hour) => ofAll(second, hour * 3_600_000, 1)[0])).toEqual([1_000, 1_000, 1_000]);
    expect(ofAll(createGroupSensor(`day:${ROOMS}#2010-01-01,cellar`, { indexes: [0], seed: 1 }), 0, 1)).toEqual([
      10_000,
    ]);
  });

  test("a node that was without power begins anew, and no other does", () => {
    const sensor = createGroupSensor("walk:42", { indexes: INDEXES, seed: 1 });
    const first = ofAll(sensor);
    ofAll(sensor);
    sensor.restart(7);
    const third = ofAll(sensor);
    expect(third.filter((value, slot) => value === first[slot] && slot === 7)).toHaveLength(1);
    expect(third[8]).not.toBe(first[8]);
  });

  test("alone, a sensor with noise follows from its seed, and * is the first", () => {
    const at = (seed: number, text = "sine:16,6~0.3"): number[] =>
      readings(
        createSensor(text, () => NOON, seed),
        1,
      );
    expect(at(1)).toEqual(at(1));
    expect(at(1)).not.toEqual(at(2));
    expect(at(1, `csv:${ROOMS}#*,*`)).toEqual([20_000]);
  });

  test("a file's name may hold a # that begins no row", () => {
    const path = fileWith("probe#left.csv", "time,celsius\n1,5\n2,6\n");
    expect(readings(createSensor(`csv:${path}`), 1)).toEqual([5_000]);
    expect(readings(createSensor(`csv:${path}#1`), 1)).toEqual([6_000]);
  });

  test("files are found from where the scenario is", () => {
    const locate = (text: string): string => locateSensor(text, (path) => `/there/${path}`);
    expect(locate("csv:a.csv#*")).toBe("csv:/there/a.csv#*");
    expect(locate("day:a.csv")).toBe("day:/there/a.csv");
    expect(locate("sine:16,6")).toBe("sine:16,6");
  });
});
