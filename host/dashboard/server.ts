/** The dashboard's server: the page, a few calls for what is not MQTT, and the way to the broker, all on one port. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { Broker } from "../broker.ts";
import { systemCode, WasmoteError } from "../errors.ts";
import { formatEndpoint } from "../hal/endpoint.ts";
import { LOOPBACK } from "../loopback.ts";
import { checkedHost, HttpError, readJson, securityHeaders, sendError, sendJson } from "./http.ts";
import { ACTIONS, MQTT_PATH, type Overview } from "./protocol.ts";
import { readStaticFiles, type StaticFile } from "./static-files.ts";
import type { WatchedNodes } from "./watched-nodes.ts";

/** Where the page is, if nobody says otherwise and the port is free. */
export const DEFAULT_PORT = 8080;

const NODE_PATH = /^\/api\/nodes\/([0-9A-Za-z_-]{1,23})\/(log|cut|restore|kill|start)$/;
/** Longer than any browser takes for a request this small. */
const REQUEST_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 500;
const MAX_HEADER_BYTES = 16_384;

export interface DashboardOptions {
  /** The folder of the built page. */
  readonly page: string;
  /** 0 takes any that is free; undefined 8080, or any if that is in use. */
  readonly port: number | undefined;
  readonly broker: Broker;
  readonly nodes: WatchedNodes;
  readonly intervalMs: number;
  /** Told of an error that nobody foresaw. */
  readonly onError: (error: unknown) => void;
}

export interface Dashboard {
  readonly url: string;
  readonly port: number;
  /** Cuts every page off and gives the port back. */
  close(): Promise<void>;
}

/** Throws `EADDRINUSE` or `EACCES`, which names the port, if it can't listen there. */
export async function serveDashboard(options: DashboardOptions): Promise<Dashboard> {
  const files = await readStaticFiles(options.page);
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, maxHeaderSize: MAX_HEADER_BYTES },
    (request, response) => {
      answer(request, response, files, options).catch((error: unknown) => {
        if (!(error instanceof HttpError || error instanceof WasmoteError)) options.onError(error);
        sendError(response, error);
      });
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  const upgraded = new Set<Duplex>();
  server.on("upgrade", (request, socket, head) => {
    upgraded.add(socket);
    socket.on("close", () => upgraded.delete(socket));
    upgrade(request, socket, head, options.broker);
  });
  const port = await listen(server, options.port);
  return {
    url: `http://${LOOPBACK}:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const socket of upgraded) socket.destroy();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  files: ReadonlyMap<string, StaticFile>,
  options: DashboardOptions,
): Promise<void> {
  const host = checkedHost(request);
  for (const [name, value] of Object.entries(securityHeaders(host))) response.setHeader(name, value);
  const [path = "/"] = (request.url ?? "/").split("?");
  if (path.startsWith("/api/")) {
    await answerCall(request, response, path, options);
    return;
  }
  const file = files.get(path);
  if (file === undefined) throw new HttpError(404, "ENOENT", "there is no such page");
  allow(request, response, "GET", "HEAD");
  response.writeHead(200, {
    "content-type": file.type,
    "content-length": file.bytes.length,
    "cache-control": file.caching,
  });
  response.end(request.method === "HEAD" ? undefined : file.bytes);
}

async function answerCall(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  { broker, nodes, intervalMs }: DashboardOptions,
): Promise<void> {
  if (path === "/api/nodes") {
    allow(request, response, "GET");
    const overview: Overview = {
      nodes: nodes.reports(),
      broker: {
        mqtt: formatEndpoint({ scheme: "mqtt", host: broker.host, port: broker.port }),
        ws: formatEndpoint({ scheme: "ws", host: broker.host, port: broker.wsPort }),
      },
      intervalMs,
    };
    sendJson(response, 200, overview);
    return;
  }
  const [, id = "", what] = path.match(NODE_PATH) ?? [];
  if (what === "log") {
    allow(request, response, "GET");
    sendJson(response, 200, { lines: nodes.node(id).log });
    return;
  }
  const action = ACTIONS.find((each) => each === what);
  if (action === undefined) throw new HttpError(404, "ENOENT", "there is no such call");
  allow(request, response, "POST");
  await readJson(request);
  sendJson(response, 200, await nodes.act(id, action));
}

function allow({ method = "" }: IncomingMessage, response: ServerResponse, ...methods: readonly string[]): void {
  if (methods.includes(method)) return;
  response.setHeader("allow", methods.join(", "));
  throw new HttpError(405, "EMETHOD", `use ${methods.join(" or ")}`);
}

function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, broker: Broker): void {
  try {
    checkedHost(request);
    if (request.url !== MQTT_PATH) throw new HttpError(404, "ENOENT", "there is no such WebSocket");
  } catch (error) {
    const status = error instanceof HttpError && error.status === 404 ? "404 Not Found" : "403 Forbidden";
    socket.on("error", () => socket.destroy());
    socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
    return;
  }
  broker.upgrade(request, socket, head);
}

async function listen(server: Server, port: number | undefined): Promise<number> {
  try {
    return await tryPort(server, port ?? DEFAULT_PORT);
  } catch (cause) {
    const code = systemCode(cause) ?? "ELISTEN";
    if (code === "EADDRINUSE" && port === undefined) return tryPort(server, 0);
    const what = code === "EADDRINUSE" ? "is in use" : `can't be listened on (${code})`;
    throw new WasmoteError(code, "resource", `port ${port ?? DEFAULT_PORT} on ${LOOPBACK} ${what}`, {
      cure: "choose another for the page with --http-port N, or leave that out to take any that is free",
      cause,
    });
  }
}

function tryPort(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, LOOPBACK, () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
