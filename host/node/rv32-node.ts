/**
 * A node under wasm3 on bare metal: boards/virt-rv32, the ESP32-C3's instruction set, in QEMU, with a bridge at the other
 * end of its serial line.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { EventEmitter } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Bridge } from "../bridge/bridge.ts";
import { flashModule } from "../bridge/flash.ts";
import { readModule } from "../engine/module.ts";
import { WasmoteError } from "../errors.ts";
import type { LogLevel } from "../hal/board.ts";
import { defaultSensor } from "../hal/sensors.ts";
import { PROJECT_ROOT } from "../project.ts";
import { LogBook, type LogLine } from "./log.ts";
import {
  configuration,
  type NodeEvents,
  type NodeSettings,
  type RunningNode,
  STOP_TIMEOUT_MS,
} from "./running-node.ts";

export const RV32_FIRMWARE = join(PROJECT_ROOT, "build", "wasmote-virt-rv32.elf");

export const QEMU_RV32 = "qemu-system-riscv32";
/** Base instructions, multiplication, compressed ones, and nothing else that an ESP32-C3 does not have. */
const CPU = "rv32,a=off,f=off,d=off,h=off,v=off";

/** The board bounds the good-bye itself; this is for one that hangs. */
const STOP_GRACE_MS = STOP_TIMEOUT_MS + 3_000;

/** What the board logs when the node trapped, and when it did itself. */
const TRAP = /^the node trapped: (.*); it restarts in/;
const BOARD_TRAP = /^(the board trapped: .*|watchdog: .*|the stack is used up)$/;

/** Of each flash that is in use, when QEMU has let go of it: a machine that was killed takes a moment to be gone. */
const inUse = new Map<string, Promise<void>>();

/** Processes that must not outlive this one. */
const children = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

/**
 * Starts QEMU and the bridge. `settings.image` is the board's whole flash, of 32 MiB, with the module and the checkpoints.
 *
 * Throws `EENDPOINT`, `ETLS`, `ESENSOR`, `ECONFIG`, `ENOMODULE` or `ETOOLARGE` for settings that are none.
 */
export async function startRv32Node(settings: NodeSettings, firmware = RV32_FIRMWARE): Promise<RunningNode> {
  const node = new Rv32Node(settings);
  await node.start(await readModule(settings.module), firmware);
  return node;
}

class Rv32Node extends EventEmitter<NodeEvents> implements RunningNode {
  readonly id: string;
  readonly #image: string | undefined;
  /** Of this node's own: its serial line, and its flash if nobody keeps that. It is removed when the node ends. */
  #folder: string | undefined;
  readonly #bridge: Bridge;
  readonly #logBook: LogBook;
  readonly #line: Server;
  #child: ChildProcess | undefined;
  /** Resolves when all that the board sent was heard. */
  #silent: Promise<void> = Promise.resolve();
  #killed = false;
  #over = false;

  constructor(settings: NodeSettings) {
    super();
    this.id = settings.id;
    this.#image = settings.image;
    this.#logBook = new LogBook(settings.password);
    this.#bridge = new Bridge(
      {
        brokers: settings.brokers,
        tls: settings.tls,
        config: configuration(settings),
        sensor: settings.sensor ?? defaultSensor(settings.id),
        seed: settings.seed ?? randomBytes(4).readUInt32LE(),
      },
      (level, text) => this.#log(level, text),
    );
    this.#line = createServer((socket) => this.#attach(socket));
  }

  get logs(): readonly LogLine[] {
    return this.#logBook.lines;
  }

  async start(module: Uint8Array, firmware: string): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), "wasmote-rv32-"));
    this.#folder = folder;
    const flash = this.#image ?? join(folder, "flash");
    await inUse.get(flash);
    try {
      await flashModule(flash, module);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
    const path = join(folder, "line");
    await new Promise<void>((resolve) => this.#line.listen(path, resolve));
    const line = ["-chardev", `socket,id=line,path=${optionText(path)}`, "-serial", "chardev:line"];
    const child = spawn(QEMU_RV32, [...rv32Machine(firmware, flash), ...line], {
      detached: true,
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#child = child;
    children.add(child);
    const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
    inUse.set(flash, gone);
    let said = "";
    child.stderr.on("data", (text) => (said += text));
    child.on("error", (error) => this.#end(`can't start ${QEMU_RV32}: ${error.message}`));
    child.on("close", async (code, signal) => {
      if (inUse.get(flash) === gone) inUse.delete(flash);
      await this.#silent;
      if (!this.#killed) await this.#bridge.finish();
      if (this.#killed || code === 0) this.#end();
      else this.#end(`${QEMU_RV32} ended with ${signal ?? `exit code ${code}`} ${said}`.trim());
    });
  }

  async stop(): Promise<void> {
    if (this.#over) return;
    const ended = new Promise<void>((resolve) => this.once("ended", resolve));
    this.#bridge.stop();
    const bound = setTimeout(() => this.kill(), STOP_GRACE_MS);
    await ended;
    clearTimeout(bound);
  }

  kill(): void {
    this.#killed = true;
    this.#child?.kill("SIGKILL");
    this.#bridge.destroy();
  }

  #attach(socket: Socket): void {
    // QEMU's end; that it is gone, its process tells.
    socket.on("error", () => {});
    this.#silent = new Promise((resolve) => socket.once("close", () => resolve()));
    this.#bridge.attach(socket);
  }

  #log(level: LogLevel, text: string): void {
    this.emit("log", this.#logBook.add(level, text));
    const trap = text.match(TRAP)?.[1];
    if (trap !== undefined) this.emit("fault", new WasmoteError("ETRAP", "module", `trap: ${trap}`));
    if (BOARD_TRAP.test(text)) this.emit("fault", new WasmoteError("ERV32", "device", text));
  }

  #end(why?: string): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#child !== undefined) children.delete(this.#child);
    this.#bridge.destroy();
    this.#line.close();
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
    if (why !== undefined) {
      this.emit("log", this.#logBook.add("error", why));
      this.emit("fault", new WasmoteError("ERV32", "device", why));
    }
    this.emit("ended");
  }
}

/** QEMU's arguments for the machine, without its serial line. Nothing secret is among them: they are for everyone to see. */
export function rv32Machine(firmware: string, flash: string): string[] {
  return [
    ...["-M", "virt", "-cpu", CPU, "-m", "16M", "-nodefaults", "-display", "none"],
    ...["-bios", firmware, "-drive", `if=pflash,unit=1,format=raw,file=${optionText(flash)}`],
  ];
}

/** A comma in a name is doubled. */
function optionText(path: string): string {
  return path.replaceAll(",", ",,");
}
