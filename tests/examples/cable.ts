/** A network cable between a node and its broker. It knows no MQTT, so it carries every version and transport. */

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export class Cable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isPlugged = true;

  private constructor(brokerPort: number) {
    this.#server = createServer({ noDelay: true }, (socket) => {
      this.#track(socket);
      if (!this.#isPlugged) {
        socket.resetAndDestroy();
        return;
      }
      const broker = this.#track(connect({ host: "127.0.0.1", port: brokerPort, noDelay: true }));
      socket.pipe(broker).pipe(socket);
    });
  }

  static async between(brokerPort: number): Promise<Cable> {
    const cable = new Cable(brokerPort);
    cable.#server.listen(0, "127.0.0.1");
    await once(cable.#server, "listening");
    return cable;
  }

  /** Where the node finds its broker. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Breaks every connection, and refuses new ones until `plugIn`. */
  unplug(): void {
    this.#isPlugged = false;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  plugIn(): void {
    this.#isPlugged = true;
  }

  /** Carries nothing any more, and neither end is told: the other one just falls silent. */
  fallSilent(): void {
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #track(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.on("error", () => {});
    return socket.on("close", () => this.#sockets.delete(socket));
  }
}
