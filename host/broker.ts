/** The broker inside `npm start`: Aedes on this machine, for MQTT and for MQTT over WebSocket. */

import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Aedes } from "aedes";
import { createWebSocketStream, WebSocketServer } from "ws";
import { systemCode, WasmoteError } from "./errors.ts";
import { LOOPBACK as HOST, isLoopbackOrigin } from "./loopback.ts";

/** The name that MQTT has among the WebSocket sub-protocols [MQTT-6.0.0-3]. */
const SUBPROTOCOL = "mqtt";
/** How long a client may leave what it is sent unread before it is cut off. */
const DRAIN_TIMEOUT_MS = 10_000;
/** What a client may make this process hold at once, before Aedes sees it. */
const MAX_MESSAGE_BYTES = 1_048_576;

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
  /** Makes an MQTT client of a request to upgrade to WebSocket that another server on this machine has got. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Publishes at QoS 0 on the host's own behalf. Topics with `$` in front are its alone. */
  publish(topic: string, payload: string): void;
  /** Cuts every client off and gives the ports back. */
  close(): Promise<void>;
}

/** Throws `EADDRINUSE` or `EACCES`, which names the port, if it can't listen there. */
export async function startBroker({ port, wsPort }: BrokerOptions): Promise<Broker> {
  const aedes = await Aedes.createBroker({
    // No message waits for the delivery of others: a queue would let one client that does not read hold up all the rest,
    // and its end would overflow the stack.
    concurrency: 0,
    drainTimeout: DRAIN_TIMEOUT_MS,
    // [MQTT-4.7.2-1]: clients must not exchange messages there.
    authorizePublish: (_client, { topic }, done) =>
      done(topic.startsWith("$") ? new Error("topics with $ in front are the broker's own") : null),
  });
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
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    // Only browsers send an Origin: other clients go on as they are.
    verifyClient: ({ origin }, done) => {
      if (origin === undefined || isLoopbackOrigin(origin)) done(true);
      else done(false, 403, "Pages of other machines may not use this broker");
    },
  });
  const upgrade: Broker["upgrade"] = (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const stream = createWebSocketStream(webSocket);
      stream.on("error", () => stream.destroy());
      aedes.handle(stream, request);
    });
  };
  wsServer.on("upgrade", upgrade);
  const publish: Broker["publish"] = (topic, payload) => {
    aedes.publish({ cmd: "publish", topic, payload, qos: 0, retain: false, dup: false }, () => {});
  };
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await Promise.all([closed(server), closed(wsServer), new Promise<void>((resolve) => aedes.close(resolve))]);
  };
  try {
    const mqttPort = await listen(server, port, "--port");
    return { host: HOST, port: mqttPort, wsPort: await listen(wsServer, wsPort, "--ws-port"), upgrade, publish, close };
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
