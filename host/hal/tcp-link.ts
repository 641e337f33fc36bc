import { connect, type Socket } from "node:net";
import { Errno } from "../abi.ts";
import { systemCode } from "../errors.ts";
import { type Endpoint, formatEndpoint } from "./endpoint.ts";

/**
 * The receive queue stops the socket here, and the peer then feels TCP's own backpressure. A node reads a few hundred
 * bytes for each step; 64 KiB is what Node.js reads at once, so the queue holds at most twice that.
 */
export const RECEIVE_LIMIT_BYTES = 65_536;

/** How long a peer may take to end its half after this side ended its own. */
const LINGER_MS = 2_000;

const OPEN = 1;
const CONNECTING = 0;

/** What the ABI calls the operating system's errors; anything else is a broken link. */
const SYSTEM_ERRORS: Readonly<Record<string, number>> = {
  EAI_AGAIN: Errno.ENETDOWN,
  ECONNABORTED: Errno.ECONNRESET,
  ECONNREFUSED: Errno.ECONNREFUSED,
  ECONNRESET: Errno.ECONNRESET,
  EHOSTDOWN: Errno.EHOSTUNREACH,
  EHOSTUNREACH: Errno.EHOSTUNREACH,
  ENETDOWN: Errno.ENETDOWN,
  ENETUNREACH: Errno.EHOSTUNREACH,
  ENOTFOUND: Errno.ENOTFOUND,
  EPIPE: Errno.EPIPE,
  ETIMEDOUT: Errno.ETIMEDOUT,
};

export interface LinkEvents {
  /** Bytes arrived, there is room to send again, the link opened or closed. */
  wake(): void;
  /** The link failed, for this reason. */
  broken(why: string): void;
  /** The socket is gone. */
  gone(): void;
}

/**
 * One TCP connection with the ABI's non-blocking calls.
 *
 * That the link closed is told only when everything that had arrived was handed over: until then it passes for open,
 * and `send` takes nothing. So a broker's last word, why it refuses, reaches the node.
 */
export class TcpLink {
  /** Resolves when the socket is gone. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #wake: () => void;
  readonly #received: Buffer[] = [];
  #receivedBytes = 0;
  /** Bytes of `#received[0]` that were handed over already. */
  #headOffset = 0;
  #state = CONNECTING;

  constructor(endpoint: Endpoint, { wake, broken, gone }: LinkEvents) {
    const socket = connect({ ...endpoint, noDelay: true });
    this.#socket = socket;
    this.#wake = wake;
    socket.on("connect", () => {
      this.#state = OPEN;
      wake();
    });
    socket.on("data", (bytes: Buffer) => {
      this.#received.push(bytes);
      this.#receivedBytes += bytes.length;
      if (this.#receivedBytes >= RECEIVE_LIMIT_BYTES) socket.pause();
      wake();
    });
    socket.on("drain", wake);
    socket.on("end", () => this.#fail(Errno.EPIPE, wake));
    socket.on("error", (error) => {
      const code = systemCode(error) ?? error.message;
      const what = this.#state === CONNECTING ? "no connection to" : "lost the connection to";
      broken(`${what} ${formatEndpoint(endpoint)}: ${code}`);
      this.#fail(SYSTEM_ERRORS[code] ?? Errno.ECONNRESET, wake);
    });
    this.closed = new Promise((resolve) => {
      socket.on("close", () => {
        this.#fail(Errno.ECONNRESET, wake);
        gone();
        resolve();
      });
    });
  }

  state(): number {
    return this.#state < 0 && this.#receivedBytes > 0 ? OPEN : this.#state;
  }

  send(memory: Uint8Array, offset: number, length: number): number {
    if (this.#state !== OPEN) return Math.min(this.state(), 0);
    const room = this.#socket.writableHighWaterMark - this.#socket.writableLength;
    const taken = Math.min(length, room);
    if (taken <= 0) return 0;
    this.#socket.write(Buffer.from(memory.subarray(offset, offset + taken)));
    return taken;
  }

  receive(memory: Uint8Array, offset: number, capacity: number): number {
    const head = this.#received[0];
    if (head === undefined) return Math.min(this.#state, 0);
    const length = Math.min(capacity, head.length - this.#headOffset);
    memory.set(head.subarray(this.#headOffset, this.#headOffset + length), offset);
    this.#headOffset += length;
    this.#receivedBytes -= length;
    if (this.#headOffset === head.length) {
      this.#received.shift();
      this.#headOffset = 0;
    }
    if (this.#receivedBytes < RECEIVE_LIMIT_BYTES / 2 && this.#socket.isPaused()) this.#socket.resume();
    // The node took as much as it has room for; the rest, or that there is none, is news again.
    if (this.#receivedBytes > 0 || this.#state < 0) this.#wake();
    return length;
  }

  /** Ends the link in good order; a peer that does not end its half in time is cut off. */
  close(): void {
    const socket = this.#socket;
    if (socket.connecting) {
      this.destroy();
      return;
    }
    socket.removeAllListeners("data").resume();
    socket.end();
    const linger = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.on("close", () => clearTimeout(linger));
  }

  /** Breaks the link: the peer sees a reset. */
  destroy(): void {
    if (this.#socket.connecting) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  #fail(errno: number, wake: () => void): void {
    if (this.#state < 0) return;
    this.#state = errno;
    wake();
  }
}
