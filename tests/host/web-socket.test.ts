/** Links over WebSocket, against real servers, some of which break its rules. */

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { Errno } from "../../host/abi.ts";
import type { TlsSettings } from "../../host/hal/tls.ts";
import { MAX_MESSAGE_BYTES } from "../../host/hal/web-socket.ts";
import { Authority, type Identity } from "../integration/certificates.ts";
import { until } from "./modules.ts";
import { TestLink } from "./test-link.ts";

let closings: (() => void)[] = [];

afterEach(() => {
  for (const closing of closings) closing();
  closings = [];
});

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket.on("error", () => {})));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closings.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

class TestServer {
  readonly sockets: WebSocket[] = [];
  readonly requests: IncomingMessage[] = [];
  readonly frames: { bytes: Buffer; isBinary: boolean }[] = [];
  /** The status codes that clients closed with. */
  readonly codes: number[] = [];
  port = 0;

  static async start(options: { select?: () => string | false; identity?: Identity } = {}): Promise<TestServer> {
    const { select = () => "mqtt", identity } = options;
    const server = new TestServer();
    const http =
      identity === undefined
        ? createHttpServer()
        : createHttpsServer({ cert: readFileSync(identity.cert), key: readFileSync(identity.key) });
    const webSockets = new WebSocketServer({ server: http, handleProtocols: select, perMessageDeflate: true });
    webSockets.on("connection", (socket, request) => {
      server.sockets.push(socket);
      server.requests.push(request);
      socket.on("error", () => {});
      socket.on("message", (bytes: Buffer, isBinary) => server.frames.push({ bytes, isBinary }));
      socket.on("close", (code) => server.codes.push(code));
    });
    server.port = await listen(http);
    return server;
  }

  get socket(): WebSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error("nobody has connected");
    return socket;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.frames.map(({ bytes }) => bytes));
  }
}

function link(address: string, tls?: TlsSettings): TestLink {
  const made = new TestLink(address, tls);
  closings.push(() => made.network.destroy());
  return made;
}

async function connect(server: TestServer): Promise<TestLink> {
  const made = await link(`ws://127.0.0.1:${server.port}`).opened();
  await until("the server has it", () => server.sockets.length > 0);
  return made;
}

/** A server that answers the opening request with these bytes; `{accept}` stands for what the protocol asks for. */
async function answering(...lines: string[]): Promise<number> {
  const server = createTcpServer((socket) => {
    socket.once("data", () => socket.write(lines.map((line) => `${line}\r\n`).join("")));
  });
  return listen(server);
}

async function failsToOpen(made: TestLink, why: string): Promise<void> {
  expect(await made.closed()).toBe(Errno.EPROTO);
  expect(made.warnings).toHaveLength(1);
  expect(made.warnings[0]).toMatch(/^no connection to ws:\/\/127\.0\.0\.1:\d+\/mqtt: WebSocket handshake failed: /);
  expect(made.warnings[0]).toContain(why);
}

async function breaks(made: TestLink, why: string): Promise<void> {
  expect(await made.closed()).toBe(Errno.EPROTO);
  expect(made.warnings).toHaveLength(1);
  expect(made.warnings[0]).toMatch(/^lost the connection to ws:\/\/127\.0\.0\.1:\d+\/mqtt: /);
  expect(made.warnings[0]).toContain(why);
}

