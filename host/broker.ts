/** The broker inside `npm start`: Aedes on this machine, for MQTT and for MQTT over WebSocket. */

import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { Aedes } from "aedes";
import { createWebSocketStream, WebSocketServer } from "ws";
import { systemCode, WasmoteError } from "./errors.ts";

const HOST = "127.0.0.1";
/** The name that MQTT has among the WebSocket sub-protocols [MQTT-6.0.0-3]. */
const SUBPROTOCOL = "mqtt";

export interface BrokerOptions {
  /** For MQTT; 0 takes any that is free. */
  readonly port: number;
  /** For MQTT over WebSocket; 0 takes any that is free. */
  readonly wsPort: number;
}

export interface Broker {
  readonly host: string;
  readonly port: number;
  readonly wsPort: number;
  /** Cuts every client off and gives the ports back. */
  close(): Promise<void>;
}

/** Throws `EADDRINUSE` or `EACCES`, which names the port, if it can't listen there. */
export async function startBroker({ port, wsPort }: BrokerOptions): Promise<Broker> {
  const aedes = await Aedes.createBroker();
  const sockets = new Set<Socket>();
  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  };
  const server = createServer({ noDelay: true }, (socket) => {
    track(socket);
    aedes.handle(socket);
  });
  const wsServer = createHttpServer((_request, response) => {
    response.writeHead(426, { "content-type": "text/plain" }).end("MQTT over WebSocket only\n");
  });
  wsServer.on("connection", track);
  const webSockets = new WebSocketServer({
    server: wsServer,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  // The HTTP server below reports what goes wrong; `ws` repeats it, and would throw it unheard.
  webSockets.on("error", () => {});
  webSockets.on("connection", (socket, request) => {
    const stream = createWebSocketStream(socket);
    stream.on("error", () => stream.destroy());
    aedes.handle(stream, request);
  });
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await Promise.all([closed(server), closed(wsServer), new Promise<void>((resolve) => aedes.close(resolve))]);
  };
  try {
    const mqttPort = await listen(server, port, "--port");
    return { host: HOST, port: mqttPort, wsPort: await listen(wsServer, wsPort, "--ws-port"), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function listen(server: Server, port: number, option: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => reject(cannotListen(port, option, cause)));
    server.listen(port, HOST, () => resolve((server.address() as AddressInfo).port));
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

function cannotListen(port: number, option: string, cause: Error): WasmoteError {
  const code = systemCode(cause) ?? "ELISTEN";
  const what = code === "EADDRINUSE" ? "is in use" : `can't be listened on (${code})`;
  return new WasmoteError(code, "resource", `port ${port} on ${HOST} ${what}`, {
    cure: `choose another with ${option} N, or use a broker that runs already with --broker mqtt://host:port`,
    cause,
  });
}
