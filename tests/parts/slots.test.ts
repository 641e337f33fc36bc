import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { oneRecord, records, u32 } from "./parts.ts";

const HEADER_BYTES = 32;
const MODULE = Buffer.from("a module");

interface SlotOptions {
  readonly sequence?: number;
  readonly module?: Buffer;
  readonly length?: number;
  readonly reserved?: number;
  /** Bytes of erased flash behind the module. */
  readonly room?: number;
}

/** A slot, written from the format's description. */
function slot({
  sequence = 1,
  module = MODULE,
  length = module.length,
  reserved = 0,
  room = 0,
}: SlotOptions = {}): Buffer {
  const header = Buffer.concat([Buffer.from("WMMO"), u32(sequence), u32(length), u32(crc32(module)), Buffer.alloc(12)]);
  header[27] = reserved;
  return Buffer.concat([header, u32(crc32(header)), module, Buffer.alloc(room, 0xff)]);
}

/** Two slots as a record. */
function pair(first: Buffer, second: Buffer): Buffer {
  return Buffer.concat([u32(first.length), first, second]);
}

const ERASED = Buffer.alloc(64, 0xff);

/** What is said of a first slot. */
function stateOf(first: Buffer): string {
  return oneRecord("slots", pair(first, ERASED)).split("; ")[0] ?? "";
}

const choiceOf = (first: Buffer, second: Buffer): string =>
  oneRecord("slots", pair(first, second)).split("; ")[4] ?? "";

describe("a module slot", () => {
  test("is valid when header and module are whole, whatever lies behind the module", () => {
    for (const room of [0, 1, 5000]) {
      expect(oneRecord("slots", pair(slot({ sequence: 7, room }), ERASED))).toBe(
        `valid; 7 8 ${crc32(MODULE).toString(16).padStart(8, "0")}; empty; 0 0 00000000; run 0, spare 1, next 8`,
      );
    }
  });

  test("is sealed as the format is described", () => {
    expect(oneRecord("seal", Buffer.concat([u32(0xfffffffe), MODULE]))).toBe(
      slot({ sequence: 0xfffffffe }).toString("hex"),
    );
  });

  test.each([
    ["erased flash", ERASED, "empty"],
    ["something else", Buffer.alloc(64, 1), "not a module slot: it does not begin with WMMO"],
    ["too small for a header", slot().subarray(0, HEADER_BYTES - 1), "not readable"],
    ["of no length", Buffer.alloc(0), "not readable"],
    ["of a newer format", slot({ reserved: 1 }), "of a newer format than this firmware knows"],
    ["without a module", slot({ length: 0 }), "damaged: its module has an impossible length"],
    ["a byte too long for its place", slot({ length: 9 }), "damaged: its module has an impossible length"],
    ["as long as can be", slot({ length: 0xffffffff }), "damaged: its module has an impossible length"],
    [
      "cut off",
      slot({ module: Buffer.alloc(100, 1) }).subarray(0, 120),
      "damaged: its module has an impossible length",
    ],
  ])("that is %s is not valid", (_, bytes, state) => {
    expect(stateOf(bytes)).toBe(state);
  });

  test("with any single bit flipped is not valid", () => {
    const whole = slot({ sequence: 3 });
    const flipped = Array.from({ length: whole.length * 8 }, (_, bit) => {
      const bytes = Buffer.from(whole);
      bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      return pair(bytes, slot({ sequence: 2 }));
    });
    for (const line of records("slots", flipped)) {
      expect(line).toMatch(/^(damaged|not a module slot)/);
      expect(line).toMatch(/run 1, spare 0, next 3$/);
    }
  });

  test("of which only a part was written before the power went is not valid", () => {
    const whole = slot({ room: 8 });
    // The module goes first, the header last: in between there is a module and no header, then a part of the header.
    const torn = Array.from({ length: HEADER_BYTES }, (_, written) =>
      pair(Buffer.concat([whole.subarray(0, written), Buffer.alloc(HEADER_BYTES - written, 0xff), MODULE]), ERASED),
    );
    for (const line of records("slots", torn)) expect(line).toMatch(/run -1, spare 0, next 1$/);
  });
});

describe("of two slots", () => {
  const at = (sequence: number): Buffer => slot({ sequence });

  test.each([
    ["the newer one runs", 4, 5, "run 1, spare 0, next 6"],
    ["the newer one runs, also if it is the first", 5, 4, "run 0, spare 1, next 6"],
    ["0 is newer than 2^32 - 1", 0xffffffff, 0, "run 1, spare 0, next 1"],
    ["2^32 - 1 is older than 0", 0, 0xffffffff, "run 0, spare 1, next 1"],
    ["a number less than half the circle ahead is newer", 1, 0x80000000, "run 1, spare 0, next 2147483649"],
    ["a number half the circle ahead is not", 1, 0x80000001, "run 0, spare 1, next 2"],
    ["the first runs if they are equal", 9, 9, "run 0, spare 1, next 10"],
    ["the number after 2^32 - 1 is 0", 0xffffffff, 0xfffffffe, "run 0, spare 1, next 0"],
  ])("%s", (_, first, second, choice) => {
    expect(choiceOf(at(first), at(second))).toBe(choice);
  });

  test("the valid one runs, however old it is", () => {
    expect(choiceOf(slot({ sequence: 9, reserved: 1 }), at(1))).toBe("run 1, spare 0, next 2");
    expect(choiceOf(at(1), ERASED)).toBe("run 0, spare 1, next 2");
    expect(choiceOf(ERASED, at(1))).toBe("run 1, spare 0, next 2");
  });

  test("none runs if none is valid", () => {
    expect(choiceOf(ERASED, ERASED)).toBe("run -1, spare 0, next 1");
  });

  test("each update is the newest, all the way round", () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), (sequence) => {
        const next = Number(/next (\d+)$/.exec(choiceOf(at(sequence), ERASED))?.[1]);
        expect(choiceOf(at(sequence), at(next))).toMatch(/^run 1/);
      }),
      { numRuns: 50 },
    );
  });
});
