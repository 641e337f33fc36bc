import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from "node:http";
import { connect, createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveDashboard } from "../../host/dashboard/server.ts";
import { Stage } from "./stage.ts";

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.start({ examples: ["temperature", "temperature"] });
});

afterAll(async () => {
  await stage.close();
  expect(stage.errors).toEqual([]);
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Asking {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string;
}

/** A request with its path as it is: fetch() would tidy it up. */
function ask(path: string, { method = "GET", headers = {}, body }: Asking = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: "127.0.0.1", port: stage.dashboard.port, path, method, agent: false, headers },
      (response) => {
        let text = "";
        response.setEncoding("utf-8");
        response.on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body: text }));
        response.on("error", reject);
      },
    );
    asked.on("error", reject);
    asked.end(body);
  });
}

/** A POST as the page makes it, with some of it changed. */
function post(path: string, { headers = {}, body = "{}" }: Asking = {}): Promise<Answer> {
  return ask(path, { method: "POST", headers: { "content-type": "application/json", ...headers }, body });
}

const isCut = (): boolean => stage.nodes.node("1").report().isCut;

describe("the page's files", () => {
  test("come with their types; those with a hash in their names may be kept", async () => {
    const page = await ask("/");
    expect(page.status).toBe(200);
    expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(page.headers["cache-control"]).toBe("no-cache");
    const script = page.body.match(/src="\.?(\/assets\/[^"]+\.js)"/)?.[1] ?? "";
    const style = page.body.match(/href="\.?(\/assets\/[^"]+\.css)"/)?.[1] ?? "";
    for (const [path, type] of [
      [script, "text/javascript; charset=utf-8"],
      [style, "text/css; charset=utf-8"],
    ] as const) {
      const { status, headers } = await ask(path);
      expect([status, headers["content-type"]]).toEqual([200, type]);
      expect(headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    }
  });

  test("run nothing inline, and let nothing in from elsewhere", async () => {
    const { headers, body } = await ask("/");
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("style-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|https?:|data:|blob:/);
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["referrer-policy"]).toBe("no-referrer");
    expect(headers["access-control-allow-origin"]).toBeUndefined();
    expect(body).not.toMatch(/<script(?![^>]* src=)|<style| style=| on\w+=|https?:/);
  });

  test("name the licences of what the page contains", async () => {
    const { status, body } = await ask("/licences.txt");
    expect(status).toBe(200);
    for (const name of ["mqtt", "preact", "uplot", "mqtt-packet", "readable-stream", "ws"]) {
      expect(body).toMatch(new RegExp(`^${name} \\d`, "m"));
    }
    for (const name of ["@jspm/core", "esbuild-plugin-polyfill-node"]) expect(body).toContain(`\n${name}\n`);
  });

  test.each([
    "/../package.json",
    "/%2e%2e/package.json",
    "/assets/../../package.json",
    "/assets/..%2f..%2fpackage.json",
    "/..\\package.json",
    "//etc/passwd",
    "/index.html%00",
    "/sources.sha256",
    "/assets",
    "/assets/",
    "/api",
    "/api/",
    "/api/nodes/",
    "/api/nodes/1",
    "/api/nodes/1/explode",
    "/api/nodes/../nodes/1/log",
    "/api/nodes/%31/log",
    `/${"a".repeat(5_000)}`,
  ])("are only those: %j is not found", async (path) => {
    const { status, body } = await ask(path);
    expect(status).toBe(404);
    expect(body).not.toContain("dependencies");
    expect(body.length).toBeLessThan(200);
  });
});

