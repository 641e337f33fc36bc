import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type LoadedModule, loadModule } from "../../host/engine/module.ts";
import type { WasmoteError } from "../../host/errors.ts";
import { LogBook } from "../../host/node/log.ts";
import { V8Node } from "../../host/node/v8-node.ts";
import { compileModule, until } from "./modules.ts";

let module: LoadedModule;
let server: Server;
let sockets: Socket[];
let nodes: V8Node[];

beforeAll(async () => {
  module = loadModule(await compileModule("lifecycle"));
});

beforeEach(async () => {
  sockets = [];
  nodes = [];
  server = createServer((socket) => {
    sockets.push(socket.resume().on("error", () => {}));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterEach(() => {
  for (const node of nodes) node.kill();
  server.close();
});

function startNode(mode: string, restartMs = 20): V8Node {
  const { port } = server.address() as AddressInfo;
  const node = new V8Node(
    module,
    { module: "", id: "7", brokers: [`mqtt://127.0.0.1:${port}`], sensor: "constant:1", config: { m: mode } },
    { restartMs },
  );
  nodes.push(node);
  node.start();
  return node;
}

function texts(node: V8Node): string[] {
  return node.logs.map(({ text }) => text);
}

test("a node that traps is reported by the trap's name and starts again, later each time", async () => {
  const node = startNode("t", 40);
  const faults: { error: WasmoteError; atMs: number }[] = [];
  node.on("fault", (error) => faults.push({ error, atMs: performance.now() }));
  await until("it has trapped three times", () => faults.length === 3);
  expect(faults[0]?.error).toMatchObject({ code: "ETRAP", message: "trap in step(): unreachable" });
  const [first = 0, second = 0, third = 0] = faults.map(({ atMs }) => atMs);
  expect(second - first).toBeGreaterThan(38);
  expect(third - second).toBeGreaterThan(78);
  expect(texts(node).filter((text) => text === "b")).toHaveLength(3);
  expect(texts(node)).toContain("trap in step(): unreachable (ETRAP); starting again in 80 ms");
});

test("the link of a node that trapped breaks at once", async () => {
  const node = startNode("t", 10_000);
  await once(node, "fault");
  await until("its link is gone", () => sockets[0]?.destroyed === true);
});

test("a node that will not end is cut off after two seconds", async () => {
  const node = startNode("s");
  await until("it has connected", () => sockets.length === 1);
  const startedMs = performance.now();
  await Promise.all([node.stop(), node.stop()]);
  expect(performance.now() - startedMs).toBeGreaterThan(1_900);
  expect(performance.now() - startedMs).toBeLessThan(4_000);
  expect(texts(node)).toEqual(["b", "s"]);
});

test("a node that is killed breaks its link and says nothing more", async () => {
  const node = startNode("s");
  await until("it has connected", () => sockets.length === 1);
  const failed = once(sockets[0] as Socket, "error");
  let ended = 0;
  node.on("ended", () => ended++);
  node.kill();
  node.kill();
  expect(((await failed) as [NodeJS.ErrnoException])[0].code).toBe("ECONNRESET");
  await node.stop();
  expect(ended).toBe(1);
  expect(texts(node)).toEqual(["b"]);
});

test("a node that trapped can be stopped while it waits", async () => {
  const node = startNode("t", 60_000);
  await once(node, "fault");
  await node.stop();
  expect(texts(node).filter((text) => text === "b")).toHaveLength(1);
});

test("deep sleep breaks the link, keeps the image, and ends with resume", async () => {
  const node = startNode("d");
  await until("it has resumed", () => texts(node).length === 2);
  expect(texts(node)).toEqual(["b", "r"]);
  await until("its link is gone", () => sockets.every((socket) => socket.destroyed));
});

test("no log line shows the password, or a control character", () => {
  const book = new LogBook("geheim");
  expect(book.add(0, "user u, password geheim, geheim")).toEqual({ level: "debug", text: "user u, password ***, ***" });
  expect(book.add("warn", "a\u001b[31mb\nc\u0085")).toEqual({ level: "warn", text: "a\\x1b[31mb\\x0ac\\x85" });
  for (let i = 0; i < 2_000; i++) book.add(1, String(i));
  expect(book.lines).toHaveLength(1_000);
  expect(book.lines.at(-1)?.text).toBe("1999");
  expect(new LogBook("").add(1, "as it is").text).toBe("as it is");
});
