import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Errno } from "../abi.ts";
import { describeEndpoint, type Endpoint } from "./endpoint.ts";
import type { TlsOptions } from "./tls.ts";
import { openTransport, type TransportEvents } from "./transport.ts";

/**
 * The receive queue stops the stream here, and the peer then feels TCP's own backpressure. A node reads a few hundred
 * bytes for each step; 64 KiB is what Node.js reads at once, so the queue holds at most twice that over TCP and TLS. A
 * WebSocket adds one message.
 */
export const RECEIVE_LIMIT_BYTES = 65_536;

/** How long a peer may take to end its half after this side ended its own. */
const LINGER_MS = 2_000;

const OPEN = 1;
const CONNECTING = 0;

export interface LinkEvents {
  /** Bytes arrived, there is room to send again, the link opened or closed. */
  wake(): void;
  /** The link opened: every handshake is over. */
  opened(): void;
  /** The link failed, for this reason. */
  broken(why: string): void;
  /** The socket is gone. */
  gone(): void;
}

/**
 * One connection with the ABI's non-blocking calls, whatever its transport is.
 *
 * That the link closed is told only when everything that had arrived was handed over: until then it passes for open,
 * and what is sent is lost. So a broker's last word, why it refuses, reaches the node, even one that reads on only when its
 * answers have left.
 */
export class Link {
  /** Resolves when the socket is gone. */
  readonly closed: Promise<void>;
  readonly #wake: () => void;
  readonly #received: Buffer[] = [];
  /** The bottom of the transport. */
  readonly #socket: Socket;
  /** The top of it, once it is open. */
  #stream: Duplex | undefined;
  #receivedBytes = 0;
  /** Bytes of `#received[0]` that were handed over already. */
  #headOffset = 0;
  #state = CONNECTING;
  /** What broke first; the state follows when the stream has nothing more. */
  #errno: number | undefined;

  /** `tls`: for an endpoint that is reached over TLS. `localAddress`: where it comes from, if not wherever the system chooses. */
  constructor(
    endpoint: Endpoint,
    tls: TlsOptions | undefined,
    { wake, opened, broken, gone }: LinkEvents,
    localAddress?: string,
  ) {
    this.#wake = wake;
    const events: TransportEvents = {
      open: (stream) => {
        this.#take(stream);
        opened();
        wake();
      },
      failed: ({ errno, why }) => {
        if (this.#errno !== undefined || this.#state < 0) return;
        this.#errno = errno;
        const what = this.#state === CONNECTING ? "no connection to" : "lost the connection to";
        broken(`${what} ${describeEndpoint(endpoint)}: ${why}`);
      },
    };
    const socket = openTransport(endpoint, tls, events, localAddress);
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.on("close", () => {
        // Above an open socket there may be bytes that are still on their way up.
        if (this.#stream === undefined) this.#end(Errno.ECONNRESET);
        gone();
        resolve();
      });
    });
  }

  state(): number {
    return this.#state < 0 && this.#receivedBytes > 0 ? OPEN : this.#state;
  }

  send(memory: Uint8Array, offset: number, length: number): number {
    const stream = this.#stream;
    if (stream === undefined) return Math.min(this.#state, 0);
    if (this.#state !== OPEN) return this.#receivedBytes > 0 ? length : this.#state;
    const room = stream.writable ? stream.writableHighWaterMark - stream.writableLength : 0;
    const taken = Math.min(length, room);
    if (taken <= 0) return 0;
    stream.write(Buffer.from(memory.subarray(offset, offset + taken)));
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
    if (this.#receivedBytes < RECEIVE_LIMIT_BYTES / 2 && this.#stream?.isPaused()) this.#stream.resume();
    // The node took as much as it has room for; the rest, or that there is none, is news again.
    if (this.#receivedBytes > 0 || this.#state < 0) this.#wake();
    return length;
  }

  /** Ends the link in good order; a peer that does not end its half in time is cut off. */
  close(): void {
    const stream = this.#stream;
    if (stream === undefined) {
      this.destroy();
      return;
    }
    const socket = this.#socket;
    if (socket.destroyed) return;
    stream.removeAllListeners("data").resume();
    stream.end();
    const linger = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.on("close", () => clearTimeout(linger));
  }

  /** Breaks the link: the peer sees a reset. */
  destroy(): void {
    if (this.#socket.connecting) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  /** Breaks the link with an error of this side's; the peer sees a reset. */
  break(errno: number): void {
    this.#errno ??= errno;
    this.destroy();
  }

  #take(stream: Duplex): void {
    this.#stream = stream;
    this.#state = OPEN;
    stream.on("data", (bytes: Buffer) => {
      this.#received.push(bytes);
      this.#receivedBytes += bytes.length;
      if (this.#receivedBytes >= RECEIVE_LIMIT_BYTES) stream.pause();
      this.#wake();
    });
    stream.on("drain", this.#wake);
    stream.on("end", () => this.#end(Errno.EPIPE));
    stream.on("close", () => this.#end(Errno.ECONNRESET));
  }

  /** `errno`: for an end that nothing else explains. */
  #end(errno: number): void {
    if (this.#state < 0) return;
    this.#state = this.#errno ?? errno;
    this.#wake();
  }
}

/** A link that never opened, and never will. */
export class BrokenLink {
  readonly #errno: number;

  /** `errno`: why; one of `Errno`. */
  constructor(errno: number) {
    this.#errno = errno;
  }

  state(): number {
    return this.#errno;
  }

  send(): number {
    return this.#errno;
  }

  receive(): number {
    return this.#errno;
  }

  close(): void {}
}
