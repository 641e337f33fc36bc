import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Metadata } from "../../host/module/metadata.ts";
import { Checkpoints, configId } from "../../host/storage/checkpoint.ts";
import { FileSlots, MemorySlots, SLOT_BYTES, type Slots } from "../../host/storage/slots.ts";

const METADATA: Metadata = { abiVersion: 1, imageSize: 40, layoutId: 7, buildId: "" };
const CONFIG = new Map([["id", "7"]]);
const USED = 32 + METADATA.imageSize;
const image = (fill: number): Uint8Array => new Uint8Array(METADATA.imageSize).fill(fill);

const folder = mkdtempSync(join(tmpdir(), "wasmote-checkpoint-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const open = (slots: Slots, metadata = METADATA, config = CONFIG): Checkpoints =>
  new Checkpoints(slots, metadata, config);

/** Slots that hold checkpoints 0 to `count - 1`, of images full of 1 to `count`. */
function filled(count: number): MemorySlots {
  const slots = new MemorySlots();
  for (let n = 1; n <= count; n++) {
    const checkpoints = open(slots);
    checkpoints.restore(undefined);
    checkpoints.write(image(n), 1_000 * n);
  }
  return slots;
}

describe("checkpoints", () => {
  test("come back as they were, the newest of them", () => {
    for (let count = 1; count <= 5; count++) {
      expect(open(filled(count)).restore(10_000)).toEqual({
        outcome: "restored",
        sequence: count - 1,
        damaged: 0,
        ageMs: 10_000 - 1_000 * count,
        image: image(count),
      });
    }
  });

  test("are none where nothing was written, or flash was erased", () => {
    const erased = new MemorySlots();
    for (const slot of [0, 1]) erased.write(slot, new Uint8Array(SLOT_BYTES).fill(0xff));
    for (const slots of [new MemorySlots(), erased]) {
      expect(open(slots).restore(0)).toEqual({ outcome: "none", sequence: 0, damaged: 0, ageMs: 0 });
    }
  });

  test("are passed over if a single bit is wrong, whichever it is", () => {
    const slots = filled(2);
    const newest = slots.read(1);
    for (let bit = 0; bit < USED * 8; bit++) {
      const flipped = newest.slice(0, USED);
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      slots.write(1, flipped);
      expect(open(slots).restore(0), `bit ${bit}`).toMatchObject({ outcome: "restored", sequence: 0, damaged: 1 });
    }
  });

  test("go into the slot that does not hold the newest, also after a damaged one", () => {
    const slots = filled(2);
    slots.write(1, new Uint8Array(USED).fill(3));
    const checkpoints = open(slots);
    checkpoints.restore(0);
    checkpoints.write(image(9), 0);
    expect(open(slots).restore(0)).toMatchObject({ sequence: 1, image: image(9), damaged: 0 });
    slots.write(1, new Uint8Array(USED));
    expect(open(slots).restore(0)).toMatchObject({ sequence: 0, image: image(1) });
  });

  test("have no age where a clock was not set, was set back, or is absurd", () => {
    expect(open(filled(1)).restore(undefined).ageMs).toBe(0);
    expect(open(filled(1)).restore(999).ageMs).toBe(0);
    expect(open(filled(1)).restore(2 ** 52).ageMs).toBe(0x3fff_ffff);
  });

  test("are kept from other layouts, other sizes and other settings", () => {
    const outcome = (metadata: Metadata, config = CONFIG): string =>
      open(filled(1), metadata, config).restore(0).outcome;
    expect(outcome({ ...METADATA, layoutId: 8 })).toBe("other-module");
    expect(outcome({ ...METADATA, imageSize: 48 })).toBe("other-module");
    expect(outcome({ ...METADATA, buildId: "another" })).toBe("restored");
    expect(outcome(METADATA, new Map([["id", "8"]]))).toBe("other-config");
  });

  test("that were given up stay so, though they are whole", () => {
    const slots = filled(3);
    expect(open(slots).forget(0)).toBe(2);
    expect(open(slots).restore(0)).toMatchObject({ outcome: "given-up", sequence: 3 });
    const checkpoints = open(slots);
    checkpoints.restore(0);
    checkpoints.write(image(5), 0);
    expect(open(slots).restore(0)).toMatchObject({ outcome: "restored", sequence: 4, image: image(5) });
  });
});

test("the configuration's id depends on every key and value, and not on their order", () => {
  const entries: [string, string][] = [
    ["id", "7"],
    ["interval", "1000"],
  ];
  const id = configId(new Map(entries));
  expect(configId(new Map([...entries].reverse()))).toBe(id);
  for (const other of [[entries[0]], [["id", "8"], entries[1]], [["ie", "7"], entries[1]], [...entries, ["a", ""]]]) {
    expect(configId(new Map(other as [string, string][]))).not.toBe(id);
  }
});

describe("a file for checkpoints", () => {
  test("is made for its owner alone, and keeps what was written", () => {
    const path = join(folder, "node.image");
    const slots = new FileSlots(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    slots.write(1, image(3));
    slots.close();
    const again = new FileSlots(path);
    expect(again.read(1).subarray(0, 41)).toEqual(new Uint8Array([...image(3), 0]));
    expect(again.read(0).every((byte) => byte === 0)).toBe(true);
    again.close();
  });

  test.each([
    ["a folder", (path: string) => path.replace(/\/[^/]*$/, ""), "EISDIR"],
    ["no file", () => "/dev/zero", "it is not a file"],
    ["in a folder that is not there", (path: string) => `${path}/x/y`, "ENOENT"],
  ])("is refused if it is %s", (_, pathOf, why) => {
    const path = pathOf(join(folder, "missing"));
    const opened = (): Slots => new FileSlots(path);
    expect(opened).toThrow(expect.objectContaining({ code: "EIMAGEFILE", message: expect.stringContaining(why) }));
    if (path.endsWith("missing")) expect(existsSync(path)).toBe(false);
  });

  test("is refused if it holds more than checkpoints", () => {
    const path = join(folder, "large");
    writeFileSync(path, Buffer.alloc(2 * SLOT_BYTES + 1));
    expect(() => new FileSlots(path)).toThrow("it is too large to hold checkpoints");
  });
});
