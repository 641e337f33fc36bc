/** Servers for wasmote-posix that a test shapes byte by byte. */

import { createHash } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import { onTestFinished } from "vitest";

/** Listens, and ends with the test. Returns the port. */
export async function listen(server: Server, host = "127.0.0.1"): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket.on("error", () => {})));
  server.listen(0, host);
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** The answer to a WebSocket's opening request that is right; `headers` change it, and undefined leaves one out. */
export function upgradeAnswer(request: string, headers: Record<string, string | undefined> = {}): string {
  const key = /^Sec-WebSocket-Key: (.*)\r$/m.exec(request)?.[1] ?? "";
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  const all = {
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Accept": accept,
    "Sec-WebSocket-Protocol": "mqtt",
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.join("\r\n")}\r\n\r\n`;
}

export const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface Frame {
  readonly opcode: keyof typeof OPCODES;
  readonly payload: Buffer;
  /** The last of its message. */
  readonly fin: boolean;
  /** Present in what a client sends. */
  readonly mask?: Buffer;
}

/** A frame as a server sends it: without a mask. */
export function frame(opcode: Frame["opcode"], payload: Buffer | string, fin = true): Buffer {
  const bytes = Buffer.from(payload);
  const first = (fin ? 0x80 : 0) | OPCODES[opcode];
  if (bytes.length < 126) return Buffer.concat([Buffer.from([first, bytes.length]), bytes]);
  const header = Buffer.alloc(bytes.length < 65_536 ? 4 : 10);
  header[0] = first;
  header[1] = header.length === 4 ? 126 : 127;
  if (header.length === 4) header.writeUInt16BE(bytes.length, 2);
  else header.writeBigUInt64BE(BigInt(bytes.length), 2);
  return Buffer.concat([header, bytes]);
}

/** Takes frames of a client from a stream of bytes. */
export class FrameReader {
  readonly frames: Frame[] = [];
  #bytes = Buffer.alloc(0);

  push(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    while (this.#take());
  }

  /** The payload of all data frames. */
  get payload(): Buffer {
    return Buffer.concat(this.frames.filter(({ opcode }) => opcode === "binary").map(({ payload }) => payload));
  }

  #take(): boolean {
    const [first = 0, second = 0] = this.#bytes;
    if (this.#bytes.length < 2) return false;
    const short = second & 0x7f;
    const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
    const maskAt = 2 + lengthBytes;
    const start = maskAt + (second & 0x80 ? 4 : 0);
    if (this.#bytes.length < start) return false;
    const length = lengthBytes === 0 ? short : Number(`0x${this.#bytes.toString("hex", 2, maskAt)}`);
    if (this.#bytes.length < start + length) return false;
    const mask = this.#bytes.subarray(maskAt, start);
    const masked = this.#bytes.subarray(start, start + length);
    const payload = Buffer.from(masked.map((byte, index) => byte ^ (mask[index % 4] ?? 0)));
    const opcode = (Object.keys(OPCODES) as Frame["opcode"][]).find((name) => OPCODES[name] === (first & 15));
    if (opcode === undefined) throw new Error(`the client sent opcode ${first & 15}`);
    this.frames.push({ opcode, payload, fin: (first & 0x80) !== 0, ...(mask.length > 0 ? { mask } : {}) });
    this.#bytes = this.#bytes.subarray(start + length);
    return true;
  }
}
