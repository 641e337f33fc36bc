/** wasmote-posix over WebSocket, against real servers, most of which break the rules. */

import { readFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import { until } from "../host/modules.ts";
import { Authority } from "../integration/certificates.ts";
import { caller, floodByte, flooder, talker } from "./probe.ts";
import { file, module, program, run, type Started, start } from "./programs.ts";
import { FrameReader, frame, listen, upgradeAnswer } from "./servers.ts";

const authority = new Authority();
const identity = authority.issue("localhost", { subjectAltName: "DNS:localhost" });

interface Peer {
  readonly port: number;
  /** What came before the switch. */
  request: string;
  /** What came after it. */
  readonly reader: FrameReader;
  /** Whether the client's half was ended, and whether in good order. */
  ended: boolean;
  error: string | undefined;
}

interface PeerOptions {
  /** What is sent when the request is there; by default the right answer. */
  readonly answer?: (request: string) => string;
  /** What comes in the same segment, right behind the answer. */
  readonly first?: Buffer;
  /** After that. */
  readonly afterwards?: (socket: Socket) => void;
  readonly tls?: boolean;
}

async function startPeer({ answer = upgradeAnswer, first, afterwards, tls = false }: PeerOptions = {}): Promise<Peer> {
  const reader = new FrameReader();
  const heard = { request: "", reader, ended: false, error: undefined as string | undefined };
  const onSocket = (socket: Socket): void => {
    let switched = false;
    socket.on("error", ({ message }) => (heard.error = message));
    socket.on("end", () => (heard.ended = true));
    socket.on("data", (bytes: Buffer) => {
      if (switched) return reader.push(bytes);
      heard.request += bytes.toString("latin1");
      if (!heard.request.endsWith("\r\n\r\n")) return;
      switched = true;
      socket.write(Buffer.concat([Buffer.from(answer(heard.request)), first ?? Buffer.alloc(0)]));
      afterwards?.(socket);
    });
  };
  const keys = { cert: readFileSync(identity.cert), key: readFileSync(identity.key) };
  const server = tls ? createTlsServer(keys, onSocket) : createServer(onSocket);
  return Object.assign(heard, { port: await listen(server) });
}

describe("a broker's address", () => {
  const wasm = file(module(""));
  const cure = "write it as mqtt://host:port, mqtts://, ws:// or wss://, and credentials with --username";

  test.each([
    ["mqtt://h:0", '"mqtt://h:0" has no port from 1 to 65535'],
    ["wss://h:65536/mqtt", '"wss://h:65536/mqtt" has no port from 1 to 65535'],
    ["ws://h:/mqtt", '"ws://h:/mqtt" has no port from 1 to 65535'],
    ["http://h", '"http://h" is not a broker\'s address'],
    ["mqtt://", '"mqtt://" is not a broker\'s address'],
    ["wss:///mqtt", '"wss:///mqtt" is not a broker\'s address'],
    ["ws://[::1/mqtt", '"ws://[::1/mqtt" is not a broker\'s address'],
    ["ws://[::1]mqtt", '"ws://[::1]mqtt" is not a broker\'s address'],
    ["mqtts://h/path", '"mqtts://h/path" is not a broker\'s address'],
    ["mqtt://h?token=hunter2", '"mqtt://h" is not a broker\'s address'],
    ["ws://h/a b", '"ws://h/a b" is not a broker\'s address'],
    ["ws://h/a\r\nX: y", null],
    ["ws://h/mqtt#part", '"ws://h/mqtt#part" is not a broker\'s address'],
    ["wss://h/mqtt\u00e9", '"wss://h/mqtt\u00e9" is not a broker\'s address'],
    [`ws://h/${"x".repeat(2048)}`, null],
    [`ws://${"h".repeat(254)}/`, null],
    ["wss://me:hunter2@h/mqtt", "credentials do not belong in a broker's address"],
    ["wss://me:hunter/2@h/mqtt", "credentials do not belong in a broker's address"],
    ["mqtts://me:hunter2@h", "credentials do not belong in a broker's address"],
  ])("%j is refused with one line that shows no secret", (url, message) => {
    const { status, stderr } = run(program("posix", "sanitize"), [wasm, "--id", "7", "--broker", url]);
    expect(status).toBe(2);
    expect(stderr).not.toContain("hunter");
    if (message !== null) expect(stderr).toBe(`wasmote-posix: error: ${message} (${cure})\n`);
    else expect(stderr).toMatch(/^wasmote-posix: error: "ws:/);
  });
});

describe.each([
  ["the program", ""],
  ["the program under ASan and UBSan", "sanitize"],
] as const)("MQTT 3.1.1 and 5.0: WebSocket, %s", (_name, variant) => {
  /** Starts it with a module, and ends it with the test. */
  function startNode(wasm: Uint8Array, url: string, ...args: string[]): Started {
    const started = start(program("posix", variant), [file(wasm), "--id", "7", "--broker", url, ...args]);
    onTestFinished(() => void started.child.kill("SIGKILL"));
    return started;
  }

  /** What the node logged, without the first line: that it has connected. */
  async function heardBy(node: Started, url: string): Promise<string[]> {
    expect(await node.ended).toBe(0);
    const [first, ...lines] = node.stderr.trimEnd().split("\n");
    expect(first).toBe(`info: [7] connected to ${url}`);
    return lines;
  }

  test.each([
    ["", "/mqtt"],
    ["/", "/"],
    ["/a/b?c=d&e=%20f@g", "/a/b?c=d&e=%20f@g"],
    ["?token=hunter2", "/mqtt?token=hunter2"],
  ])(
    "[MQTT-6.0.0-3] asks for an upgrade with the sub-protocol mqtt where %j follows the port",
    async (suffix, path) => {
      const peer = await startPeer({ afterwards: (socket) => socket.end(frame("close", "")) });
      const node = startNode(talker(), `ws://127.0.0.1:${peer.port}${suffix}`);
      expect(await node.ended).toBe(0);
      const key = /^Sec-WebSocket-Key: (.*)\r$/m.exec(peer.request)?.[1] ?? "";
      expect(Buffer.from(key, "base64")).toHaveLength(16);
      expect(peer.request).toBe(
        [
          `GET ${path} HTTP/1.1`,
          `Host: 127.0.0.1:${peer.port}`,
          "Upgrade: websocket",
          "Connection: Upgrade",
          `Sec-WebSocket-Key: ${key}`,
          "Sec-WebSocket-Version: 13",
          "Sec-WebSocket-Protocol: mqtt",
          "\r\n",
        ].join("\r\n"),
      );
      // The query is for the server alone.
      expect(node.stderr).toContain(`connected to ws://127.0.0.1:${peer.port}${suffix.replace(/\?.*/, "")}\n`);
      expect(node.stderr).not.toContain("hunter2");
    },
  );

  test("a path as long as it may be is sent whole", async () => {
    const peer = await startPeer({ afterwards: (socket) => socket.end(frame("close", "")) });
    const path = `/${"x".repeat(2047)}`;
    expect(await startNode(talker(), `ws://127.0.0.1:${peer.port}${path}`).ended).toBe(0);
    expect(peer.request.split("\r\n")[0]).toBe(`GET ${path} HTTP/1.1`);
  });

  /** The handshake fails with EPROTO and one line that says why, and no frame is sent. */
  async function refuses(answer: (request: string) => string, why: string): Promise<void> {
    const peer = await startPeer({ answer, afterwards: (socket) => socket.resume() });
    const url = `ws://127.0.0.1:${peer.port}/mqtt`;
    const node = startNode(talker("secret"), url);
    expect(await node.ended).toBe(0);
    expect(node.stderr).toBe(
      `warn: [7] no connection to ${url}: WebSocket handshake failed: ${why}\ninfo: [7] actuator 0 = -15\n`,
    );
    expect(peer.reader.frames).toEqual([]);
  }

  const changed = (headers: Record<string, string | undefined>) => (request: string) => upgradeAnswer(request, headers);
  const put = (from: string | RegExp, to: string) => (request: string) => upgradeAnswer(request).replace(from, to);

  test.each<[string, (request: string) => string, string]>([
    ["no Upgrade", changed({ Upgrade: undefined }), "Invalid Upgrade header"],
    ["another Upgrade", changed({ Upgrade: "h2c" }), "Invalid Upgrade header"],
    ["no Connection", changed({ Connection: undefined }), "Invalid Upgrade header"],
    ["another Connection", changed({ Connection: "keep-alive, upgraded" }), "Invalid Upgrade header"],
    ["no Accept", changed({ "Sec-WebSocket-Accept": undefined }), "Invalid Sec-WebSocket-Accept header"],
    [
      "the Accept of another key",
      changed({ "Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" }),
      "Invalid Sec-WebSocket-Accept header",
    ],
    ["an Accept too much", put("\r\n\r\n", "\r\nSec-WebSocket-Accept: x\r\n\r\n"), "Invalid header"],
    [
      "an extension that was not offered",
      changed({ "Sec-WebSocket-Extensions": "permessage-deflate" }),
      "Server sent an extension that was not requested",
    ],
    ["status 404", put("101 Switching Protocols", "404 Not Found"), "Unexpected server response: 404"],
    ["status 301", put("101 Switching Protocols", "301 Moved"), "Unexpected server response: 301"],
    ["status 200", () => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "Unexpected server response: 200"],
    ["no status", put("101 Switching", "1x1 Switching"), "the server does not speak HTTP/1.1"],
    ["HTTP/1.0", put("HTTP/1.1", "HTTP/1.0"), "the server does not speak HTTP/1.1"],
    ["a greeting of another protocol, without an end", () => "220 hello", "the server does not speak HTTP/1.1"],
    ["a line without a colon", put("\r\n", "\r\ndamaged\r\n"), "Invalid header"],
    ["a line without a name", put("\r\n", "\r\n: damaged\r\n"), "Invalid header"],
    ["a line that goes on", put("\r\n", "\r\nServer: a\r\n b: c\r\n"), "Invalid header"],
    ["a blank before the colon", put("Upgrade:", "Upgrade :"), "Invalid header"],
    [
      "a header that is too long",
      put("\r\n", `\r\nServer: ${"x".repeat(8192)}\r\n`),
      "the server's header is longer than 8192 bytes",
    ],
    [
      "a header without an end",
      () => `HTTP/1.1 101 ${"x".repeat(100_000)}`,
      "the server's header is longer than 8192 bytes",
    ],
  ])("an answer with %s is refused", async (_what, answer, why) => refuses(answer, why));

  test.each<[string, (request: string) => string, string]>([
    ["no sub-protocol", changed({ "Sec-WebSocket-Protocol": undefined }), "Server sent no subprotocol"],
    ["another sub-protocol", changed({ "Sec-WebSocket-Protocol": "mqttv3.1" }), "Server sent an invalid subprotocol"],
    ["two sub-protocols", changed({ "Sec-WebSocket-Protocol": "mqtt, mqtt" }), "Server sent an invalid subprotocol"],
  ])("[MQTT-6.0.0-4] an answer with %s is refused", async (_what, answer, why) => refuses(answer, why));

  test("a server that hangs up instead of answering is refused", async () => {
    const port = await listen(createServer((socket) => socket.once("data", () => socket.end("HTTP/1.1 101"))));
    const node = startNode(talker(), `ws://127.0.0.1:${port}`);
    expect(await node.ended).toBe(0);
    const why = "WebSocket handshake failed: the server closed the connection";
    expect(node.stderr).toContain(`no connection to ws://127.0.0.1:${port}: ${why}\ninfo: [7] actuator 0 = -15\n`);
  });

  test("an answer in other letters, in pieces, with the first frame behind it, is taken", async () => {
    const peer = await startPeer({
      answer: () => "",
      afterwards: (socket) => {
        const answer = upgradeAnswer(peer.request, { Connection: "keep-alive", Server: "x" })
          .replace(/^(Upgrade): \w+/m, "uPGRADE:WebSocket  ")
          .replace("\r\n\r\n", "\r\nCONNECTION:\tfoo , upGrade\r\n\r\n");
        const pieces = Buffer.concat([Buffer.from(answer), frame("binary", "first"), frame("close", "")]);
        const next = (at: number): void => {
          if (at >= pieces.length) return;
          socket.write(pieces.subarray(at, at + 7));
          setTimeout(() => next(at + 7), 2);
        };
        next(0);
      },
    });
    const url = `ws://127.0.0.1:${peer.port}`;
    const lines = await heardBy(startNode(talker(), url), url);
    expect(
      lines
        .slice(0, -1)
        .map((line) => line.replace("info: [7] ", ""))
        .join(""),
    ).toBe("first");
    expect(lines.at(-1)).toBe("info: [7] actuator 0 = -11");
  });

  test("[MQTT-6.0.0-1] sends binary frames only, each masked with another mask", async () => {
    const total = 20_000;
    const peer = await startPeer();
    expect(await startNode(flooder(total), `ws://127.0.0.1:${peer.port}`).ended).toBe(0);
    await until("it has ended", () => peer.ended);
    const frames = peer.reader.frames.slice(0, -1);
    expect(new Set(frames.map(({ opcode }) => opcode))).toEqual(new Set(["binary"]));
    const masks = new Set(frames.map(({ mask }) => mask?.toString("hex")));
    expect(masks.has(undefined)).toBe(false);
    expect(masks.size).toBe(frames.length);
    expect(peer.reader.payload.findIndex((byte, place) => byte !== floodByte(place))).toBe(-1);
    expect(peer.reader.payload).toHaveLength(total);
  });

  test("a link that is closed at once delivers what it took, then a close frame", async () => {
    const peer = await startPeer({ first: frame("binary", "unread") });
    expect(await startNode(caller("good-bye"), `ws://127.0.0.1:${peer.port}`).ended).toBe(0);
    await until("it has ended", () => peer.ended);
    const said = peer.reader.frames.map(({ opcode, payload }) => [opcode, payload.toString("hex")]);
    expect(said).toEqual([
      ["binary", Buffer.from("good-bye").toString("hex")],
      ["close", (1000).toString(16).padStart(4, "0")],
    ]);
    expect(peer.error).toBeUndefined();
  });

  for (const tls of [false, true]) {
    const scheme = tls ? "wss" : "ws";
    const args = ["--ca", authority.ca];

    test(`what a link over ${scheme} takes arrives whole and in order, though the server reads late`, async () => {
      const total = 6_000_000;
      const peer = await startPeer({
        tls,
        afterwards: (socket) => {
          socket.pause();
          setTimeout(() => socket.resume(), 500);
        },
      });
      expect(await startNode(flooder(total), `${scheme}://localhost:${peer.port}`, ...args).ended).toBe(0);
      await until("it has ended", () => peer.ended);
      expect(peer.reader.payload).toHaveLength(total);
      expect(peer.reader.payload.findIndex((byte, place) => byte !== floodByte(place))).toBe(-1);
      expect(peer.reader.frames.at(-1)?.opcode).toBe("close");
    });

    test(`[MQTT-6.0.0-2] packets span frames and share them, over ${scheme}, with control frames between`, async () => {
      let socket: Socket | undefined;
      const peer = await startPeer({
        tls,
        first: Buffer.concat([
          frame("binary", "one|two|thr"),
          frame("binary", "ee|", false),
          frame("ping", "are you there?"),
          frame("continuation", "", false),
          frame("continuation", "four", false),
          frame("pong", "unasked"),
          frame("continuation", "|five"),
          frame("binary", ""),
        ]),
        afterwards: (made) => (socket = made),
      });
      const url = `${scheme}://localhost:${peer.port}`;
      const node = startNode(talker("hello", 1), url, ...args);
      await until("the ping was answered", () => peer.reader.frames.some(({ opcode }) => opcode === "pong"));
      socket?.write(frame("close", Buffer.from([0x03, 0xe8])));
      const lines = await heardBy(node, url);
      const letters = lines.slice(0, -1).map((line) => line.replace("info: [7] ", ""));
      expect(letters.join("")).toBe("one|two|three|four|five");
      // One at a time, and the board did not sleep while it held the others.
      expect(letters.every((letter) => letter.length === 1)).toBe(true);
      expect(lines.at(-1)).toBe("info: [7] actuator 0 = -11");
      await until("it has closed", () => peer.ended);
      expect(peer.reader.frames.map(({ opcode, payload }) => `${opcode} ${payload.toString("latin1")}`)).toEqual([
        "binary hello",
        "pong are you there?",
        "close \x03\xe8",
      ]);
    });
  }

  test("a frame much larger than what a board holds is handed on in pieces", async () => {
    const text = "0123456789".repeat(20_000);
    const peer = await startPeer({ first: Buffer.concat([frame("binary", text), frame("close", "")]) });
    const url = `ws://127.0.0.1:${peer.port}`;
    const lines = await heardBy(startNode(talker(), url), url);
    expect(
      lines
        .slice(0, -1)
        .map((line) => line.replace("info: [7] ", ""))
        .join(""),
    ).toBe(text);
  });

  test("[MQTT-6.0.0-1] a text frame ends the link, after what came before it", async () => {
    const peer = await startPeer({
      first: Buffer.concat([frame("binary", "before"), frame("text", "after"), frame("binary", "later")]),
    });
    const url = `ws://127.0.0.1:${peer.port}`;
    expect(await heardBy(startNode(talker(), url), url)).toEqual([
      "info: [7] before",
      `warn: [7] lost the connection to ${url}: the server sent a text frame`,
      "info: [7] actuator 0 = -15",
    ]);
    await until("it has heard why", () => peer.reader.frames.some(({ opcode }) => opcode === "close"));
    expect(peer.reader.frames.at(-1)?.payload.readUInt16BE()).toBe(1003);
  });

  const bytes = (...values: number[]): Buffer => Buffer.from(values);

  test.each([
    ["a frame of 2^63 bytes", bytes(0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0)],
    ["a frame of 2^62 bytes", bytes(0x82, 127, 0x40, 0, 0, 0, 0, 0, 0, 0, 0x41)],
    ["a frame that is larger than MQTT's largest packet", bytes(0x82, 127, 0, 0, 0, 0, 0x10, 0, 0, 5, 0x41)],
    ["a length that is written too long", bytes(0x82, 126, 0, 1, 0x41)],
    ["a masked frame", bytes(0x82, 0x81, 1, 2, 3, 4, 0x41)],
    ["a reserved bit", bytes(0xc2, 1, 0x41)],
    ["a reserved kind of data frame", bytes(0x83, 1, 0x41)],
    ["a reserved kind of control frame", bytes(0x8b, 1, 0x41)],
    ["a continuation of nothing", frame("continuation", "A")],
    ["a new message inside of another", Buffer.concat([frame("binary", "", false), frame("binary", "A")])],
    ["a ping that is too long", bytes(0x89, 126, 0, 126)],
    ["a ping in fragments", frame("ping", "A", false)],
    ["a close frame of one byte", bytes(0x88, 2, 0, 0)],
  ])("%s ends the link", async (_what, first) => {
    const peer = await startPeer({ first });
    const url = `ws://127.0.0.1:${peer.port}`;
    expect(await heardBy(startNode(talker(), url), url)).toEqual([
      `warn: [7] lost the connection to ${url}: the server's frames break the rules of WebSocket`,
      "info: [7] actuator 0 = -15",
    ]);
  });

  test("an end without a close frame is not one in good order", async () => {
    const peer = await startPeer({ first: frame("binary", "cut off"), afterwards: (socket) => socket.end() });
    const url = `ws://127.0.0.1:${peer.port}`;
    const lines = await heardBy(startNode(talker(), url), url);
    expect(lines).toEqual(["info: [7] cut off", "info: [7] actuator 0 = -10"]);
  });

  test("a server that pings without end and reads no answer is not waited for", async () => {
    const pings = Buffer.concat(Array.from({ length: 500 }, () => frame("ping", "x".repeat(125))));
    const peer = await startPeer({
      afterwards: (socket) => {
        socket.pause();
        const flood = (): void => {
          while (!socket.destroyed && socket.write(pings));
        };
        socket.on("drain", flood);
        flood();
      },
    });
    const url = `ws://127.0.0.1:${peer.port}`;
    expect(await heardBy(startNode(talker(), url), url)).toEqual([
      `warn: [7] lost the connection to ${url}: the server pings without end, and does not read the answers`,
      "info: [7] actuator 0 = -15",
    ]);
  });
});
