import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { Errno } from "../../host/abi.ts";
import {
  configPayload,
  creditPayload,
  dataPayload,
  Message,
  startPayload,
  statePayload,
} from "../../host/bridge/messages.ts";
import { Xorshift32 } from "../../host/hal/random.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import { type FlashedModule, RawBoard } from "./raw-board.ts";

/** Keeps connecting, and publishes when it is. */
const MODULE = { slot: 0, sequence: 1, wasm: readFileSync(join(PROJECT_ROOT, "build", "temperature.wasm")) } as const;

const boards: RawBoard[] = [];
afterEach(async () => {
  await Promise.all(boards.splice(0).map((board) => board.kill()));
});

async function start(): Promise<RawBoard> {
  const board = await RawBoard.start(MODULE);
  boards.push(board);
  await board.says(Message.HELLO);
  return board;
}

/** A board whose node has opened its first link; returns the link's number too. */
async function startLinked(): Promise<{ board: RawBoard; link: number }> {
  const board = await start();
  board.configure();
  const { payload } = await board.says(Message.OPEN);
  return { board, link: payload.readUInt16LE(0) };
}

function open(board: RawBoard, link: number): void {
  board.send(Message.STATE, statePayload(link, 1));
  board.send(Message.CREDIT, creditPayload(link, 4_096));
}

describe("rv32: the board's end of the line", () => {
  test("asks again until it has all of its configuration", async () => {
    const board = await start();
    board.send(Message.CONFIG, configPayload("id", "7"));
    board.send(Message.START, startPayload({ values: 2, endpoints: 1, seed: 1, unixMs: 0 }));
    await board.frames.all(2, "HELLOs", ({ type }) => type === Message.HELLO);
    expect(board.count(Message.OPEN)).toBe(0);
    board.configure();
    await board.says(Message.OPEN);
  });

  test("does not start on a configuration that it has no room for", async () => {
    const board = await start();
    for (let i = 0; i < 5; i++) board.send(Message.CONFIG, configPayload(`key${i}`, "x".repeat(250)));
    board.send(Message.START, startPayload({ values: 5, endpoints: 1, seed: 1, unixMs: 0 }));
    await board.frames.all(2, "HELLOs", ({ type }) => type === Message.HELLO);
    expect(board.count(Message.OPEN)).toBe(0);
  });

  test("sends no more than it was allowed", async () => {
    const { board, link } = await startLinked();
    board.send(Message.STATE, statePayload(link, 1));
    for (const byte of [0, 1, 2, 3]) {
      board.send(Message.CREDIT, creditPayload(link, 1));
      const frames = await board.frames.all(byte + 1, "bytes", ({ type }) => type === Message.DATA);
      expect(frames.map(({ payload }) => payload.length - 2)).toEqual(Array(byte + 1).fill(1));
    }
    expect(board.count(Message.DATA)).toBe(4);
  });

  test("breaks a link on which bytes come before it is open", async () => {
    const { board, link } = await startLinked();
    board.send(Message.DATA, dataPayload(link, Buffer.of(0x20, 2, 0, 0)));
    await board.logs(`link closed: ${Errno.ECONNRESET}`);
    expect((await board.says(Message.CLOSE)).payload.readUInt16LE(0)).toBe(link);
  });

  test("breaks its links, and says so, when a frame is lost", async () => {
    const { board, link } = await startLinked();
    open(board, link);
    await board.says(Message.DATA);
    board.skip();
    board.send(Message.CREDIT, creditPayload(link, 1));
    await board.says(Message.LOST);
    await board.logs(`link closed: ${Errno.ECONNRESET}`);
    expect((await board.says(Message.CLOSE)).payload.readUInt16LE(0)).toBe(link);
  });

  test("takes what is said of a link that it has closed for no other", async () => {
    const { board, link } = await startLinked();
    board.send(Message.STATE, statePayload(link, Errno.ECONNREFUSED));
    await board.says(Message.CLOSE);
    const next = await board.frames.all(2, "OPENs", ({ type }) => type === Message.OPEN);
    const second = next[1]?.payload.readUInt16LE(0) ?? -1;
    expect(second).not.toBe(link);
    open(board, link);
    board.send(Message.STATE, statePayload(link, Errno.EPIPE));
    open(board, second);
    // The first bytes of all.
    expect((await board.says(Message.DATA)).payload.readUInt16LE(0)).toBe(second);
  });

  test("neither traps nor resets, whatever bytes and frames come, and still takes its leave", {
    timeout: 60_000,
  }, async () => {
    const { board } = await startLinked();
    const hellos = board.count(Message.HELLO);
    const random = new Xorshift32(7);
    const below = (limit: number): number => (random.next() >>> 0) % limit;
    const types = Object.values(Message).filter((type) => type !== Message.STOP);
    for (let round = 0; round < 150; round++) {
      for (let n = 0; n < 20; n++) {
        // Of links that there are, may be, and are not.
        const payload = Buffer.from(Array.from({ length: below(40) }, () => random.next() & 0xff));
        if (payload.length > 1) payload.writeUInt16LE(below(4), 0);
        if (below(8) === 0) board.skip();
        board.send(types[below(types.length)] ?? below(256), payload);
      }
      board.sendBytes(Buffer.from(Array.from({ length: below(700) }, () => random.next() & 0xff)));
      board.sendBytes(Buffer.of(0));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    board.send(Message.STOP);
    expect(await board.ended).toBe(0);
    expect(board.count(Message.HELLO)).toBe(hellos);
    const lines = board.frames.entries.filter(({ type }) => type === Message.LOG).map(({ payload }) => payload);
    expect(lines.filter((payload) => payload[0] === 3 || payload.includes("trapped"))).toEqual([]);
    expect(board.count(Message.LOST)).toBeGreaterThan(50);
  });
});

describe("rv32: the module in flash", () => {
  /** It is no module, and a board says so. */
  const NONE = Buffer.of(0);

  async function startWith(...modules: readonly FlashedModule[]): Promise<RawBoard> {
    const board = await RawBoard.start(...modules);
    boards.push(board);
    await board.says(Message.HELLO);
    board.configure();
    return board;
  }

  test("is the newest one, and its numbers wrap", async () => {
    const board = await startWith({ ...MODULE, sequence: 0xffff_ffff }, { slot: 1, sequence: 0, wasm: NONE });
    await board.logs("not a WebAssembly module");
    expect(await board.ended).toBe(3);
  });

  test.each([0, 4, 8, 12, 20, 28, 32])(
    "is the older one if the newer one is damaged at its byte %d",
    async (damagedAt) => {
      const board = await startWith(MODULE, { slot: 1, sequence: 2, wasm: NONE, damagedAt });
      await board.says(Message.OPEN);
    },
  );

  test("can be missing: the board says so and ends", async () => {
    const board = await startWith({ ...MODULE, damagedAt: 1_000 });
    await board.logs("there is no module in flash");
    expect(await board.ended).toBe(3);
  });
});
