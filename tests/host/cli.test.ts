import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer, type Server as TlsServer } from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Broker, startBroker } from "../../host/broker.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import { Authority } from "../integration/certificates.ts";
import { compileModule, until } from "./modules.ts";

const MODULE = join(PROJECT_ROOT, "build", "temperature.wasm");
const DISCONNECT = Buffer.from([0xe0, 0x00]);

/** A command that runs, in a process group of its own as a terminal's job is. */
class Job {
  stdout = "";
  stderr = "";
  readonly #child: ChildProcess;
  readonly #exit: Promise<number | null>;

  constructor(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(command, args, { cwd: PROJECT_ROOT, detached: true, env: { ...process.env, ...env } });
    this.#child.stdout?.on("data", (text) => {
      this.stdout += text;
    });
    this.#child.stderr?.on("data", (text) => {
      this.stderr += text;
    });
    this.#exit = new Promise((resolve) => this.#child.on("close", resolve));
    jobs.push(this);
  }

  get lines(): string[] {
    return this.stdout.split("\n").filter((line) => line !== "");
  }

  /** The lines of stderr that report an error. */
  get errors(): string[] {
    return this.stderr.split("\n").filter((line) => line.startsWith("error "));
  }

  /** Ctrl-C: every process of the job gets it. */
  interrupt(): void {
    this.signal("SIGINT");
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined || this.#child.exitCode !== null) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // The group is gone already.
    }
  }

  async exitCode(): Promise<number | null> {
    return this.#exit;
  }
}

let jobs: Job[] = [];
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "wasmote-cli-"));
});

afterAll(() => rmSync(folder, { recursive: true }));

afterEach(() => {
  for (const job of jobs) job.signal("SIGKILL");
  jobs = [];
});

function npmStart(...args: string[]): Job {
  return new Job("npm", ["start", "--silent", "--", ...args]);
}

/** The command line without npm: as quick, and with its own exit codes. */
function wasmote(...args: string[]): Job {
  return new Job(process.execPath, ["--import", "tsx", join(PROJECT_ROOT, "host", "cli", "main.ts"), ...args]);
}

describe("npm start", () => {
  test("prints what two nodes publish, one line for each message, and ends in time", async () => {
    const job = npmStart("--duration", "3s", "--interval", "500ms", "--port", "0", "--ws-port", "0");
    expect(await job.exitCode()).toBe(0);
    expect(job.lines.length).toBeGreaterThanOrEqual(8);
    for (const line of job.lines) {
      expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} {2}sensor\/[12]\/temperature {2}\{"msg":"-?\d+\.\d"\}$/);
    }
    for (const id of [1, 2]) expect(job.stdout).toContain(`sensor/${id}/temperature`);
    expect(job.stderr).toContain("2 nodes under v8, broker at mqtt://127.0.0.1:");
    expect(job.stderr).toContain(`${job.lines.length} messages from 2 nodes`);
  });

  test.each(["v8", "wasm3"])("prints JSON and nothing else on stdout, under %s", async (engine) => {
    const options = ["--json", "--duration", "2s", "--nodes", "3", "--sensor", "constant:-0.1", "--engine", engine];
    const job = npmStart(...options, "--module", MODULE, "--port", "0", "--ws-port", "0");
    expect(await job.exitCode()).toBe(0);
    const messages = job.lines.map((line) => JSON.parse(line) as { time: string; topic: string });
    expect(new Set(messages.map(({ topic }) => topic))).toEqual(
      new Set([1, 2, 3].map((id) => `sensor/${id}/temperature`)),
    );
    for (const message of messages) {
      expect(message).toMatchObject({ payload: '{"msg":"-0.1"}', qos: 1, retain: false });
      expect(new Date(message.time).toISOString()).toBe(message.time);
    }
  });

  test("ends with 0 at Ctrl-C", async () => {
    const job = npmStart("--json", "--module", MODULE, "--interval", "100ms", "--port", "0", "--ws-port", "0");
    await until("messages arrive", () => job.lines.length >= 4, 50_000);
    job.interrupt();
    expect(await job.exitCode()).toBe(0);
    expect(job.errors).toEqual([]);
    expect(job.stderr).toMatch(/\d+ messages from 2 nodes/);
  });
});

