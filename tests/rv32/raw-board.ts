/** A board in QEMU whose serial line is the test's: no bridge, no network. */

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { flashModule, type ModuleSlot, SECTOR_BYTES } from "../../host/bridge/flash.ts";
import { encodeFrame, type Frame, FrameReader } from "../../host/bridge/frame.ts";
import { configPayload, Message, startPayload } from "../../host/bridge/messages.ts";
import { QEMU_RV32, RV32_FIRMWARE, rv32Machine } from "../../host/node/rv32-node.ts";
import { Journal } from "../integration/journal.ts";

const NAMES = new Map<number, string>(Object.entries(Message).map(([name, type]) => [type, name]));

/** A module, where it is put, and which of the slot's bytes is damaged afterwards. */
export interface FlashedModule extends ModuleSlot {
  readonly wasm: Uint8Array;
  readonly damagedAt?: number;
}

export class RawBoard {
  /** What the board sent. */
  readonly frames = new Journal<Frame>("the board sent", ({ type, number, payload }) => {
    const text = type === Message.LOG ? payload.toString("utf-8", 1) : payload.toString("hex");
    return `${number}: ${NAMES.get(type)} ${text}`;
  });
  /** QEMU's exit code; null after a signal. */
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #line: Socket;
  #number = 0;
  #answersHello = false;

  private constructor(child: ChildProcess, line: Socket, clean: () => void) {
    this.#child = child;
    this.#line = line;
    const reader = new FrameReader();
    line.on("error", () => {});
    line.on("data", (chunk: Buffer) => {
      for (const frame of reader.read(chunk)) if (frame !== undefined) this.#hear(frame);
    });
    this.ended = new Promise((resolve) => {
      child.on("close", (code) => {
        clean();
        resolve(code);
      });
    });
  }

  /** Starts a board with modules in its flash. */
  static async start(...modules: readonly FlashedModule[]): Promise<RawBoard> {
    const folder = mkdtempSync(join(tmpdir(), "wasmote-raw-board-"));
    const flash = join(folder, "flash");
    for (const { wasm, damagedAt, ...slot } of modules) {
      await flashModule(flash, wasm, slot);
      if (damagedAt !== undefined) flipByte(flash, slot.slot * SECTOR_BYTES + damagedAt);
    }
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(folder, "line"), resolve));
    const args = [...rv32Machine(RV32_FIRMWARE, flash), "-chardev", `socket,id=line,path=${join(folder, "line")}`];
    const child = spawn(QEMU_RV32, [...args, "-serial", "chardev:line"], { stdio: ["ignore", "ignore", "inherit"] });
    const line = await connection(server);
    return new RawBoard(child, line, () => {
      server.close();
      rmSync(folder, { recursive: true, force: true });
    });
  }

  /** Sends a frame with the next number. */
  send(type: number, payload: Uint8Array = new Uint8Array()): void {
    this.sendBytes(encodeFrame({ type, number: this.#number, payload: Buffer.from(payload) }));
    this.#number = (this.#number + 1) & 0xff;
  }

  /** Leaves a number out, as if a frame had been lost. */
  skip(): void {
    this.#number = (this.#number + 1) & 0xff;
  }

  sendBytes(bytes: Uint8Array): void {
    this.#line.write(bytes);
  }

  /**
   * Hands over what a node needs: its id, a reading each second, and one endpoint. As a bridge does, it answers each HELLO that
   * follows too: a board that had a part of it when its patience was over wants all of it again.
   */
  configure(): void {
    this.#answersHello = true;
    this.#sendConfiguration();
  }

  #hear(frame: Frame): void {
    this.frames.add(frame);
    if (frame.type === Message.HELLO && this.#answersHello) this.#sendConfiguration();
  }

  #sendConfiguration(): void {
    this.send(Message.CONFIG, configPayload("id", "7"));
    this.send(Message.CONFIG, configPayload("interval", "1000"));
    this.send(Message.START, startPayload({ values: 2, endpoints: 1, seed: 1, unixMs: Date.now() }));
  }

  /** The first frame of a type, from entry `from` on. */
  says(type: number, from = 0): Promise<Frame> {
    return this.frames.first(NAMES.get(type) ?? "frame", (frame) => frame.type === type, { from });
  }

  /** The first line of the log that holds a text. */
  logs(text: string): Promise<Frame> {
    const matches = ({ type, payload }: Frame): boolean => type === Message.LOG && payload.includes(text);
    return this.frames.first(`line "${text}"`, matches);
  }

  count(type: number): number {
    return this.frames.count((frame) => frame.type === type);
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }
}

function flipByte(path: string, at: number): void {
  const file = openSync(path, "r+");
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, at);
  writeSync(file, Buffer.of(~(byte[0] ?? 0)), 0, 1, at);
  closeSync(file);
}

function connection(server: Server): Promise<Socket> {
  return new Promise((resolve) => server.once("connection", resolve));
}