describe("MQTT 3.1.1 and 5.0: WebSocket", () => {
  test("[MQTT-6.0.0-1] what a node sends leaves in binary frames", async () => {
    const server = await TestServer.start();
    const made = await connect(server);
    // Bytes that are no UTF-8, and some that are.
    for (const part of [Buffer.from([0xc0, 0x00]), Buffer.from("hello")]) expect(made.send(part)).toBe(part.length);
    await until("they have arrived", () => server.bytes.length === 7);
    expect(server.bytes).toEqual(Buffer.from([0xc0, 0x00, ...Buffer.from("hello")]));
    expect(server.frames.every(({ isBinary }) => isBinary)).toBe(true);
  });

  test("[MQTT-6.0.0-1] a text frame closes the link, after what came before it", async () => {
    const server = await TestServer.start();
    const made = await connect(server);
    server.socket.send(Buffer.from("before"));
    server.socket.send("text");
    server.socket.send(Buffer.from("behind"));
    expect(String(await made.receiveAll(6))).toBe("before");
    await breaks(made, "the server sent a text frame");
    await until("the server sees the end", () => server.codes.length === 1);
    expect(server.codes).toEqual([1003]);
  });

  test("[MQTT-6.0.0-1] an empty text frame closes the link as well", async () => {
    const server = await TestServer.start();
    const made = await connect(server);
    server.socket.send("");
    await breaks(made, "the server sent a text frame");
  });

  test("[MQTT-6.0.0-2] packets may span frames, share them, and come in fragments", async () => {
    const server = await TestServer.start();
    const made = await connect(server);
    const sent = Buffer.from(Uint8Array.from({ length: 600 }, (_, index) => index % 251));
    server.socket.send(sent.subarray(0, 1));
    server.socket.send(Buffer.alloc(0));
    server.socket.send(sent.subarray(1, 300));
    server.socket.send(sent.subarray(300, 301), { fin: false });
    server.socket.send(sent.subarray(301, 400), { fin: false });
    server.socket.ping();
    server.socket.send(sent.subarray(400, 600), { fin: true });
    expect(await made.receiveAll(600)).toEqual(sent);
    expect(made.receive()).toHaveLength(0);
    expect(made.state).toBe(1);
  });

  test("[MQTT-6.0.0-3] the node offers the sub-protocol mqtt, and no compression", async () => {
    const server = await TestServer.start();
    await connect(server);
    const [request] = server.requests;
    expect(request?.headers["sec-websocket-protocol"]).toBe("mqtt");
    expect(request?.headers).not.toHaveProperty("sec-websocket-extensions");
    expect(request?.headers.host).toBe(`127.0.0.1:${server.port}`);
  });

  test("[MQTT-6.0.0-4] a server that selects no sub-protocol is refused", async () => {
    const server = await TestServer.start({ select: () => false });
    const made = link(`ws://127.0.0.1:${server.port}`);
    await failsToOpen(made, "Server sent no subprotocol");
    expect(made.send("x")).toBe(Errno.EPROTO);
  });

  test("[MQTT-6.0.0-4] a server that selects another sub-protocol is refused", async () => {
    const server = await TestServer.start({ select: () => "mqttv3.1" });
    await failsToOpen(link(`ws://127.0.0.1:${server.port}`), "Server sent an invalid subprotocol");
  });
});

