/** An open line to a board: a serial port, or the TCP port that an emulator gives its serial line, `socket://host:port`. */

import { EventEmitter, once } from "node:events";
import { existsSync } from "node:fs";
import { connect, type Socket } from "node:net";
import type { BindingPortInterface } from "@serialport/bindings-cpp";
import { systemCode, WasmoteError } from "../errors.ts";
import { portError } from "./serial-port.ts";

interface LineEvents {
  data: [bytes: Uint8Array];
  /** Once, unless it was closed from this side. */
  lost: [];
}

export interface SerialLine extends EventEmitter<LineEvents> {
  write(bytes: Uint8Array): Promise<void>;
  /** Resets the board by the port's DTR and RTS. False: this port has none. */
  reset(): Promise<boolean>;
  close(): Promise<void>;
}

const READ_BYTES = 4_096;
const RESET_MS = 100;
/** Linux lets a reader wait forever on a port that was pulled out; its path is gone, though. */
const LOOK_MS = 500;
const CONNECT_TIMEOUT_MS = 5_000;

/** Opens a line. Throws `ENOPORT`, `EACCES`, `EBUSY`, or `EPORT` for anything else. */
export async function openLine(port: string, baud: number): Promise<SerialLine> {
  const [, host, tcpPort] = port.match(/^socket:\/\/(.+):(\d{1,5})$/) ?? [];
  try {
    if (host !== undefined) return new SocketLine(await connectTo(host, Number(tcpPort)));
    const { autoDetect } = await import("@serialport/bindings-cpp");
    // DTR and RTS stay as they are when the port is closed: their fall would reset many boards.
    return new PortLine(port, await autoDetect().open({ path: port, baudRate: baud, hupcl: false }));
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    const known = await portError(port, words);
    if (known !== undefined) throw known;
    const what = /inappropriate ioctl/i.test(words) ? "it is no serial port" : words.replace(/^Error:? /, "");
    throw new WasmoteError("EPORT", "usage", `can't use ${port}: ${systemCode(cause) ?? what}`, {
      cure: "name a serial port with --port, and a --baud that it takes",
      cause,
    });
  }
}

class PortLine extends EventEmitter<LineEvents> implements SerialLine {
  readonly #port: BindingPortInterface;
  readonly #look: NodeJS.Timeout;
  #closed = false;

  constructor(path: string, port: BindingPortInterface) {
    super();
    this.#port = port;
    this.#look = setInterval(() => {
      if (path.startsWith("/") && !existsSync(path)) void this.#lose();
    }, LOOK_MS);
    void this.#read();
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#port.write(Buffer.from(bytes));
    } catch {
      // Whoever waits for the answer hears of it.
      await this.#lose();
    }
  }

  async reset(): Promise<boolean> {
    try {
      await this.#port.set({ dtr: false, rts: true });
      await new Promise((resolve) => setTimeout(resolve, RESET_MS));
      await this.#port.set({ dtr: false, rts: false });
      return true;
    } catch {
      return false;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#look);
    // It may be gone already.
    await this.#port.close().catch(() => {});
  }

  async #read(): Promise<void> {
    const buffer = Buffer.alloc(READ_BYTES);
    try {
      while (!this.#closed) {
        const { bytesRead } = await this.#port.read(buffer, 0, buffer.length);
        this.emit("data", Buffer.from(buffer.subarray(0, bytesRead)));
      }
    } catch {
      await this.#lose();
    }
  }

  async #lose(): Promise<void> {
    if (this.#closed) return;
    await this.close();
    this.emit("lost");
  }
}

class SocketLine extends EventEmitter<LineEvents> implements SerialLine {
  readonly #socket: Socket;
  #closed = false;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.on("data", (bytes) => this.emit("data", bytes));
    socket.on("error", () => {});
    socket.on("close", () => {
      if (!this.#closed) this.emit("lost");
    });
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#socket.write(bytes);
  }

  async reset(): Promise<boolean> {
    return false;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#socket.destroy();
  }
}

async function connectTo(host: string, port: number): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true });
  await once(socket, "connect", { signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS) });
  return socket;
}
