/** A WebSocket server in front of a broker: Debian builds its Mosquitto without. It forwards bytes, not packets. */

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { createWebSocketStream, type WebSocket, WebSocketServer } from "ws";
import type { Identity } from "./certificates.ts";

export class WebSocketGateway {
  readonly requests: IncomingMessage[] = [];
  /** How many text frames clients have sent. */
  textFrames = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, brokerPort: number) {
    this.#server = server;
    server.on("connection", (socket: Socket) => this.#track(socket));
    const handleProtocols = (offered: Set<string>): string | false => (offered.has("mqtt") ? "mqtt" : false);
    const webSockets = new WebSocketServer({ server, handleProtocols });
    webSockets.on("connection", (webSocket, request) => {
      this.requests.push(request);
      this.#join(webSocket, brokerPort);
    });
  }

  static async start(brokerPort: number, identity?: Identity): Promise<WebSocketGateway> {
    const server =
      identity === undefined
        ? createServer()
        : createSecureServer({ cert: readFileSync(identity.cert), key: readFileSync(identity.key) });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new WebSocketGateway(server, brokerPort);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Breaks every connection, and takes new ones. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(webSocket: WebSocket, brokerPort: number): void {
    const broker = this.#track(connect({ host: "127.0.0.1", port: brokerPort, noDelay: true }));
    webSocket.on("message", (_data, isBinary) => {
      if (!isBinary) this.textFrames++;
    });
    const client = createWebSocketStream(webSocket);
    client.on("error", () => broker.destroy());
    broker.on("close", () => client.end());
    client.pipe(broker).pipe(client);
  }

  #track(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.on("error", () => {});
    return socket.on("close", () => this.#sockets.delete(socket));
  }
}