describe("a link over WebSocket", () => {
  test.each([
    ["", "/mqtt"],
    ["/", "/"],
    ["/a/b?tenant=7&x=%20", "/a/b?tenant=7&x=%20"],
    ["?tenant=7", "/mqtt?tenant=7"],
  ])("asks at an address that ends in %j for %s", async (end, path) => {
    const server = await TestServer.start();
    await link(`ws://127.0.0.1:${server.port}${end}`).opened();
    await until("the server has it", () => server.requests.length === 1);
    expect(server.requests[0]?.url).toBe(path);
  });

  test("shows no query to anybody but the server", async () => {
    const server = await TestServer.start({ select: () => false });
    const made = link(`ws://127.0.0.1:${server.port}/mqtt?token=secret`);
    await failsToOpen(made, "Server sent no subprotocol");
    expect(made.warnings.join()).not.toContain("secret");
  });

  test("refuses a frame that is larger than its bound, without waiting for it", async () => {
    const server = await TestServer.start();
    const made = await connect(server);
    server.socket.send(Buffer.alloc(MAX_MESSAGE_BYTES + 1));
    await breaks(made, "Max payload size exceeded");
    await until("the server sees the end", () => server.codes.length === 1);
    expect(server.codes[0]).toBe(1009);
  });

  test("refuses fragments that together are larger than its bound", async () => {
    const server = await TestServer.start();
    const made = await connect(server);
    const part = Buffer.alloc(MAX_MESSAGE_BYTES / 4);
    for (let index = 0; index < 5; index++) server.socket.send(part, { fin: false });
    await breaks(made, "Max payload size exceeded");
  });

  test("takes a frame of its bound whole", async () => {
    const server = await TestServer.start();
    const made = await connect(server);
    const sent = Buffer.from(Uint8Array.from({ length: MAX_MESSAGE_BYTES }, (_, index) => index % 251));
    server.socket.send(sent);
    expect((await made.receiveAll(sent.length)).equals(sent)).toBe(true);
    expect(made.state).toBe(1);
  });

  test("breaks at bytes that are no frames", async () => {
    const server = await TestServer.start();
    const made = await connect(server);
    server.requests[0]?.socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
    await breaks(made, "Invalid WebSocket frame");
  });

  test("hands over what arrived before the peer's end, and then reports the end", async () => {
    const server = await TestServer.start();
    const made = await connect(server);
    server.socket.send(Buffer.from("last "));
    server.socket.send(Buffer.from("words"));
    server.socket.close();
    await until("the end has arrived", () => server.codes.length === 1);
    expect(made.state).toBe(1);
    expect(String(made.receive(4))).toBe("last");
    expect(made.state).toBe(1);
    expect(String(await made.receiveAll(6))).toBe(" words");
    expect(await made.closed()).toBe(Errno.EPIPE);
    expect(made.warnings).toEqual([]);
  });

  test("hands over all of a flood that ended, and reports the end behind it", async () => {
    const server = await TestServer.start();
    const made = await connect(server);
    const sent = Buffer.from(Uint8Array.from({ length: 1_000_000 }, (_, index) => index % 251));
    for (let at = 0; at < sent.length; at += 1_000) server.socket.send(sent.subarray(at, at + 1_000));
    server.socket.close();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(made.state).toBe(1);
    expect((await made.receiveAll(sent.length)).equals(sent)).toBe(true);
    expect(await made.closed()).toBe(Errno.EPIPE);
  });

  test("sends nothing to a peer that has ended, and still reports that end", async () => {
    const server = await TestServer.start();
    const made = await connect(server);
    server.socket.close();
    for (let index = 0; made.state === 1; index++) {
      made.send("too late");
      if (index % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(made.state).toBe(Errno.EPIPE);
    expect(made.warnings).toEqual([]);
  });

  test("tells a reset from an end in good order", async () => {
    const server = await TestServer.start();
    const made = await connect(server);
    server.requests[0]?.socket.resetAndDestroy();
    expect(await made.closed()).toBe(Errno.ECONNRESET);
    expect(made.warnings).toEqual([`lost the connection to ws://127.0.0.1:${server.port}/mqtt: ECONNRESET`]);
  });

  test("holds a peer back that sends without end, and loses nothing", async () => {
    const server = await TestServer.start();
    const made = await connect(server);
    const sent = Buffer.from(Uint8Array.from({ length: 8 * 1024 * 1024 }, (_, index) => index % 251));
    const size = 64 * 1024;
    for (let at = 0; at < sent.length; at += size) server.socket.send(sent.subarray(at, at + size));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(server.socket.bufferedAmount).toBeGreaterThan(0);
    expect((await made.receiveAll(sent.length)).equals(sent)).toBe(true);
  });

  test("takes nothing from the node while its peer does not read, and delivers all that it took", async () => {
    const server = await TestServer.start();
    const made = await connect(server);
    server.socket.pause();
    let taken = 0;
    await until("the link takes nothing any more", () => {
      const before = taken;
      for (let length = 1; length > 0; taken += length) {
        length = made.send(Uint8Array.from({ length: 1_000 }, (_, index) => (taken + index) % 251));
      }
      return taken > 100_000 && taken === before;
    });
    const wakes = made.wakes;
    server.socket.resume();
    await until("there is room again", () => made.wakes > wakes);
    await until(
      "everything has arrived",
      () => server.frames.reduce((sum, { bytes }) => sum + bytes.length, 0) >= taken,
    );
    expect(server.bytes).toHaveLength(taken);
    expect(server.bytes.every((byte, index) => byte === index % 251)).toBe(true);
  });

  test("ends with a peer that wants answers to its pings and does not take them", async () => {
    const server = await TestServer.start();
    const made = await connect(server);
    server.socket.pause();
    // More than what the operating system's buffers between the two can hold.
    for (let index = 0; index < 200_000 && made.state === 1; index++) {
      server.socket.ping(Buffer.alloc(125));
      if (index % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await made.closed()).toBeLessThan(0);
  });

  test("delivers at its close what was taken, and ends in good order", async () => {
    const server = await TestServer.start();
    const made = await connect(server);
    expect(made.send("good-bye")).toBe(8);
    expect(made.network.close(made.handle)).toBe(0);
    await until("the server sees the end", () => server.codes.length === 1);
    expect(String(server.bytes)).toBe("good-bye");
    expect(server.codes, "a status code was not needed").toEqual([1005]);
    const startedMs = performance.now();
    await made.network.drained(5_000);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });

  test("does not wait long at its close for a peer that never ends its half", async () => {
    const server = await TestServer.start();
    const made = await connect(server);
    server.socket.pause();
    made.network.close(made.handle);
    const startedMs = performance.now();
    await made.network.drained(10_000);
    expect(performance.now() - startedMs).toBeLessThan(4_000);
  });

  test("is a reset for its peer when it is destroyed", async () => {
    const server = await TestServer.start();
    const made = await connect(server);
    const failed = once(server.requests[0]?.socket as Socket, "error");
    made.network.destroy();
    expect(((await failed) as [NodeJS.ErrnoException])[0].code).toBe("ECONNRESET");
  });
});

describe("a link over WebSocket does not open at a server that", () => {
  test("has nothing there", async () => {
    const port = await listen(createHttpServer((_request, response) => response.writeHead(404).end()));
    await failsToOpen(link(`ws://127.0.0.1:${port}`), "Unexpected server response: 404");
  });

  test("sends it elsewhere", async () => {
    const target = await TestServer.start();
    const port = await answering(`HTTP/1.1 302 Found`, `Location: ws://127.0.0.1:${target.port}/mqtt`, "");
    await failsToOpen(link(`ws://127.0.0.1:${port}`), "Unexpected server response: 302");
    expect(target.sockets).toHaveLength(0);
  });

  test("agrees without having understood", async () => {
    const port = await answering(
      "HTTP/1.1 101 Switching Protocols",
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
      "Sec-WebSocket-Protocol: mqtt",
      "",
    );
    await failsToOpen(link(`ws://127.0.0.1:${port}`), "Invalid Sec-WebSocket-Accept header");
  });

  test("speaks no HTTP", async () => {
    const port = await answering("220 mail.example ESMTP");
    await failsToOpen(link(`ws://127.0.0.1:${port}`), "Expected HTTP/");
  });

  test("answers with a head that does not end", async () => {
    const port = await answering("HTTP/1.1 101 Switching Protocols", `X: ${"a".repeat(200_000)}`);
    await failsToOpen(link(`ws://127.0.0.1:${port}`), "Header overflow");
  });

  test("hangs up", async () => {
    const port = await listen(createTcpServer((socket) => socket.once("data", () => socket.end())));
    await failsToOpen(link(`ws://127.0.0.1:${port}`), "the server closed the connection");
  });

  test("does not answer, and is closed at once", async () => {
    const peers: Socket[] = [];
    const port = await listen(createTcpServer((socket) => peers.push(socket.resume())));
    const made = link(`ws://127.0.0.1:${port}`);
    await until("the request has arrived", () => (peers[0]?.bytesRead ?? 0) > 0);
    expect(made.state).toBe(0);
    expect(made.send("early")).toBe(0);
    made.network.close(made.handle);
    const startedMs = performance.now();
    await made.network.drained(5_000);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});

describe("a link over WebSocket over TLS", () => {
  const authority = new Authority();
  const identity = authority.issue("localhost", { subjectAltName: "DNS:localhost" });

  test("carries bytes both ways", async () => {
    const server = await TestServer.start({ identity });
    const made = await link(`wss://localhost:${server.port}/mqtt`, { ca: authority.ca }).opened();
    await until("the server has it", () => server.sockets.length === 1);
    expect(server.requests[0]?.headers.host).toBe(`localhost:${server.port}`);
    expect(made.send("hello")).toBe(5);
    await until("they have arrived", () => String(server.bytes) === "hello");
    server.socket.send(Buffer.from("world"));
    expect(String(await made.receiveAll(5))).toBe("world");
    server.socket.close();
    expect(await made.closed()).toBe(Errno.EPIPE);
    expect(made.warnings).toEqual([]);
  });

  test("verifies the server before it asks for anything", async () => {
    const server = await TestServer.start({ identity });
    const made = link(`wss://localhost:${server.port}/mqtt`, { ca: new Authority("another").ca });
    expect(await made.closed()).toBe(Errno.EPROTO);
    expect(made.warnings[0]).toContain("TLS handshake failed: ");
    expect(made.warnings[0]).toContain("certificate");
    expect(server.requests).toHaveLength(0);
  });

  test("offers no ALPN protocol, which is for mqtts", async () => {
    const server = await TestServer.start({ identity });
    await link(`wss://localhost:${server.port}`, { ca: authority.ca, alpn: "mqtt" }).opened();
  });

  test("ends when its peer breaks off, and gives its socket back", async () => {
    const server = await TestServer.start({ identity });
    const made = await link(`wss://localhost:${server.port}`, { ca: authority.ca }).opened();
    await until("the server has it", () => server.sockets.length === 1);
    made.send("x");
    server.socket.terminate();
    expect([Errno.EPIPE, Errno.ECONNRESET]).toContain(await made.closed());
    made.network.close(made.handle);
    await made.network.drained(5_000);
  });

  test("warns of --insecure once for each link", async () => {
    const server = await TestServer.start({ identity });
    const made = await link(`wss://localhost:${server.port}`, { insecure: true }).opened();
    expect(made.warnings).toEqual([
      `INSECURE: the certificate of wss://localhost:${server.port}/mqtt is not verified (--insecure)`,
    ]);
  });
});
