import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { compile } from "../../host/build/compile.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import { until } from "../host/modules.ts";
import { file, module, program, run, type Started, start } from "./programs.ts";

const LOG = '(import "hal" "log" (func $log (param i32 i32 i32) (result i32)))';
const ENDED = "(i32.const -1)";
const step = (body: string): string => `(func (export "step") (param $now i32) (result i32) ${body})`;

/** Starts the sanitized program, and ends it with the test. What a trap leaves is tests/trace's. */
function startPosix(wasm: Uint8Array, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Started {
  const started = start(program("posix", "sanitize"), [file(wasm), "--id", "7", "--trap-trace", "none", ...args], env);
  onTestFinished(() => void started.child.kill("SIGKILL"));
  return started;
}

describe("the command line", () => {
  const wasm = module("");
  const error = (...args: string[]): { status: number | null; stdout: string; stderr: string } => {
    const { status, stdout, stderr } = run(program("posix", "sanitize"), args);
    return { status, stdout, stderr: stderr.replace("wasmote-posix: error: ", "") };
  };

  test.each([
    [[], "no module is given (see wasmote-posix --help)"],
    [["MODULE"], "no id is given (add --id, such as --id 7)"],
    [["MODULE", "--id", "a b"], '"a b" is not an id (use 1 to 23 of 0-9 A-Z a-z - _)'],
    [["MODULE", "--id"], "--id needs a value (see wasmote-posix --help)"],
    [["MODULE", "--wat"], "there is no flag --wat (see wasmote-posix --help)"],
    [["MODULE", "other.wasm"], "there is a second module, other.wasm (run one process for each node)"],
    [["MODULE", "--interval", "1x"], '"1x" is not an interval (use 100ms to 24h, such as 1s, 500ms or 1500)'],
    [["MODULE", "--interval", "99"], '"99" is not an interval (use 100ms to 24h, such as 1s, 500ms or 1500)'],
    [["MODULE", "--duration", "0s"], '"0s" is not a duration (use 5s, 500ms or 2m)'],
    [["MODULE", "--log-level", "loud"], '"loud" is not a log level (use debug, info, warn or error)'],
    [["MODULE", "--seed", "4294967296"], '"4294967296" is not a seed (use a number from 0 to 4294967295)'],
    [["MODULE", "--set", "=1"], '"=1" sets nothing (write it as key=value)'],
    [
      ["MODULE", "--sensor", "moon"],
      '"moon" is not a sensor (use constant:17.2, sine, walk:SEED, csv:FILE[#ROW] or file:PATH)',
    ],
    [
      ["MODULE", "--sensor", "sine:16,6~0.3"],
      '"sine:16,6~0.3" is not a sensor (use constant:17.2, sine, walk:SEED, csv:FILE[#ROW] or file:PATH)',
    ],
    [
      ["MODULE", "--sensor", "walk:42,10..30"],
      '"walk:42,10..30" is not a sensor (use constant:17.2, sine, walk:SEED, csv:FILE[#ROW] or file:PATH)',
    ],
    [
      ["MODULE", "--sensor", "csv:rows.csv#*"],
      "can't read rows.csv#* (use constant:17.2, sine, walk:SEED, csv:FILE[#ROW] or file:PATH)",
    ],
    [
      ["MODULE", "--sensor", "day:rows.csv"],
      '"day:rows.csv" is not a sensor (use constant:17.2, sine, walk:SEED, csv:FILE[#ROW] or file:PATH)',
    ],
    [["MODULE", "--insecure=yes"], "--insecure takes no value (see wasmote-posix --help)"],
    [["MODULE", "--id", "7", "--password-file", "PASSWORD"], "a password needs a user name (add --username)"],
  ])("%j is refused with one line and exit code 2", (args, message) => {
    const files: Record<string, string> = { MODULE: file(wasm), PASSWORD: file("secret\n") };
    const given = args.map((arg) => files[arg] ?? arg);
    expect(error(...given)).toEqual({ status: 2, stdout: "", stderr: `${message}\n` });
  });

  test("a broker's address with a password in it is refused without showing it", () => {
    const { status, stderr } = error(file(wasm), "--broker", "mqtt://me:hunter2@host");
    expect(status).toBe(2);
    expect(stderr).toContain("credentials do not belong in a broker's address");
    expect(stderr).not.toContain("hunter2");
  });

  test("a module that can't be read is exit code 1", () => {
    expect(error("/no/such.wasm", "--id", "7")).toMatchObject({
      status: 1,
      stderr: "can't read the module /no/such.wasm (build it with `npm run build`, or check its path)\n",
    });
  });
});

describe("a node that fails", () => {
  test("a trap is reported by name, and the node restarts with a fresh image and growing waits", async () => {
    const wasm = module(`${LOG} (data (i32.const 8) "fresh")`, {
      setup: '(func (export "setup") (drop (call $log (i32.const 1) (i32.const 8) (i32.const 5))))',
      step: step("(memory.fill (i32.const 8) (i32.const 120) (i32.const 5)) unreachable"),
    });
    const node = startPosix(wasm);
    await node.says(/it restarts in 4000 ms/);
    expect(node.stderr.trim().split("\n")).toEqual([
      "info: [7] fresh",
      "error: [7] the node trapped: [trap] unreachable executed; it restarts in 1000 ms",
      "info: [7] fresh",
      "error: [7] the node trapped: [trap] unreachable executed; it restarts in 2000 ms",
      "info: [7] fresh",
      "error: [7] the node trapped: [trap] unreachable executed; it restarts in 4000 ms",
    ]);
    node.child.kill("SIGTERM");
    expect(await node.ended).toBe(0);
  });

  test("a module that loops is found by the watchdog, and the device resets until it is asked to end", async () => {
    const wasm = module(`${LOG} (data (i32.const 8) "boot")`, {
      setup: '(func (export "setup") (drop (call $log (i32.const 1) (i32.const 8) (i32.const 4))))',
      step: step("(loop $forever (br $forever)) (i32.const 0)"),
    });
    const node = startPosix(wasm);
    await node.says(/info: \[7] boot/, 2);
    expect(node.stderr.trim().split("\n")).toEqual([
      "info: [7] boot",
      "error: [7] watchdog: the module did not return within 5000 ms",
      "warn: [7] the device resets",
      "info: [7] boot",
    ]);
    node.child.kill("SIGTERM");
    expect(await node.ended).toBe(1);
  });

  test("a node that does not take its leave has two seconds", async () => {
    const node = startPosix(module("", { step: step("(i32.const 60000)") }), ["--duration", "100ms"]);
    expect(await node.ended).toBe(0);
    expect(node.stderr).toBe("warn: [7] the node did not take its leave within 2000 ms\n");
  });
});

describe("what a node sees of its board", () => {
  /** Logs what config_get(key) gives, or "none". */
  const configured = (key: string): Uint8Array =>
    module(
      `(import "hal" "config_get" (func $get (param i32 i32 i32 i32) (result i32))) ${LOG}
       (data (i32.const 0) "${key}") (data (i32.const 24) "none")`,
      {
        step: step(`(local $n i32)
          (local.set $n (call $get (i32.const 0) (i32.const ${key.length}) (i32.const 28) (i32.const 36)))
          (if (i32.lt_s (local.get $n) (i32.const 0))
            (then (drop (call $log (i32.const 1) (i32.const 24) (i32.const 4))))
            (else (drop (call $log (i32.const 1) (i32.const 28) (local.get $n)))))
          ${ENDED}`),
      },
    );

  test.each([
    ["id", [], "7"],
    ["interval", ["--interval", "1.5s"], "1500"],
    ["interval", [], "none"],
    ["color", ["--set", "color=red", "--set", "color=blue=ish"], "blue=ish"],
    ["username", ["--username", "me"], "me"],
    ["password", [], "none"],
  ])("its configuration: %s with %j", async (key, args, value) => {
    const node = startPosix(configured(key), args);
    expect(await node.ended).toBe(0);
    expect(node.stderr).toBe(`info: [7] ${value}\n`);
  });

  test("its password, from a file or the environment, which no log shows", async () => {
    const fromFile = startPosix(configured("password"), ["--username", "me", "--password-file", file("hunter2\n")]);
    const fromEnvironment = startPosix(configured("password"), ["--username", "me"], { WASMOTE_PASSWORD: "hunter2" });
    expect([await fromFile.ended, await fromEnvironment.ended]).toEqual([0, 0]);
    expect([fromFile.stderr, fromEnvironment.stderr]).toEqual(["info: [7] ***\n", "info: [7] ***\n"]);
  });

  test("a log line can't act on a terminal, and lower levels are left out", async () => {
    const log = (level: number): string => `(drop (call $log (i32.const ${level}) (i32.const 8) (i32.const 6)))`;
    const wasm = module(`${LOG} (data (i32.const 8) "a\\1b[2J\\n")`, {
      step: step(log(0) + log(1) + log(2) + log(3) + ENDED),
    });
    const node = startPosix(wasm, ["--log-level", "warn"]);
    await node.ended;
    expect(node.stderr).toBe("warn: [7] a?[2J?\nerror: [7] a?[2J?\n");
  });

  test("deep sleep: it resumes when the time is over, and hears for how long", async () => {
    const wasm = module(
      `(import "hal" "deep_sleep" (func $sleep (param i32) (result i32))) ${LOG} (data (i32.const 8) "short")`,
      {
        step: step(`(if (i32.load (i32.const 0)) (then (return ${ENDED}))) (call $sleep (i32.const 300))`),
        resume: `(func (export "resume") (param $now i32) (param $slept i32)
        (i32.store (i32.const 0) (i32.const 1))
        (if (i32.or (i32.lt_u (local.get $slept) (i32.const 300)) (i32.gt_u (local.get $slept) (i32.const 5000)))
          (then (drop (call $log (i32.const 3) (i32.const 8) (i32.const 5))))))`,
      },
    );
    const startedMs = performance.now();
    const node = startPosix(wasm);
    expect(await node.ended).toBe(0);
    expect(node.stderr).toBe("");
    expect(performance.now() - startedMs).toBeGreaterThan(300);
  });

  /** Actuator 0 shows each reading, or the error instead of it. */
  const readings = (count: number): Uint8Array =>
    module(
      `(import "hal" "sensor_read" (func $read (param i32 i32) (result i32)))
       (import "hal" "actuator_write" (func $show (param i32 i32) (result i32)))`,
      {
        step: step(`(local $r i32)
          (local.set $r (call $read (i32.const 0) (i32.const 0)))
          (drop (call $show (i32.const 0) (select (i32.load (i32.const 0)) (local.get $r) (i32.eqz (local.get $r)))))
          (i32.store (i32.const 4) (i32.add (i32.load (i32.const 4)) (i32.const 1)))
          (select (i32.const -1) (i32.const 0) (i32.eq (i32.load (i32.const 4)) (i32.const ${count})))`),
      },
    );

  test.each([
    ["constant:-0.5", [-500, -500]],
    ["sine:20,0", [20_000, 20_000]],
    [`csv:${file("time,celsius\n2010-01-01T01:00:00,4.0\n2010-01-01T02:00:00,-3.95\n")}`, [4000, -3950, 4000]],
    [`csv:${file("time,celsius\n2010-01-01T01:00:00,4.0\n2010-01-01T02:00:00,-3.95\n")}#3`, [-3950, 4000]],
    [`file:${file("21500\n")}`, [21_500]],
    [`file:${file("-7\n")}`, [-7]],
    [`file:${file("21.5\n")}`, [-5]],
    [`file:${file("")}`, [-5]],
    ["file:/no/such/probe", [-5]],
  ])("its sensor %s reads %j", async (sensor, values) => {
    const node = startPosix(readings(values.length), ["--sensor", sensor]);
    expect(await node.ended).toBe(0);
    expect(node.stderr).toBe(values.map((value) => `info: [7] actuator 0 = ${value}\n`).join(""));
  });

  test("a walk repeats with its seed and takes small steps", async () => {
    const [first, second] = ["walk:42", "walk:42"].map((sensor) => startPosix(readings(50), ["--sensor", sensor]));
    await Promise.all([first?.ended, second?.ended]);
    const values = [...(first?.stderr.matchAll(/= (-?\d+)/g) ?? [])].map(([, value]) => Number(value));
    expect(second?.stderr).toBe(first?.stderr);
    expect(values).toHaveLength(50);
    expect(new Set(values).size).toBeGreaterThan(10);
    values.forEach((value, index) => {
      expect(Math.abs(value - (values[index - 1] ?? 20_000))).toBeLessThanOrEqual(100);
    });
  });
});

describe("the network", () => {
  let publisher: Uint8Array;
  let server: Server | undefined;

  beforeAll(async () => {
    const entry = join(PROJECT_ROOT, "tests", "boards", "modules", "publisher.ts");
    const config = join(PROJECT_ROOT, "asconfig.json");
    publisher = (await compile({ baseDir: PROJECT_ROOT, entry, config })).wasm;
  });

  afterEach(() => void server?.close());

  /** A listener on 127.0.0.1, as a broker's address on `host`. */
  async function listen(onConnection: (socket: Socket) => void, host = "127.0.0.1"): Promise<string> {
    server = createServer({ allowHalfOpen: true }, (socket) => {
      // A node that is killed with its test resets its link; a test that cares listens itself.
      socket.on("error", () => {});
      onConnection(socket);
    });
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    return `mqtt://${host}:${(server.address() as AddressInfo).port}`;
  }

  test.each(["127.0.0.1", "localhost"])(
    "connects to %s, exchanges packets, and says good-bye when it is asked to",
    async (host) => {
      const received: Buffer[] = [];
      const url = await listen((socket) => {
        socket.on("data", (data) => {
          received.push(data);
          // CONNACK or PUBACK: the node only looks that something came.
          socket.write(data[0] === 0x10 ? Buffer.from([0x20, 2, 0, 0]) : Buffer.from([0x40, 2, 0, 1]));
        });
        socket.on("end", () => socket.end());
      }, host);
      const node = startPosix(publisher, ["--broker", url, "--sensor", "constant:17.2"]);
      await until("three packets arrived", () => received.length >= 3);
      node.child.kill("SIGINT");
      expect(await node.ended).toBe(0);
      const bytes = Buffer.concat(received);
      expect(bytes.subarray(0, 15).toString("hex")).toBe("100d00044d5154540402003c000137");
      expect(bytes.subarray(15, 26).toString("hex")).toBe("320900017400013137" + "3230");
      expect(bytes.subarray(-2).toString("hex")).toBe("e000");
    },
  );

  test("what net_send had taken arrives although the node left bytes unread", async () => {
    // It connects, waits for a byte's arrival without reading it, sends 40 bytes and closes.
    const wasm = module(
      `(import "hal" "net_open" (func $open (param i32) (result i32)))
       (import "hal" "net_state" (func $state (param i32) (result i32)))
       (import "hal" "net_send" (func $send (param i32 i32 i32) (result i32)))
       (import "hal" "net_close" (func $close (param i32) (result i32)))`,
      {
        setup: '(func (export "setup") (drop (call $open (i32.const 0))))',
        step: step(`
          (if (i32.ne (call $state (i32.const 0)) (i32.const 1)) (then (return (i32.const 1000))))
          (if (i32.eqz (i32.load (i32.const 60)))
            (then (i32.store (i32.const 60) (i32.const 1)) (return (i32.const 300))))
          (drop (call $send (i32.const 0) (i32.const 0) (i32.const 40)))
          (drop (call $close (i32.const 0))) ${ENDED}`),
      },
    );
    const outcome = new Promise<{ bytes: number; error: string | undefined }>((resolve) => {
      let bytes = 0;
      let error: string | undefined;
      void listen((socket) => {
        socket.write(Buffer.alloc(1000));
        // A reset takes away what the peer has not read yet, so this one reads late.
        socket.pause();
        setTimeout(() => socket.resume(), 1000);
        socket.on("data", (data) => (bytes += data.length));
        socket.on("error", (problem) => (error = problem.message));
        socket.on("end", () => socket.end());
        socket.on("close", () => resolve({ bytes, error }));
      }).then((url) => startPosix(wasm, ["--broker", url]));
    });
    expect(await outcome).toEqual({ bytes: 40, error: undefined });
  });

  test("a peer that ended the link in good order: its last bytes come first, then EPIPE", async () => {
    const url = await listen((socket) => socket.end(Buffer.from([1, 2, 3])));
    const wasm = module(
      `(import "hal" "net_open" (func $open (param i32) (result i32)))
       (import "hal" "net_recv" (func $recv (param i32 i32 i32) (result i32)))
       (import "hal" "net_state" (func $state (param i32) (result i32)))
       (import "hal" "actuator_write" (func $show (param i32 i32) (result i32)))`,
      {
        setup: '(func (export "setup") (drop (call $open (i32.const 0))))',
        step: step(`(local $r i32)
          (local.set $r (call $recv (i32.const 0) (i32.const 0) (i32.const 2)))
          (if (local.get $r) (then (drop (call $show (i32.const 0) (local.get $r)))))
          (if (i32.lt_s (local.get $r) (i32.const 0)) (then
            (drop (call $show (i32.const 0) (call $state (i32.const 0))))
            (return ${ENDED})))
          (i32.const 1000)`),
      },
    );
    const node = startPosix(wasm, ["--broker", url, "--log-level", "info"]);
    expect(await node.ended).toBe(0);
    const values = [...node.stderr.matchAll(/actuator 0 = (-?\d+)/g)].map(([, value]) => Number(value));
    expect(values).toEqual([2, 1, -11, -11]);
  });

  test("an unreachable broker is not the end: the log says it, and the node goes on trying", async () => {
    const url = await listen(() => {});
    await new Promise<void>((resolve) => server?.close(() => resolve()));
    const node = startPosix(publisher, ["--broker", url]);
    await node.says(/warn: \[7] no connection to mqtt:\S+: nothing listens there/, 3);
    node.child.kill("SIGINT");
    expect(await node.ended).toBe(0);
  });

  test("a name that does not resolve is told apart", async () => {
    const node = startPosix(publisher, ["--broker", "mqtt://nothing.invalid"]);
    await node.says(/no connection to mqtt:\/\/nothing\.invalid: its name does not resolve/);
  });

  test("a node that does not look at its link does not make the board spin", async () => {
    const wasm = module(
      `(import "hal" "net_open" (func $open (param i32) (result i32)))
       (import "hal" "actuator_write" (func $show (param i32 i32) (result i32)))`,
      {
        setup: '(func (export "setup") (drop (call $open (i32.const 0))))',
        step: step("(drop (call $show (i32.const 0) (i32.const 1))) (i32.const 60000)"),
      },
    );
    const url = await listen((socket) => socket.end(Buffer.from([1])));
    const node = startPosix(wasm, ["--broker", url, "--duration", "500ms"]);
    await node.ended;
    // One step to begin with, one when it connects, one when bytes come, and those of its leave.
    expect(node.stderr.match(/actuator/g)?.length).toBeLessThan(10);
  });
});
