/**
 * The ABI's network for many nodes over real sockets: one link for each node. `select` says whose calls follow.
 *
 * What a node over plain TCP costs decides how many fit, so these have no object of their own but the socket: what arrives
 * lies in one buffer for all of them, and the node is stepped while it lies there. Only what a node leaves is copied.
 */

import { connect, type LookupFunction, type Socket } from "node:net";
import { Errno } from "../abi.ts";
import { systemCode } from "../errors.ts";
import type { Network } from "../hal/board.ts";
import { type Endpoint, isSecure, isWebSocket } from "../hal/endpoint.ts";
import { Link, RECEIVE_LIMIT_BYTES } from "../hal/link.ts";
import type { TlsOptions } from "../hal/tls.ts";
import { errnoOf } from "../hal/transport.ts";

const HANDLE = 0;
/** How long a peer may take to end its half after this side ended its own. */
const LINGER_MS = 2_000;
/** What all sockets read into: as much as Node.js reads at once. */
const READ_BYTES = 65_536;

const LinkState = { none: 2, open: 1, connecting: 0 } as const;

export interface FleetTarget {
  readonly endpoint: Endpoint;
  /** For an endpoint over TLS. */
  readonly tls: TlsOptions | undefined;
  /** Answers that were looked up a while ago are good enough for thousands of connections at once. */
  readonly lookup: LookupFunction;
}

export interface FleetNetworkEvents {
  /** The node has news, and runs as soon as it may. */
  wake(slot: number): void;
  /** Bytes lie in the shared buffer: the node runs now. */
  arrived(slot: number): void;
  /** The node begins to open a link. */
  opening(slot: number): void;
  /** The link is over, whoever ended it, or never was. */
  closed(slot: number): void;
  /** This machine has no more ports, files or buffers for connections; `code`: the system's. */
  exhausted(code: string): void;
  sent(slot: number, memory: Uint8Array, start: number, end: number): void;
  received(slot: number, memory: Uint8Array, start: number, end: number): void;
}

interface FleetSocket extends Socket {
  readonly slot: number;
  readonly network: FleetNetwork;
}

export class FleetNetwork implements Network {
  readonly #targets: readonly FleetTarget[];
  readonly #events: FleetNetworkEvents;
  /** The IPv4 address that a node's connections come from, if not wherever the system chooses. */
  readonly #sourceOf: (slot: number) => string | undefined;
  /** `LinkState`, or the errno that closed the link. */
  readonly #state: Int8Array;
  /** Why no link can be opened, or 0. */
  readonly #barred: Int8Array;
  readonly #sockets: (FleetSocket | undefined)[];
  /** Links over TLS or WebSocket. */
  readonly #links: (Link | undefined)[];
  /** What a node has not read yet, apart from the shared buffer. */
  readonly #rest: (Buffer | undefined)[];
  readonly #shared = Buffer.allocUnsafeSlow(READ_BYTES);
  /** Whose bytes lie in the shared buffer, and where. */
  #sharedSlot = -1;
  #sharedStart = 0;
  #sharedEnd = 0;
  #slot = 0;
  /** Sockets that this side has ended and the peer has not: destroyed when their time is over. */
  readonly #lingering = new Map<Socket, number>();
  #sweep: NodeJS.Timeout | undefined;

  constructor(
    slots: number,
    targets: readonly FleetTarget[],
    events: FleetNetworkEvents,
    sourceOf: (slot: number) => string | undefined,
  ) {
    this.#targets = targets;
    this.#events = events;
    this.#sourceOf = sourceOf;
    this.#state = new Int8Array(slots).fill(LinkState.none);
    this.#barred = new Int8Array(slots);
    this.#sockets = new Array(slots).fill(undefined);
    this.#links = targets.every(isPlain) ? [] : new Array(slots).fill(undefined);
    this.#rest = new Array(slots).fill(undefined);
  }

  select(slot: number): void {
    this.#slot = slot;
  }

  /** Sockets that were ended and are not gone yet. */
  get lingering(): number {
    return this.#lingering.size;
  }

