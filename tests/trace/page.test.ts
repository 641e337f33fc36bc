/**
 * A reader written from docs/trace.md alone, with nothing of host/trace: what it makes of a trace is the node's image as it was,
 * and what the node sent.
 */

import { crc32 } from "node:zlib";
import { expect, test } from "vitest";
import { NodeInstance } from "../../host/engine/instance.ts";
import { loadModule } from "../../host/engine/module.ts";
import { createNullBoard } from "../../host/hal/null-board.ts";
import { createWorld, minutes } from "../../host/testing/index.ts";
import { compileApp } from "../unit/harness/modules.ts";
import { PATIENCE_MS } from "./traces.ts";

/** By number: how many parameters, and how many bytes come with a result of 0; "result": as many as the result says. */
const IMPORTS: readonly (readonly [parameters: number, bytes: number | "result"])[] = [
  [1, 0],
  [1, 0],
  [2, 0],
  [2, "result"],
  [1, 0],
  [1, 4],
  [2, 0],
  [0, 8],
  [0, 0],
  [2, "result"],
  [0, 0],
  [1, 0],
  [2, 0],
];

class PageReader {
  readonly image: Buffer;
  readonly #fresh: Uint8Array;
  readonly #bytes: Buffer;
  #at = 36;
  /** Times of `step`, and the results of `net_send`. */
  readonly times: number[] = [];
  readonly sent: number[] = [];
  #nowMs = 0;

  constructor(bytes: Buffer, fresh: Uint8Array) {
    this.#bytes = bytes;
    this.#fresh = fresh;
    expect(bytes.toString("latin1", 0, 4)).toBe("WMTR");
    expect(bytes[4]).toBe(1);
    expect(bytes.readUInt32LE(32)).toBe(crc32(bytes.subarray(0, 32)));
    this.image = Buffer.alloc(bytes.readUInt32LE(20));
    while (this.#at < bytes.length) this.#frame();
  }

  #frame(): void {
    const start = this.#at;
    const tag = this.#byte();
    if (tag === 0xd0 || tag === 0xd1) this.#image(tag);
    else this.#call(tag);
    const crc = crc32(this.#bytes.subarray(start, this.#at));
    expect(this.#bytes.readUInt32LE(this.#at)).toBe(crc);
    this.#at += 4;
  }

  #image(tag: number): void {
    this.#nowMs = this.#varint();
    if (tag === 0xd0) this.image.set(this.#fresh);
    else {
      this.image.set(this.#take(this.image.length));
      this.#runs();
    }
  }

  #call(tag: number): void {
    expect([0xe0, 0xe1, 0xe2, 0xe3]).toContain(tag);
    if (tag === 0xe1 || tag === 0xe2) this.#nowMs = (this.#nowMs + this.#varint()) >>> 0;
    if (tag === 0xe1) this.times.push(this.#nowMs);
    if (tag === 0xe2) this.#varint();
    for (;;) {
      const record = this.#byte();
      if (record >= 0xf0) {
        if (record === 0xf0 && tag === 0xe1) this.#varint();
        if (record === 0xf1) this.#byte();
        if (record <= 0xf1) this.#runs();
        return;
      }
      this.#import(record & 0x0f, record >> 4);
    }
  }

  #import(number: number, outcome: number): void {
    const [parameters, bytes] = IMPORTS[number] ?? [0, 0];
    for (let i = 0; i < parameters; i++) this.#varint();
    const amount = outcome === 1 || outcome === 2 ? this.#varint() : 0;
    if (bytes === "result") this.#take(outcome === 1 ? amount : 0);
    else if (outcome === 0) this.#take(bytes);
    if (number === 2 && outcome === 1) this.sent.push(amount);
  }

  #runs(): void {
    let end = 0;
    for (;;) {
      const head = this.#varint();
      if (head === 0) return;
      const start = end + this.#varint();
      end = start + (head >>> 1);
      if ((head & 1) === 0) this.image.set(this.#take(head >>> 1), start);
    }
  }

  #byte(): number {
    return this.#bytes.readUInt8(this.#at++);
  }

  #varint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  #take(length: number): Buffer {
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

test("a reader that follows docs/trace.md ends with the image that the node has, and with what it sent", {
  timeout: PATIENCE_MS,
}, async () => {
  const wasm = await compileApp("examples/commands/index.ts", ["NODE_CHECKPOINT=2"], "examples/commands/asconfig.json");
  const world = createWorld({ seed: 11 });
  const node = world.node(wasm, { id: "42", trace: true, keepsImages: true, sensor: (_, atMs) => atMs % 30_000 });
  const sent: number[] = [];
  node.observers.push({ onSend: (_bytes, _offered, taken) => taken > 0 && sent.push(taken) });
  await world.run(minutes(10));
  node.network.cut();
  await world.run(minutes(5));
  node.power.cut(1_000);
  node.network.restore();
  await world.run(minutes(10));
  node.trap();
  await world.run(minutes(10));
  const fresh = new NodeInstance(loadModule(wasm), createNullBoard()).readImage();
  const read = new PageReader(Buffer.from(node.trace()), fresh);
  expect(read.image.equals(node.readImage())).toBe(true);
  expect(read.sent).toEqual(sent);
  expect(read.times).toHaveLength(node.steps);
});
