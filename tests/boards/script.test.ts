import { describe, expect, test } from "vitest";
import { Errno } from "../../host/abi.ts";
import { Xorshift32 } from "../../host/hal/random.ts";
import { file, IMAGE_SIZE, module, program, run, Script } from "./programs.ts";

const IMPORTS = `
  (import "hal" "net_open" (func $open (param i32) (result i32)))
  (import "hal" "net_state" (func $state (param i32) (result i32)))
  (import "hal" "net_send" (func $send (param i32 i32 i32) (result i32)))
  (import "hal" "net_recv" (func $recv (param i32 i32 i32) (result i32)))
  (import "hal" "net_close" (func $close (param i32) (result i32)))
  (import "hal" "sensor_read" (func $sensor (param i32 i32) (result i32)))
  (import "hal" "clock_unix_ms" (func $clock (param i32) (result i32)))
  (import "hal" "random" (func $random (result i32)))
  (import "hal" "config_get" (func $config (param i32 i32 i32 i32) (result i32)))
  (import "hal" "log" (func $log (param i32 i32 i32) (result i32)))`;

interface Ran {
  readonly status: number | null;
  readonly stderr: string;
  /** Everything that --print shows but the last line. */
  readonly events: string[];
  /** Every step's result, as a signed number. */
  readonly results: number[];
  readonly last: Record<string, unknown>;
}

function drive(step: string, script: Script, body = ""): Ran {
  const wasm = module(`${IMPORTS} ${body}`, { step: `(func (export "step") (param $now i32) (result i32) ${step})` });
  return driveModule(wasm, script);
}

function driveModule(wasm: Uint8Array, script: Script): Ran {
  const { status, stdout, stderr } = run(program("script", "sanitize"), [file(wasm), "--print"], script.bytes);
  const lines = stdout.trimEnd().split("\n");
  const last = JSON.parse(lines.pop() || "{}") as Record<string, unknown>;
  const results = lines.flatMap((line) => (line.startsWith("step ") ? [Number(line.split(" -> ")[1]) | 0] : []));
  return { status, stderr, events: lines, results, last };
}

/** FNV-1a, 64 bits, written from its definition. */
function fnv1a(bytes: Iterable<number>): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, "0");
}

/** On now = 0 opens the link, on 1 its state, on 2 sends 8 bytes, on 3 receives 8, on 4 closes. */
const LINK = `
  (block (block (block (block (block (br_table 0 1 2 3 4 (local.get $now)))
    (return (call $open (i32.const 0))))
    (return (call $state (i32.const 0))))
    (return (call $send (i32.const 0) (i32.const 0) (i32.const 8))))
    (return (call $recv (i32.const 0) (i32.const 8) (i32.const 8))))
  (call $close (i32.const 0))`;
const [OPEN, STATE, SEND, RECV, CLOSE] = [0, 1, 2, 3, 4];

