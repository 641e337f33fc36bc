/** The boards' programs, and small modules written in the text format to run on them. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import binaryen from "assemblyscript/binaryen";
import { afterAll } from "vitest";
import { addMetadata } from "../../host/module/metadata.ts";
import { PROJECT_ROOT } from "../../host/project.ts";

export type Program = "posix" | "script" | "replay" | "parts" | "null" | "null32";

/** The program as a device's build has it, or the one with ASan and UBSan. */
export function program(name: Program, variant: "" | "sanitize" = ""): string {
  return join(PROJECT_ROOT, "build", variant, `wasmote-${name}`);
}

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export function run(
  path: string,
  args: readonly string[],
  input: Uint8Array = new Uint8Array(),
  timeout = 25_000,
): Outcome {
  const { status, stdout, stderr, error } = spawnSync(path, args, { input, encoding: "utf-8", timeout });
  if (error) throw error;
  return { status, stdout, stderr };
}

/** Starts a program and collects what it writes to stderr. */
export function start(path: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Started {
  return new Started(spawn(path, args, { env: { ...process.env, ...env }, stdio: ["ignore", "ignore", "pipe"] }));
}

export class Started {
  readonly child: ChildProcess;
  /** The exit code; null after a signal. */
  readonly ended: Promise<number | null>;
  stderr = "";

  constructor(child: ChildProcess) {
    this.child = child;
    child.stderr?.on("data", (text) => (this.stderr += text));
    this.ended = new Promise((resolve) => child.on("close", resolve));
  }

  /** Waits until stderr matches so many times; the test's own timeout bounds it. */
  async says(pattern: RegExp, times = 1): Promise<void> {
    const all = new RegExp(pattern, "g");
    while ((this.stderr.match(all) ?? []).length < times) {
      if (this.child.exitCode !== null) throw new Error(`it ended without saying ${pattern}:\n${this.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

const directory = mkdtempSync(join(tmpdir(), "wasmote-boards-"));
let files = 0;
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Writes bytes to a file that lives as long as the tests of this file. */
export function file(contents: Uint8Array | string): string {
  const path = join(directory, String(files++));
  writeFileSync(path, contents);
  return path;
}

/** What a module needs besides what a test is about; its first step is its last. */
const PARTS = {
  memory: '(memory (export "memory") 1 1)',
  setup: '(func (export "setup"))',
  step: '(func (export "step") (param $now i32) (result i32) (i32.const -1))',
  resume: '(func (export "resume") (param i32 i32))',
  stop: '(func (export "stop"))',
};

export interface ModuleOptions extends Partial<typeof PARTS> {
  readonly imageSize?: number;
}

/** A module in the text format, without metadata: `body` first, then every part that is not given otherwise. */
export function bareModule(body: string, options: ModuleOptions = {}): Uint8Array {
  const { imageSize: _, ...parts } = { ...PARTS, ...options };
  const module = binaryen.parseText(`(module ${body} ${Object.values(parts).join(" ")})`);
  module.setFeatures(binaryen.Features.All);
  const wasm = module.emitBinary();
  module.dispose();
  return wasm;
}

export const IMAGE_SIZE = 64;

/** The same, with metadata: an image of 64 bytes unless it says otherwise. */
export function module(body: string, options: ModuleOptions = {}): Uint8Array {
  return addMetadata(bareModule(body, options), { imageSize: options.imageSize ?? IMAGE_SIZE, layoutId: 1 });
}

/** A script for wasmote-script: boards/script/README.md. */
export class Script {
  readonly #records: Buffer[] = [];

  get bytes(): Buffer {
    return Buffer.concat(this.#records);
  }

  step(nowMs: number): this {
    return this.#add(0x01, u32(nowMs));
  }

  receive(...bytes: number[]): this {
    return this.#add(0x02, u16(bytes.length), Buffer.from(bytes));
  }

  close(error: number): this {
    return this.#add(0x03, Buffer.from([error & 0xff]));
  }

  open(): this {
    return this.#add(0x04);
  }

  sendCap(bytes: number): this {
    return this.#add(0x05, u16(bytes));
  }

  receiveCap(bytes: number): this {
    return this.#add(0x06, u16(bytes));
  }

  sensor(value: number): this {
    return this.#add(0x07, u32(value >>> 0));
  }

  sensorError(error: number): this {
    return this.#add(0x08, Buffer.from([error & 0xff]));
  }

  resume(nowMs: number, sleptMs: number): this {
    return this.#add(0x09, u32(nowMs), u32(sleptMs));
  }

  stop(): this {
    return this.#add(0x0a);
  }

  config(key: string, value: string): this {
    return this.#add(
      0x0b,
      Buffer.from([key.length]),
      Buffer.from(key),
      Buffer.from([value.length]),
      Buffer.from(value),
    );
  }

  seed(seed: number): this {
    return this.#add(0x0c, u32(seed));
  }

  clock(unixMs: bigint): this {
    const field = Buffer.alloc(8);
    field.writeBigInt64LE(unixMs);
    return this.#add(0x0d, field);
  }

  fresh(): this {
    return this.#add(0x0e);
  }

  #add(type: number, ...fields: Buffer[]): this {
    this.#records.push(Buffer.from([type]), ...fields);
    return this;
  }
}

function u16(value: number): Buffer {
  const field = Buffer.alloc(2);
  field.writeUInt16LE(value);
  return field;
}

function u32(value: number): Buffer {
  const field = Buffer.alloc(4);
  field.writeUInt32LE(value);
  return field;
}
