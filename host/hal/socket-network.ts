/** The ABI's network over real sockets. */

import { Errno } from "../abi.ts";
import type { Network } from "./board.ts";
import { type Endpoint, isSecure } from "./endpoint.ts";
import { BrokenLink, Link } from "./link.ts";
import type { LinkObserver } from "./link-observer.ts";
import { insecureWarning, loadTls, type TlsOptions, type TlsSettings, tlsOptions } from "./tls.ts";

/** As many as a small board has sockets to spare. */
const MAX_LINKS = 4;

export interface NetworkHost {
  /** A link has bytes, has room again, opened or closed: the node should run. */
  wake(): void;
  /** A link failed, or opened unprotected; the text says which and why, for a person. */
  warn(text: string): void;
  /** Somebody who watches what a link carries, asked once for each link. */
  watch?(): LinkObserver;
}

interface Target {
  readonly endpoint: Endpoint;
  /** For an endpoint that is reached over TLS. */
  readonly tls: TlsOptions | undefined;
}

export class SocketNetwork implements Network {
  readonly #targets: readonly Target[];
  readonly #host: NetworkHost;
  readonly #links: (Link | BrokenLink | undefined)[] = new Array(MAX_LINKS).fill(undefined);
  /** Every link whose socket still lives, those included whose handle was given back. */
  readonly #alive = new Set<Link>();
  /** Who watches the links, by handle. */
  readonly #observers: (LinkObserver | undefined)[] = new Array(MAX_LINKS).fill(undefined);
  #isCut = false;

  /** `endpoints`: number 0, 1, … Throws `ETLS` for settings that are none. */
  constructor(endpoints: readonly Endpoint[], host: NetworkHost, settings?: TlsSettings) {
    const tls = loadTls(settings);
    this.#targets = endpoints.map((endpoint) => ({
      endpoint,
      tls: isSecure(endpoint) ? tlsOptions(endpoint, tls) : undefined,
    }));
    this.#host = host;
  }

  open(number: number): number {
    const target = this.#targets[number];
    if (target === undefined) return Errno.ENOENT;
    const handle = this.#links.indexOf(undefined);
    if (handle < 0) return Errno.EMFILE;
    this.#observers[handle] = this.#host.watch?.();
    if (this.#isCut) {
      this.#links[handle] = new BrokenLink(Errno.ENETDOWN);
      this.#host.wake();
      return handle;
    }
    const { endpoint, tls } = target;
    const link = new Link(endpoint, tls, {
      wake: () => {
        if (this.#links.includes(link)) this.#host.wake();
      },
      opened: () => {
        if (tls?.rejectUnauthorized === false) this.#host.warn(insecureWarning(endpoint));
      },
      broken: (why) => {
        if (this.#links.includes(link)) this.#host.warn(why);
      },
      gone: () => this.#alive.delete(link),
    });
    this.#alive.add(link);
    this.#links[handle] = link;
    return handle;
  }

  state(handle: number): number {
    return this.#links[handle]?.state() ?? Errno.EBADF;
  }

  send(handle: number, memory: Uint8Array, offset: number, length: number): number {
    const taken = this.#links[handle]?.send(memory, offset, length) ?? Errno.EBADF;
    if (taken > 0) this.#observers[handle]?.sent(memory.subarray(offset, offset + taken));
    return taken;
  }

  receive(handle: number, memory: Uint8Array, offset: number, capacity: number): number {
    const length = this.#links[handle]?.receive(memory, offset, capacity) ?? Errno.EBADF;
    if (length > 0) this.#observers[handle]?.received(memory.subarray(offset, offset + length));
    return length;
  }

  close(handle: number): number {
    const link = this.#links[handle];
    if (link === undefined) return Errno.EBADF;
    this.#links[handle] = undefined;
    this.#unwatch(handle);
    link.close();
    return 0;
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  /** The cable is pulled: every link breaks with `ENETDOWN`, and so does every new one until `restore()`. Peers see a reset. */
  cut(): void {
    this.#isCut = true;
    for (const link of this.#alive) link.break(Errno.ENETDOWN);
  }

  /** The cable is back; the node connects again when its back-off says so. */
  restore(): void {
    this.#isCut = false;
  }

  /** Breaks every link at once, as a power cut would: peers see a reset, and no handle is valid any more. */
  destroy(): void {
    this.#links.fill(undefined);
    for (const handle of this.#observers.keys()) this.#unwatch(handle);
    for (const link of [...this.#alive]) link.destroy();
  }

  /** Resolves when every link whose handle was given back is gone, or after `timeoutMs`. */
  async drained(timeoutMs: number): Promise<void> {
    const closing = [...this.#alive].filter((link) => !this.#links.includes(link));
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([Promise.all(closing.map((link) => link.closed)), timeout]);
    clearTimeout(timer);
  }

  #unwatch(handle: number): void {
    this.#observers[handle]?.closed();
    this.#observers[handle] = undefined;
  }
}