  open(number: number): number {
    const slot = this.#slot;
    const target = this.#targets[number];
    if (target === undefined) return Errno.ENOENT;
    if (this.#state[slot] !== LinkState.none) return Errno.EMFILE;
    this.#events.opening(slot);
    const barred = this.#barred[slot] ?? 0;
    if (barred !== 0) {
      this.#state[slot] = barred;
      this.#events.wake(slot);
      return HANDLE;
    }
    this.#state[slot] = LinkState.connecting;
    if (isPlain(target)) this.#sockets[slot] = this.#connect(slot, target);
    else this.#links[slot] = this.#openLink(slot, target);
    return HANDLE;
  }

  state(handle: number): number {
    const slot = this.#slot;
    const link = this.#links[slot];
    if (handle !== HANDLE) return Errno.EBADF;
    if (link !== undefined) return link.state();
    const state = this.#state[slot];
    if (state === undefined || state === LinkState.none) return Errno.EBADF;
    return state < 0 && this.#unread(slot) > 0 ? LinkState.open : state;
  }

  send(handle: number, memory: Uint8Array, offset: number, length: number): number {
    const slot = this.#slot;
    if (handle !== HANDLE || this.#state[slot] === LinkState.none) return Errno.EBADF;
    const taken = this.#links[slot]?.send(memory, offset, length) ?? this.#sendPlain(slot, memory, offset, length);
    if (taken > 0) this.#events.sent(slot, memory, offset, offset + taken);
    return taken;
  }

  receive(handle: number, memory: Uint8Array, offset: number, capacity: number): number {
    const slot = this.#slot;
    if (handle !== HANDLE || this.#state[slot] === LinkState.none) return Errno.EBADF;
    const link = this.#links[slot];
    const length =
      link === undefined ? this.#receivePlain(slot, memory, offset, capacity) : link.receive(memory, offset, capacity);
    if (length > 0) this.#events.received(slot, memory, offset, offset + length);
    return length;
  }

  close(handle: number): number {
    const slot = this.#slot;
    if (handle !== HANDLE || this.#state[slot] === LinkState.none) return Errno.EBADF;
    const socket = this.#sockets[slot];
    const link = this.#links[slot];
    const wasOpen = this.#state[slot] === LinkState.open;
    this.#forget(slot);
    link?.close();
    if (socket !== undefined && wasOpen) this.#linger(socket);
    else socket?.destroy();
    return 0;
  }

  /** Breaks the node's link as a power cut of the node would: the peer sees a reset, and the handle is no more. */
  drop(slot: number): void {
    const socket = this.#sockets[slot];
    const link = this.#links[slot];
    if (this.#state[slot] === LinkState.none) return;
    this.#forget(slot);
    link?.destroy();
    if (socket !== undefined) reset(socket);
  }

  /** Breaks the node's link as the network between would: the node sees `errno`, the peer a reset. */
  break(slot: number, errno: number): void {
    const state = this.#state[slot] ?? LinkState.none;
    if (state !== LinkState.open && state !== LinkState.connecting) return;
    const socket = this.#sockets[slot];
    const link = this.#links[slot];
    this.#sockets[slot] = undefined;
    if (link !== undefined) this.#links[slot] = undefined;
    this.#rest[slot] = undefined;
    if (this.#sharedSlot === slot) this.#sharedSlot = -1;
    this.#state[slot] = errno;
    link?.destroy();
    if (socket !== undefined) reset(socket);
    this.#events.closed(slot);
    this.#events.wake(slot);
  }

  /** Until it is called with 0, every link that the node opens fails at once with this errno. */
  bar(slot: number, errno: number): void {
    this.#barred[slot] = errno;
  }

  #connect(slot: number, { endpoint, lookup }: FleetTarget): FleetSocket {
    const localAddress = this.#sourceOf(slot);
    const socket: FleetSocket = Object.assign(
      connect({
        host: endpoint.host,
        port: endpoint.port,
        noDelay: true,
        lookup,
        ...(localAddress === undefined ? {} : { localAddress, family: 4 }),
        onread: { buffer: this.#shared, callback: (bytes) => this.#arrived(socket, bytes) },
      }),
      { slot, network: this },
    );
    socket.on("connect", onConnect);
    socket.on("drain", onDrain);
    socket.on("end", onEnd);
    socket.on("error", onError);
    socket.on("close", onClose);
    return socket;
  }

  /** Events of a socket whose handle was given back are nobody's. */
  #isCurrent(socket: FleetSocket): boolean {
    return this.#sockets[socket.slot] === socket;
  }

  connected(socket: FleetSocket): void {
    if (!this.#isCurrent(socket)) return;
    this.#state[socket.slot] = LinkState.open;
    this.#events.wake(socket.slot);
  }

  drained(socket: FleetSocket): void {
    if (this.#isCurrent(socket)) this.#events.wake(socket.slot);
  }

  ended(socket: FleetSocket, errno: number): void {
    const { slot } = socket;
    if (!this.#isCurrent(socket) || (this.#state[slot] ?? 0) < 0) return;
    this.#state[slot] = errno;
    this.#events.closed(slot);
    this.#events.wake(slot);
  }

  failed(socket: FleetSocket, error: Error): void {
    const errno = errnoOf(error);
    if (errno === Errno.ENETDOWN) this.#events.exhausted(systemCode(error) ?? error.message);
    this.ended(socket, errno);
  }

  gone(socket: FleetSocket): void {
    this.ended(socket, Errno.ECONNRESET);
    this.#lingering.delete(socket);
  }

  #arrived(socket: FleetSocket, bytes: number): boolean {
    const { slot } = socket;
    if (!this.#isCurrent(socket)) return true;
    const before = this.#rest[slot];
    if (before !== undefined) {
      const rest = Buffer.concat([before, this.#shared.subarray(0, bytes)]);
      this.#rest[slot] = rest;
      this.#events.wake(slot);
      return rest.length < RECEIVE_LIMIT_BYTES;
    }
    this.#sharedSlot = slot;
    this.#sharedStart = 0;
    this.#sharedEnd = bytes;
    this.#events.arrived(slot);
    if (this.#sharedSlot === slot && this.#sharedStart < this.#sharedEnd && this.#isCurrent(socket)) {
      this.#rest[slot] = Buffer.from(this.#shared.subarray(this.#sharedStart, this.#sharedEnd));
      this.#events.wake(slot);
    }
    this.#sharedSlot = -1;
    return (this.#rest[slot]?.length ?? 0) < RECEIVE_LIMIT_BYTES;
  }

  #unread(slot: number): number {
    if (this.#sharedSlot === slot) return this.#sharedEnd - this.#sharedStart;
    return this.#rest[slot]?.length ?? 0;
  }

  #sendPlain(slot: number, memory: Uint8Array, offset: number, length: number): number {
    const state = this.#state[slot] ?? Errno.EBADF;
    if (state === LinkState.connecting) return 0;
    if (state < 0) return this.#unread(slot) > 0 ? length : state;
    const socket = this.#sockets[slot];
    if (socket === undefined) return Errno.EBADF;
    const room = socket.writable ? socket.writableHighWaterMark - socket.writableLength : 0;
    const taken = Math.min(length, room);
    if (taken <= 0) return 0;
    socket.write(Buffer.from(memory.subarray(offset, offset + taken)));
    return taken;
  }

  #receivePlain(slot: number, memory: Uint8Array, offset: number, capacity: number): number {
    if (this.#sharedSlot === slot && this.#sharedStart < this.#sharedEnd) {
      const length = Math.min(capacity, this.#sharedEnd - this.#sharedStart);
      const from = this.#shared;
      // Most are a few bytes, and a loop is faster than a view.
      if (length <= 32) for (let i = 0; i < length; i++) memory[offset + i] = from[this.#sharedStart + i] ?? 0;
      else memory.set(from.subarray(this.#sharedStart, this.#sharedStart + length), offset);
      this.#sharedStart += length;
      return length;
    }
    const rest = this.#rest[slot];
    if (rest === undefined) return Math.min(this.#state[slot] ?? Errno.EBADF, 0);
    const length = Math.min(capacity, rest.length);
    memory.set(rest.subarray(0, length), offset);
    this.#rest[slot] = length === rest.length ? undefined : rest.subarray(length);
    if (rest.length - length < RECEIVE_LIMIT_BYTES / 2) this.#sockets[slot]?.resume();
    // The node took as much as it has room for; the rest, or that there is none, is news again.
    if (length < rest.length || (this.#state[slot] ?? 0) < 0) this.#events.wake(slot);
    return length;
  }

  #openLink(slot: number, { endpoint, tls }: FleetTarget): Link {
    const localAddress = this.#sourceOf(slot);
    const isCurrent = (): boolean => this.#links[slot] === link;
    const link: Link = new Link(
      endpoint,
      tls,
      {
        wake: () => {
          if (!isCurrent()) return;
          if (link.state() < 0) this.#events.closed(slot);
          this.#events.wake(slot);
        },
        opened: () => {
          if (isCurrent()) this.#state[slot] = LinkState.open;
        },
        broken: () => {},
        gone: () => {},
      },
      localAddress,
    );
    return link;
  }

  #forget(slot: number): void {
    this.#sockets[slot] = undefined;
    if (this.#links[slot] !== undefined) this.#links[slot] = undefined;
    this.#rest[slot] = undefined;
    if (this.#sharedSlot === slot) this.#sharedSlot = -1;
    this.#state[slot] = LinkState.none;
    this.#events.closed(slot);
  }

  /** Ends a socket in good order: what was taken is still delivered. */
  #linger(socket: FleetSocket): void {
    if (socket.destroyed) return;
    socket.end();
    this.#lingering.set(socket, performance.now() + LINGER_MS);
    this.#sweep ??= setInterval(() => this.#sweepLingering(), LINGER_MS / 4);
  }

  #sweepLingering(): void {
    const nowMs = performance.now();
    for (const [socket, untilMs] of this.#lingering) {
      if (untilMs > nowMs) break;
      socket.destroy();
      this.#lingering.delete(socket);
    }
    if (this.#lingering.size > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }
}

function isPlain({ endpoint }: FleetTarget): boolean {
  return !isSecure(endpoint) && !isWebSocket(endpoint);
}

function reset(socket: Socket): void {
  if (socket.connecting) socket.destroy();
  else socket.resetAndDestroy();
}

function onConnect(this: FleetSocket): void {
  this.network.connected(this);
}

function onDrain(this: FleetSocket): void {
  this.network.drained(this);
}

function onEnd(this: FleetSocket): void {
  this.network.ended(this, Errno.EPIPE);
}

function onError(this: FleetSocket, error: Error): void {
  this.network.failed(this, error);
}

function onClose(this: FleetSocket): void {
  this.network.gone(this);
}