describe("wasmote-script", () => {
  test("hashes what was sent and what each step returned, in the order in which they happened", () => {
    const script = new Script().step(OPEN).open().step(SEND).sendCap(3).step(SEND);
    const { last, events } = drive(LINK, script, '(data (i32.const 0) "abcdefgh")');
    const abc = [..."abcdefgh"].map((letter) => letter.charCodeAt(0));
    expect(events).toEqual([
      "setup",
      "open 0",
      "step 0 -> 0",
      "send 6162636465666768",
      "step 2 -> 8",
      "send 616263",
      "step 2 -> 3",
    ]);
    expect(last).toEqual({
      steps: 3,
      sentBytes: 11,
      hash: fnv1a([0, 0, 0, 0, ...abc, 8, 0, 0, 0, ...abc.slice(0, 3), 3, 0, 0, 0]),
      image: fnv1a([...abc, ...new Array<number>(IMAGE_SIZE - 8).fill(0)]),
    });
  });

  test("a link is connecting until OPEN: it takes nothing and hands nothing over", () => {
    const script = new Script()
      .step(OPEN)
      .receive(1, 2)
      .step(STATE)
      .step(SEND)
      .step(RECV)
      .open()
      .step(STATE)
      .step(RECV);
    expect(drive(LINK, script).results).toEqual([0, 0, 0, 0, 1, 2]);
  });

  test("there is one link, for endpoint 0, and its handle is checked", () => {
    expect(drive(LINK, new Script().step(STATE).step(SEND).step(RECV).step(CLOSE)).results).toEqual([
      Errno.EBADF,
      Errno.EBADF,
      Errno.EBADF,
      Errno.EBADF,
    ]);
    expect(drive(LINK, new Script().step(OPEN).step(OPEN).step(CLOSE).step(OPEN)).results).toEqual([
      0,
      Errno.EMFILE,
      0,
      0,
    ]);
    expect(drive("(call $open (i32.const 1))", new Script().step(0)).results).toEqual([Errno.ENOENT]);
  });

  test("CLOSE waits until everything that had arrived was received", () => {
    const script = new Script().step(OPEN).open().receive(1, 2, 3).close(Errno.EPIPE).receiveCap(2);
    script.step(STATE).step(RECV).step(SEND).step(RECV).step(RECV).step(STATE).step(SEND);
    const { results } = drive(LINK, script);
    expect(results).toEqual([0, 1, 2, 8, 1, Errno.EPIPE, Errno.EPIPE, Errno.EPIPE]);
  });

  test("a link that never opened is closed by CLOSE at once", () => {
    const script = new Script().step(OPEN).close(Errno.ECONNREFUSED).step(STATE).step(RECV);
    expect(drive(LINK, script).results).toEqual([0, Errno.ECONNREFUSED, Errno.ECONNREFUSED]);
  });

  test("RESUME drops the link and passes both times on", () => {
    const wasm = module(IMPORTS, {
      step: `(func (export "step") (param $now i32) (result i32) ${LINK})`,
      resume:
        '(func (export "resume") (param i32 i32) (i32.store (i32.const 8) (local.get 0)) (i32.store (i32.const 12) (local.get 1)))',
    });
    const { results, last } = driveModule(wasm, new Script().step(OPEN).resume(0xffff_fff0, 5).step(STATE));
    const image = Buffer.alloc(IMAGE_SIZE);
    image.writeUInt32LE(0xffff_fff0, 8);
    image.writeUInt32LE(5, 12);
    expect(results).toEqual([0, Errno.EBADF]);
    expect(last).toMatchObject({ image: fnv1a(image) });
  });

  test("FRESH undoes every write, keeps the module's data, and setup runs again", () => {
    const wasm = module(`${IMPORTS} (data (i32.const 3) "data")`, {
      setup: '(func (export "setup") (i32.store (i32.const 32) (i32.const 7)))',
      step: '(func (export "step") (param i32) (result i32) (memory.fill (i32.const 0) (i32.const 255) (i32.const 64)) (i32.const 0))',
    });
    const fresh = Buffer.alloc(IMAGE_SIZE);
    fresh.write("data", 3);
    const { last } = driveModule(wasm, new Script().step(1).fresh());
    expect(last).toMatchObject({ image: fnv1a(fresh) });
    expect(driveModule(wasm, new Script().step(1).fresh().step(2)).events).toEqual([
      "setup",
      "step 1 -> 0",
      "setup",
      "step 2 -> 0",
    ]);
  });

  test("random() is the xorshift32 that the Node.js side has, from 1 and from a seed", () => {
    const firstThree = (seed: number): number[] => {
      const random = new Xorshift32(seed);
      return [random.next(), random.next(), random.next()];
    };
    expect(drive("(call $random)", new Script().step(0).step(0).step(0)).results).toEqual(firstThree(1));
    for (const seed of [42, 0, 0xffff_ffff]) {
      expect(drive("(call $random)", new Script().seed(seed).step(0).step(0).step(0)).results).toEqual(
        firstThree(seed),
      );
    }
  });

  test("the sensor shows the value or fails with the error that was set last", () => {
    const read =
      "(local $r i32) (local.set $r (call $sensor (i32.const 0) (i32.const 0))) (select (i32.load (i32.const 0)) (local.get $r) (i32.eqz (local.get $r)))";
    const script = new Script().step(0).sensor(-1).step(0).sensorError(Errno.EIO).step(0).sensor(5).step(0);
    expect(drive(read, script).results).toEqual([17_200, -1, Errno.EIO, 5]);
    expect(drive("(call $sensor (i32.const 1) (i32.const 0))", new Script().step(0)).results).toEqual([Errno.ENOENT]);
  });

  test("the clock is not set until CLOCK", () => {
    const high = "(drop (call $clock (i32.const 0))) (i32.load (i32.const 4))";
    expect(drive("(call $clock (i32.const 0))", new Script().step(0)).results).toEqual([Errno.EAGAIN]);
    expect(drive(high, new Script().clock(-(2n ** 40n)).step(0)).results).toEqual([-256]);
  });

  test("a configuration value that does not fit is not copied", () => {
    const get = (capacity: number): string =>
      `(call $config (i32.const 0) (i32.const 2) (i32.const 8) (i32.const ${capacity}))`;
    const configured = new Script().config("id", "wrong").config("id", "node-7").step(0);
    expect(drive(get(6), configured, '(data (i32.const 0) "id")').results).toEqual([6]);
    expect(drive(get(5), configured, '(data (i32.const 0) "id")').results).toEqual([Errno.EOVERFLOW]);
    expect(drive(get(6), new Script().step(0), '(data (i32.const 0) "id")').results).toEqual([Errno.ENOENT]);
  });

  test("log takes levels 0 to 3", () => {
    const { results, events } = drive(
      "(call $log (local.get $now) (i32.const 0) (i32.const 2))",
      new Script().step(3).step(4),
      '(data (i32.const 0) "hi")',
    );
    expect(results).toEqual([0, Errno.EINVAL]);
    expect(events).toContain("log 3 hi");
  });

  test("a trap ends the script with its name and its record", () => {
    const { status, last } = drive(
      "(i32.div_u (i32.const 1) (local.get $now))",
      new Script().sensor(1).step(1).step(0).step(1),
    );
    expect(status).toBe(1);
    expect(last).toEqual({ trap: "[trap] integer divide by zero", record: 2 });
  });

  test.each([
    ["is cut off", Buffer.from([0x01, 0x00]), "record 0: the script is cut off"],
    ["has an unknown record", Buffer.from([0x04, 0x77]), "record 1: unknown record type"],
    ["has an error that is none", Buffer.from([0x08, 0x00]), "record 0: an error is not negative"],
  ])("a script that %s is refused", (_, bytes, message) => {
    const { status, stderr } = run(program("script"), [file(module(""))], bytes);
    expect({ status, stderr }).toEqual({ status: 2, stderr: `wasmote-script: error: ${message}\n` });
  });
});
