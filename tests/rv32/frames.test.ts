import { beforeAll, describe, expect, test } from "vitest";
import { encodeFrame, type Frame, FrameReader, MAX_PAYLOAD_BYTES } from "../../host/bridge/frame.ts";
import { Xorshift32 } from "../../host/hal/random.ts";
import { compileNative, runNative } from "./native.ts";

let codec: string;
beforeAll(() => {
  const paths = ["tests/rv32/native/frames.c", "boards/virt-rv32/frame.c", "boards/core/crc32.c"];
  codec = compileNative(
    "frames",
    paths.map((path) => ({ path })),
  );
});

/** What the board's side makes of bytes: one line for each frame, or `damaged`. */
function boardReads(line: Uint8Array): string[] {
  return runNative(codec, ["read"], line).toString().split("\n").slice(0, -1);
}

/** What the host's side makes of them, in the same form, given in pieces of so many bytes. */
function hostReads(line: Uint8Array, pieceBytes = 1_000): string[] {
  const reader = new FrameReader();
  const read: string[] = [];
  for (let at = 0; at < line.length; at += pieceBytes) {
    read.push(...reader.read(line.subarray(at, at + pieceBytes)).map(show));
  }
  return read;
}

function show(frame: Frame | undefined): string {
  if (frame === undefined) return "damaged";
  return `${hex(frame.type)} ${hex(frame.number)} ${frame.payload.toString("hex")}`;
}

const hex = (byte: number): string => byte.toString(16).padStart(2, "0");

/** Frames of each length, with many zeros among their bytes, and around the longest block's end without any. */
function someFrames(random: Xorshift32): Frame[] {
  return Array.from({ length: MAX_PAYLOAD_BYTES + 1 }, (_, length) => {
    const isDense = length % 3 === 0;
    const byte = (): number => (isDense ? 1 + ((random.next() >>> 0) % 255) : (random.next() >>> 0) % 3);
    return { type: length % 256, number: (length * 7) % 256, payload: Buffer.from(Array.from({ length }, byte)) };
  });
}

describe("rv32: frames on the serial line", () => {
  test("are the same bytes from both sides, whatever their length, and hold no zero but their last", () => {
    const frames = someFrames(new Xorshift32(1));
    const records = frames.map(({ type, number, payload }) =>
      Buffer.concat([Buffer.of(type, number, payload.length & 0xff, payload.length >> 8), payload]),
    );
    const lines = frames.map(encodeFrame);
    expect(runNative(codec, ["write"], Buffer.concat(records)).equals(Buffer.concat(lines))).toBe(true);
    for (const line of lines) expect(line.indexOf(0)).toBe(line.length - 1);
  });

  test("are read by both sides as they were written, in whichever pieces they come", () => {
    const frames = someFrames(new Xorshift32(2));
    const line = Buffer.concat(frames.map(encodeFrame));
    const expected = frames.map(show);
    expect(boardReads(line)).toEqual(expected);
    expect(hostReads(line)).toEqual(expected);
    expect(hostReads(line, 1)).toEqual(expected);
  });

  test("that are damaged anywhere are no frames to either side, and the next one is", () => {
    const random = new Xorshift32(3);
    const good: Frame = { type: 0x11, number: 9, payload: Buffer.from("good") };
    const pieces: Buffer[] = [];
    let count = 0;
    for (const frame of someFrames(random).slice(0, 200)) {
      const line = encodeFrame(frame);
      const at = (random.next() >>> 0) % (line.length - 1);
      line[at] = (line[at] ?? 0) ^ (1 << ((random.next() >>> 0) % 8));
      // What became a zero ends a frame early: two damaged ones, or one and an empty one.
      if (line.indexOf(0) !== line.length - 1) continue;
      pieces.push(line, encodeFrame(good));
      count++;
    }
    const expected = Array.from({ length: count }, () => ["damaged", show(good)]).flat();
    expect(count).toBeGreaterThan(150);
    expect(boardReads(Buffer.concat(pieces))).toEqual(expected);
    expect(hostReads(Buffer.concat(pieces))).toEqual(expected);
  });

  test("are found among random bytes by both sides alike", () => {
    const random = new Xorshift32(4);
    const bytes = Buffer.from(
      Array.from({ length: 400_000 }, (_, at) => {
        // Long stretches without a zero overrun what either side keeps.
        const byte = random.next() & 0xff;
        return Math.floor(at / 5_000) % 2 === 0 && byte === 0 ? 0xff : byte;
      }),
    );
    const line = Buffer.concat([bytes, Buffer.of(0), encodeFrame({ type: 1, number: 2, payload: Buffer.from("end") })]);
    const read = boardReads(line);
    expect(hostReads(line)).toEqual(read);
    expect(read.length).toBeGreaterThan(500);
    expect(read.at(-1)).toBe("01 02 656e64");
    expect(read.slice(0, -1).every((each) => each === "damaged")).toBe(true);
  });

  test("that are longer than a frame may be are refused by both sides", () => {
    const payload = Buffer.alloc(MAX_PAYLOAD_BYTES + 1, 7);
    const line = encodeFrame({ type: 1, number: 0, payload });
    expect(boardReads(line)).toEqual(["damaged"]);
    expect(hostReads(line)).toEqual(["damaged"]);
  });
});

test("rv32: the board's memcpy, memmove and memset do what the standard says, at every offset and overlap", () => {
  const names = ["memcpy", "memmove", "memset"].map((name) => `-D${name}=board_${name}`);
  const program = compileNative("memory", [
    { path: "tests/rv32/native/memory.c" },
    { path: "boards/virt-rv32/machine/memory.c", flags: names },
  ]);
  expect(runNative(program).toString()).toBe("");
});
