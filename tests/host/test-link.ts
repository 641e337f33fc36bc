import { parseEndpoint } from "../../host/hal/endpoint.ts";
import { SocketNetwork } from "../../host/hal/socket-network.ts";
import type { TlsSettings } from "../../host/hal/tls.ts";
import { until } from "./modules.ts";

const CAPACITY = 65_536;

/** One link of a network of its own, as a module sees it, and what the network says about it. */
export class TestLink {
  readonly warnings: string[] = [];
  readonly network: SocketNetwork;
  readonly handle: number;
  wakes = 0;
  readonly #memory = Buffer.alloc(CAPACITY);

  /** Begins to connect. */
  constructor(address: string, tls?: TlsSettings) {
    const host = { wake: () => this.wakes++, warn: (text: string) => this.warnings.push(text) };
    this.network = new SocketNetwork([parseEndpoint(address)], host, tls);
    this.handle = this.network.open(0);
  }

  get state(): number {
    return this.network.state(this.handle);
  }

  async opened(): Promise<this> {
    await until("the link has opened or closed", () => this.state !== 0);
    if (this.state !== 1) throw new Error(`the link closed: ${this.state} ${this.warnings}`);
    return this;
  }

  /** Waits for the link to close; returns the error that closed it. What arrives before is dropped. */
  async closed(): Promise<number> {
    await until("the link has closed", () => {
      this.receive();
      return this.state < 0;
    });
    return this.state;
  }

  /** Returns how many bytes were taken. */
  send(bytes: string | Uint8Array): number {
    const source = Buffer.from(bytes);
    source.copy(this.#memory);
    return this.network.send(this.handle, this.#memory, 0, source.length);
  }

  /** What has arrived and fits, or nothing. */
  receive(capacity = CAPACITY): Buffer {
    const length = this.network.receive(this.handle, this.#memory, 0, capacity);
    return Buffer.from(this.#memory.subarray(0, Math.max(0, length)));
  }

  /** Waits for so many bytes. */
  async receiveAll(count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let length = 0;
    await until(`${count} bytes have arrived`, () => {
      for (let part = this.receive(); part.length > 0; part = this.receive()) {
        parts.push(part);
        length += part.length;
      }
      return length >= count;
    });
    return Buffer.concat(parts);
  }
}