describe("a broker of one's own", () => {
  let broker: Broker;
  let proxy: Server;
  let address: string;
  /** What each client sent. */
  let sent: Buffer[][];

  beforeEach(async () => {
    sent = [];
    broker = await startBroker({ port: 0, wsPort: 0 });
    proxy = createServer((client) => {
      const upstream = connect(broker.port, broker.host);
      const bytes: Buffer[] = [];
      sent.push(bytes);
      client.on("data", (chunk: Buffer) => bytes.push(chunk));
      client.pipe(upstream).pipe(client);
      for (const socket of [client, upstream]) socket.on("error", () => client.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    address = `mqtt://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  });

  afterEach(async () => {
    proxy.close();
    await broker.close();
  });

  test.each(["v8", "wasm3"])("gets a DISCONNECT from every node at Ctrl-C, under %s", async (engine) => {
    const job = wasmote("start", "--broker", address, "--module", MODULE, "--interval", "200ms", "--engine", engine);
    await until("both nodes publish", () => job.lines.length >= 4, 50_000);
    job.interrupt();
    expect(await job.exitCode()).toBe(0);
    expect(sent).toHaveLength(3);
    for (const bytes of sent) expect(Buffer.concat(bytes).subarray(-2)).toEqual(DISCONNECT);
  });

  test.each(["v8", "wasm3"])("`run` is one node, and SIGTERM ends it in good order, under %s", async (engine) => {
    const job = wasmote("run", MODULE, "--id", "n-7", "--broker", address, "--engine", engine, "--interval", "100");
    await until("it publishes", () => Buffer.concat(sent[0] ?? []).includes("sensor/n-7/temperature"), 50_000);
    job.signal("SIGTERM");
    expect(await job.exitCode()).toBe(0);
    expect(Buffer.concat(sent[0] ?? []).subarray(-2)).toEqual(DISCONNECT);
  });

  test("a second Ctrl-C ends at once", async () => {
    const stubborn = join(folder, "stubborn.wasm");
    writeFileSync(stubborn, await compileModule("lifecycle"));
    const job = wasmote("run", stubborn, "--id", "1", "--broker", address, "--set", "m=s");
    await until("it has started", () => job.stderr.includes("node 1: b"), 50_000);
    job.interrupt();
    await until("it was asked to stop", () => job.stderr.includes("node 1: s"));
    await new Promise((resolve) => setTimeout(resolve, 400));
    job.interrupt();
    expect(await job.exitCode()).toBe(130);
  });

  test("a port in use is one line that says what to do", async () => {
    const job = wasmote("start", "--module", MODULE, "--port", String(broker.port), "--ws-port", "0");
    expect(await job.exitCode()).toBe(1);
    expect(job.stderr).toBe(
      `error EADDRINUSE: port ${broker.port} on 127.0.0.1 is in use — ` +
        "choose another with --port N, or use a broker that runs already with --broker mqtt://host:port\n",
    );
  });
});

describe("brokers over TLS and WebSocket", () => {
  const authority = new Authority();
  const identity = authority.issue("localhost", { subjectAltName: "DNS:localhost" });
  let broker: Broker;
  let front: TlsServer;

  /** Speaks TLS in front of one of the broker's ports. */
  async function secure(port: number): Promise<number> {
    const pems = { cert: readFileSync(identity.cert), key: readFileSync(identity.key) };
    front = createTlsServer(pems, (client) => {
      const upstream = connect(port, broker.host);
      client.pipe(upstream).pipe(client);
      for (const socket of [client, upstream]) socket.on("error", () => client.destroy());
    });
    front.on("tlsClientError", () => {});
    await new Promise<void>((resolve) => front.listen(0, resolve));
    return (front.address() as AddressInfo).port;
  }

  beforeEach(async () => {
    broker = await startBroker({ port: 0, wsPort: 0 });
  });

  afterEach(async () => {
    front?.close();
    await broker.close();
  });

  test.each(["ws", "mqtts", "wss"])("`start` shows what nodes publish to %s://", async (scheme) => {
    const plain = scheme === "mqtts" ? broker.port : broker.wsPort;
    const port = scheme === "ws" ? plain : await secure(plain);
    const host = scheme === "ws" ? "127.0.0.1" : "localhost";
    const options = ["--broker", `${scheme}://${host}:${port}`, "--ca", authority.ca, "--module", MODULE];
    const job = wasmote("start", ...options, "--interval", "200ms", "--duration", "2s");
    expect(await job.exitCode()).toBe(0);
    expect(job.lines.length).toBeGreaterThanOrEqual(4);
    expect(job.stderr).toContain(`broker at ${scheme}://${host}:${port}`);
    expect(job.stderr).not.toMatch(/warn|error/);
  });

  test("`start` says why it does not use a broker that it can't verify", async () => {
    const port = await secure(broker.port);
    const job = wasmote("start", "--broker", `mqtts://localhost:${port}`, "--module", MODULE);
    expect(await job.exitCode()).toBe(1);
    expect(job.errors).toHaveLength(1);
    expect(job.errors[0]).toContain(
      `error EBROKER: can't use the broker at mqtts://localhost:${port}: self-signed certificate in certificate chain`,
    );
  });

  test("`run` shows the loud warning of --insecure", async () => {
    const address = `mqtts://localhost:${await secure(broker.port)}`;
    const job = wasmote("run", MODULE, "--id", "7", "--broker", address, "--insecure");
    await until("it is online", () => job.stderr.includes("online"), 50_000);
    expect(job.stderr).toMatch(new RegExp(`warn {2}node 7: INSECURE: the certificate of ${address} is not verified`));
    job.interrupt();
    expect(await job.exitCode()).toBe(0);
  });
});

describe("what can't be done is one line, and not 0", () => {
  test.each([
    [["start", "--duration", "soon"], 2, 'error EUSAGE: "soon" is no duration — write 500ms, 5s, 2m or 1h'],
    [["start", "--nodes", "0"], 2, 'error EUSAGE: "0" is no number of nodes — use a whole number from 1 to 1000'],
    [["start", "--interval", "1ms"], 2, "error EUSAGE: an interval of 1ms is out of range — use 100ms to 24h"],
    [["start", "--durtion", "5s"], 2, "error EUSAGE: unknown option '--durtion' — did you mean --duration?"],
    [["stat"], 2, "error EUSAGE: unknown command 'stat' — did you mean start?"],
    [["start", "--broker", "http://x"], 2, "error EENDPOINT: http:// is not supported: http://x — "],
    [["start", "--broker", "mqtts://x", "--ca", "/no/such.pem"], 2, "error ETLS: can't read /no/such.pem: ENOENT — "],
    [["run", MODULE, "--id", "7", "--broker", "mqtts://x", "--cert", "a.pem"], 2, "error ETLS: a certificate is "],
    [["run", MODULE, "--id", "7", "--broker", "mqtt://x", "--key", "a.pem"], 2, "error ETLS: a key is given "],
    [["start", "--sensor", "hot", "--module", MODULE, "--port", "0", "--ws-port", "0"], 2, "error ESENSOR: "],
    [["start", "--module", "/no/such.wasm", "--port", "0", "--ws-port", "0"], 2, "error ENOMODULE: "],
    [
      ["start", "--module", join(PROJECT_ROOT, "package.json"), "--port", "0", "--ws-port", "0"],
      1,
      "error EMODULE: not a WebAssembly module",
    ],
    [
      ["start", "--broker", "mqtt://127.0.0.1:1", "--module", MODULE],
      1,
      "error EBROKER: can't use the broker at mqtt://127.0.0.1:1: ECONNREFUSED — ",
    ],
    [["run", MODULE], 2, "error EUSAGE: the node has no id — "],
    [["run", MODULE, "--id", "7"], 2, "error EUSAGE: the node has no broker — "],
    [["run", MODULE, "--id", "a b", "--broker", "mqtt://x"], 2, 'error EID: "a b" is no node\'s id — '],
    [["run"], 2, "error EUSAGE: missing required argument 'module' — see --help"],
  ])("%j", async (args, code, message) => {
    const job = wasmote(...args);
    expect(await job.exitCode()).toBe(code);
    expect(job.errors).toHaveLength(1);
    expect(job.errors[0]).toContain(message);
    expect(job.stdout).toBe("");
  });

  test("help names every option, and is no error", async () => {
    const job = wasmote("start", "--help");
    expect(await job.exitCode()).toBe(0);
    for (const option of [
      "--duration",
      "--nodes",
      "--interval",
      "--broker",
      "--engine",
      "--sensor",
      "--json",
      "--ca",
      "--insecure",
    ]) {
      expect(job.stdout).toContain(option);
    }
  });
});