describe("requests that are not the page's", () => {
  test.each([
    "example.com",
    `example.com:8080`,
    "127.0.0.1.example.com",
    "localhost.example.com",
    "127.0.0.1@example.com",
  ])("a Host of %s, a name that was made to resolve to here, gets nothing", async (host) => {
    for (const path of ["/", "/api/nodes", "/licences.txt"]) {
      const { status, body } = await ask(path, { headers: { host } });
      expect([path, status]).toEqual([path, 403]);
      expect(body).toContain("EHOST");
    }
    expect((await post("/api/nodes/1/cut", { headers: { host } })).status).toBe(403);
    expect(isCut()).toBe(false);
  });

  test.each(["localhost", "localhost:9000", "127.0.0.1", "[::1]:8080"])(
    "a Host of %s is this machine",
    async (host) => {
      expect((await ask("/api/nodes", { headers: { host } })).status).toBe(200);
    },
  );

  test("a request without a Host is refused", async () => {
    const socket = connect(stage.dashboard.port, "127.0.0.1");
    socket.write("GET /api/nodes HTTP/1.0\r\n\r\n");
    let text = "";
    for await (const chunk of socket) text += chunk;
    expect(text).toMatch(/^HTTP\/1\.1 403 /);
    expect(text).not.toContain("temperature");
  });

  test.each(["https://example.com", "null", "http://localhost:3000", "http://127.0.0.1", "http://127.0.0.1:1"])(
    "the Origin %s can neither act nor connect",
    async (origin) => {
      const acted = await post("/api/nodes/1/cut", { headers: { origin } });
      expect([acted.status, acted.body]).toEqual([403, expect.stringContaining("EORIGIN")]);
      expect(isCut()).toBe(false);
      expect((await ask("/api/nodes", { headers: { origin } })).status).toBe(403);
      expect(await upgrade("/mqtt", { origin })).toMatch(/^HTTP\/1\.1 403 /);
    },
  );

  test("a WebSocket anywhere but at the broker's path is not found", async () => {
    expect(await upgrade("/", { origin: stage.url })).toMatch(/^HTTP\/1\.1 404 /);
    expect(await upgrade("/mqtt", { origin: stage.url, host: "example.com" })).toMatch(/^HTTP\/1\.1 403 /);
    expect(await upgrade("/mqtt", { origin: stage.url })).toMatch(/^HTTP\/1\.1 101 /);
    expect(await upgrade("/mqtt", {})).toMatch(/^HTTP\/1\.1 101 /);
  });

  /** The first line of the answer to a request for a WebSocket. */
  async function upgrade(path: string, headers: { origin?: string; host?: string }): Promise<string> {
    const { origin, host = `127.0.0.1:${stage.dashboard.port}` } = headers;
    const socket = connect(stage.dashboard.port, "127.0.0.1");
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: mqtt\r\n` +
        `${origin === undefined ? "" : `Origin: ${origin}\r\n`}\r\n`,
    );
    const first = await new Promise<string>((resolve, reject) => {
      socket.once("data", (bytes: Buffer) => resolve(String(bytes).split("\r\n")[0] ?? ""));
      socket.once("error", reject);
    });
    socket.destroy();
    return first;
  }
});

describe("calls", () => {
  test("the overview has every node and the broker's addresses", async () => {
    const { status, headers, body } = await ask("/api/nodes");
    expect(status).toBe(200);
    expect(headers["cache-control"]).toBe("no-store");
    const { nodes, broker } = JSON.parse(body) as { nodes: { id: string }[]; broker: unknown };
    expect(nodes.map(({ id }) => id)).toEqual(["1", "2"]);
    expect(broker).toEqual({
      mqtt: `mqtt://127.0.0.1:${stage.broker.port}`,
      ws: `ws://127.0.0.1:${stage.broker.wsPort}`,
    });
  });

  test("cut and restore a network, and cut and give power", async () => {
    const origin = stage.url;
    const act = async (action: string): Promise<unknown> => {
      const { status, body } = await post(`/api/nodes/2/${action}`, { headers: { origin } });
      expect(status).toBe(200);
      return JSON.parse(body);
    };
    expect(await act("cut")).toMatchObject({ id: "2", isCut: true });
    expect(await act("restore")).toMatchObject({ id: "2", isCut: false });
    expect(await act("kill")).toMatchObject({ id: "2", phase: "off" });
    expect(await act("start")).toMatchObject({ id: "2", phase: expect.not.stringMatching("off") });
  });

  test("the log of a node has its lines", async () => {
    const { body } = await ask("/api/nodes/1/log");
    const { lines } = JSON.parse(body) as { lines: { text: string }[] };
    expect(lines.map(({ text }) => text)).toContain("online");
  });

  test.each([
    ["/api/nodes", "POST", "GET"],
    ["/api/nodes/1/log", "DELETE", "GET"],
    ["/api/nodes/1/cut", "GET", "POST"],
    ["/api/nodes/1/cut", "PUT", "POST"],
    ["/", "POST", "GET, HEAD"],
    ["/", "OPTIONS", "GET, HEAD"],
  ])("%s with %s is refused, and says what is allowed", async (path, method, allowed) => {
    const { status, headers } = await ask(path, { method, headers: { "content-type": "application/json" } });
    expect([status, headers.allow]).toEqual([405, allowed]);
    expect(isCut()).toBe(false);
  });

  test.each([
    [undefined, 415],
    ["text/plain", 415],
    ["application/x-www-form-urlencoded", 415],
    ["multipart/form-data", 415],
    ["application/json; charset=utf-8", 200],
  ])("a POST of the type %s, which a form can send without asking, gets %d", async (type, status) => {
    const headers = type === undefined ? {} : { "content-type": type };
    const answer = await ask("/api/nodes/1/restore", { method: "POST", headers, body: "{}" });
    expect(answer.status).toBe(status);
  });

  test.each(["", "{", "null", "[]", '"cut"', "1"])("the body %j is no object, and does nothing", async (body) => {
    expect((await post("/api/nodes/1/cut", { body })).status).toBe(400);
    expect(isCut()).toBe(false);
  });

  test("a body that is too long is refused before all of it has come", async () => {
    const { status, body } = await post("/api/nodes/1/cut", { body: `{"a":"${"a".repeat(2_000)}"}` });
    expect([status, body]).toEqual([413, expect.stringContaining("ETOOLONG")]);
    expect(isCut()).toBe(false);
  });

  test("a node that is not there is an error that says so", async () => {
    const { status, body } = await post("/api/nodes/nobody/cut");
    expect([status, JSON.parse(body)]).toEqual([
      404,
      { error: { code: "ENODE", message: 'there is no node "nobody"', cure: "use an id of the list" } },
    ]);
  });

  test("what is no HTTP is answered with 400, and the server goes on", async () => {
    const socket = connect(stage.dashboard.port, "127.0.0.1");
    socket.write("\x10\x0c\x00\x04MQTT\r\n\r\n");
    let text = "";
    for await (const chunk of socket) text += chunk;
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect((await ask("/api/nodes")).status).toBe(200);
  });
});

describe("the port", () => {
  test("that was asked for and is in use is named, with what to do", async () => {
    const { broker, nodes, dashboard } = stage;
    const options = { page: "build/dashboard", broker, nodes, intervalMs: 1_000, onError: () => {} };
    await expect(serveDashboard({ ...options, port: dashboard.port })).rejects.toMatchObject({
      code: "EADDRINUSE",
      message: `port ${dashboard.port} on 127.0.0.1 is in use`,
      cure: expect.stringContaining("--http-port"),
    });
  });

  test("is another one than 8080 where that is in use and nobody asked for it", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => {
      taken.on("error", () => resolve());
      taken.listen(8080, "127.0.0.1", () => resolve());
    });
    const { broker, nodes } = stage;
    const other = await serveDashboard({
      page: "build/dashboard",
      port: undefined,
      broker,
      nodes,
      intervalMs: 1_000,
      onError: () => {},
    });
    expect(other.port).not.toBe(8080);
    await other.close();
    taken.close();
  });
});
