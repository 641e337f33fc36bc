/** The ABI's network over real TCP sockets. */

import { Errno } from "../abi.ts";
import type { Network } from "./board.ts";
import type { Endpoint } from "./endpoint.ts";
import { TcpLink } from "./tcp-link.ts";

/** As many as a small board has sockets to spare. */
const MAX_LINKS = 4;

export interface NetworkHost {
  /** A link has bytes, has room again, opened or closed: the node should run. */
  wake(): void;
  /** A link failed; the text says which and why, for a person. */
  warn(text: string): void;
}

export class TcpNetwork implements Network {
  readonly #endpoints: readonly Endpoint[];
  readonly #host: NetworkHost;
  readonly #links: (TcpLink | undefined)[] = new Array(MAX_LINKS).fill(undefined);
  /** Every link whose socket still lives, those included whose handle was given back. */
  readonly #alive = new Set<TcpLink>();

  constructor(endpoints: readonly Endpoint[], host: NetworkHost) {
    this.#endpoints = endpoints;
    this.#host = host;
  }

  open(endpoint: number): number {
    const target = this.#endpoints[endpoint];
    if (target === undefined) return Errno.ENOENT;
    const handle = this.#links.indexOf(undefined);
    if (handle < 0) return Errno.EMFILE;
    const link = new TcpLink(target, {
      wake: () => {
        if (this.#links.includes(link)) this.#host.wake();
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
    return this.#links[handle]?.send(memory, offset, length) ?? Errno.EBADF;
  }

  receive(handle: number, memory: Uint8Array, offset: number, capacity: number): number {
    return this.#links[handle]?.receive(memory, offset, capacity) ?? Errno.EBADF;
  }

  close(handle: number): number {
    const link = this.#links[handle];
    if (link === undefined) return Errno.EBADF;
    this.#links[handle] = undefined;
    link.close();
    return 0;
  }

  /** Breaks every link at once, as a power cut would: peers see a reset, and no handle is valid any more. */
  destroy(): void {
    this.#links.fill(undefined);
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
}
