import { closeSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from "node:fs";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { addMetadata } from "../../host/module/metadata.ts";
import { SLOT_BYTES } from "../../host/storage/slots.ts";
import { bareModule, file, IMAGE_SIZE, type Outcome, program, run, start } from "./programs.ts";

const HEAD_BYTES = 32;
/** Bytes of a slot that a checkpoint of these modules takes. */
const USED = HEAD_BYTES + IMAGE_SIZE;

/** Counts its lives at address 16, says how many there were, asks for a checkpoint and ends. */
function counter({ layoutId = 1, setup = "", step = "", resume = "" } = {}): Uint8Array {
  const body = `
    (import "hal" "checkpoint" (func $checkpoint (result i32)))
    (import "hal" "log" (func $log (param i32 i32 i32) (result i32)))
    (data (i32.const 8) "life 0")
    (func $say (i32.store8 (i32.const 13) (i32.add (i32.const 48) (i32.load (i32.const 16))))
      (drop (call $log (i32.const 1) (i32.const 8) (i32.const 6))))`;
  const wasm = bareModule(body, {
    setup: `(func (export "setup") ${setup})`,
    step: `(func (export "step") (param i32) (result i32)
      (i32.store (i32.const 16) (i32.add (i32.load (i32.const 16)) (i32.const 1)))
      (call $say) ${step} (drop (call $checkpoint)) (i32.const -1))`,
    resume: `(func (export "resume") (param i32 i32) ${resume})`,
  });
  return addMetadata(wasm, { imageSize: IMAGE_SIZE, layoutId });
}

const COUNTER = counter();
let image: string;
beforeEach(() => {
  image = file("");
});

function live(wasm = COUNTER, ...args: string[]): Outcome {
  const given = [file(wasm), "--id", "7", "--image", image, "--trap-trace", "none", ...args];
  return run(program("posix", "sanitize"), given);
}

/** What it logs, without its levels and ids. */
function says(outcome: Outcome): string[] {
  expect(outcome.status, outcome.stderr).toBe(0);
  const lines = outcome.stderr.trimEnd().split("\n");
  return lines.map((line) => line.replace(/^\w+: \[7\] /, "").replace(/, \d+ s old$/, ""));
}

function patch(at: number, bytes: Uint8Array): void {
  const handle = openSync(image, "r+");
  writeSync(handle, bytes, 0, bytes.length, at);
  closeSync(handle);
}

describe("a board with a file for its images", () => {
  test("goes on where the node's last life ended, through any number of lives", () => {
    expect(says(live())).toEqual(["life 1"]);
    for (let life = 2; life <= 6; life++) {
      expect(says(live())).toEqual([`goes on from checkpoint ${life - 2}`, `life ${life}`]);
    }
  });

  test("keeps the file for its owner alone: the image may hold a password", () => {
    image = `${image}-new`;
    live();
    expect(statSync(image).mode & 0o777).toBe(0o600);
  });

  test("passes over the newest checkpoint if a single bit of it is wrong, whichever it is, and takes the one before", () => {
    for (let life = 1; life <= 3; life++) live();
    const whole = readFileSync(image);
    // The third went into the first slot again.
    for (let at = 0; at < USED; at++) {
      writeFileSync(image, whole);
      patch(at, Buffer.of((whole[at] as number) ^ (1 << (at % 8))));
      expect(says(live()), `byte ${at}`).toEqual([
        "1 of 2 checkpoints are damaged",
        "goes on from checkpoint 1",
        "life 3",
      ]);
    }
  });

  test("passes over a checkpoint that the power cut has torn, after whichever byte", () => {
    live();
    live();
    const before = readFileSync(image);
    live();
    const after = readFileSync(image).subarray(0, USED);
    let torn = 0;
    for (let length = 0; length <= USED; length++) {
      writeFileSync(image, before);
      patch(0, after.subarray(0, length));
      const lines = says(live());
      const isWhole = readsAlike(before, after, length);
      torn += isWhole === "torn" ? 1 : 0;
      const from = isWhole === "new" ? 2 : 1;
      expect(lines.slice(isWhole === "torn" ? 1 : 0), `${length} bytes`).toEqual([
        `goes on from checkpoint ${from}`,
        `life ${from + 2}`,
      ]);
    }
    expect(torn).toBeGreaterThan(30);
  });

  test("starts afresh and says so if both are damaged", () => {
    live();
    live();
    patch(HEAD_BYTES + 20, Buffer.of(0x55));
    patch(SLOT_BYTES + HEAD_BYTES + 20, Buffer.of(0x55));
    expect(says(live())).toEqual([
      "2 of 2 checkpoints are damaged",
      "no checkpoint is valid: a fresh start, and what was queued is lost",
      "life 1",
    ]);
    expect(says(live())).toEqual(["1 of 2 checkpoints are damaged", "goes on from checkpoint 0", "life 2"]);
  });

  test("takes neither zeros nor erased flash for damage", () => {
    writeFileSync(image, Buffer.alloc(2 * SLOT_BYTES, 0xff));
    expect(says(live())).toEqual(["life 1"]);
  });

  test("takes the newer one although its number has wrapped", () => {
    live();
    const wrapped = readFileSync(image);
    // The newest checkpoint's number becomes 2^32 - 1; the CRC says that it is damaged, so the board itself has to write it.
    expect(wrapped.readUInt32LE(4)).toBe(0);
    patch(0, renumbered(wrapped.subarray(0, USED), 0xffff_ffff));
    expect(says(live())).toEqual(["goes on from checkpoint 4294967295", "life 2"]);
    expect(says(live())).toEqual(["goes on from checkpoint 0", "life 3"]);
  });

  test("never gives an image to a module with another layout, nor to other settings", () => {
    live();
    expect(says(live(counter({ layoutId: 2 })))).toEqual([
      "checkpoint 0 is of a module with another layout: a fresh start",
      "life 1",
    ]);
    expect(says(live(counter({ layoutId: 2 }), "--set", "color=red"))).toEqual([
      "checkpoint 1 was made with other settings: a fresh start",
      "life 1",
    ]);
    expect(says(live(counter({ layoutId: 2 }), "--set", "color=red"))).toEqual(["goes on from checkpoint 2", "life 2"]);
  });

  test("refuses a length that leaves the slot, although its CRC is right", () => {
    live();
    const head = Buffer.from(readFileSync(image).subarray(0, USED));
    head.writeUInt32LE(0xffff_ffff, 16);
    patch(0, resealed(head));
    expect(says(live())).toEqual([
      "1 of 2 checkpoints are damaged",
      "no checkpoint is valid: a fresh start, and what was queued is lost",
      "life 1",
    ]);
  });

  test("gives up a checkpoint that traps when it is resumed, and does not come back to it", async () => {
    live();
    const poisoned = counter({ resume: "unreachable" });
    const node = start(program("posix", "sanitize"), [file(poisoned), "--id", "7", "--image", image]);
    onTestFinished(() => void node.child.kill("SIGKILL"));
    await node.ended;
    expect(node.stderr).toContain("goes on from checkpoint 0");
    expect(node.stderr).toContain("the node failed after checkpoint 0 was resumed: a fresh start");
    expect(node.stderr.trimEnd().split("\n").at(-1)).toBe("info: [7] life 1");
    expect(says(live())).toEqual(["goes on from checkpoint 2", "life 2"]);
  });

  test("goes on from the checkpoint after a trap of a node that had not resumed", async () => {
    // It traps in its second step, after the first has asked for a checkpoint.
    const wasm = counter({
      step: "(if (i32.eq (i32.load (i32.const 16)) (i32.const 2)) (then unreachable)) (if (i32.eq (i32.load (i32.const 16)) (i32.const 1)) (then (drop (call $checkpoint)) (return (i32.const 0))))",
      resume: "(i32.store (i32.const 16) (i32.const 4))",
    });
    expect(says(live(wasm))).toEqual([
      "life 1",
      "life 2",
      "the node trapped: [trap] unreachable executed; it restarts in 1000 ms",
      "goes on from checkpoint 0",
      "life 5",
    ]);
  });

  test("gives up a checkpoint that hangs twice when it is resumed", async () => {
    live();
    const hanging = counter({ resume: "(loop (br 0))" });
    const node = start(program("posix", "sanitize"), [file(hanging), "--id", "7", "--image", image]);
    onTestFinished(() => void node.child.kill("SIGKILL"));
    await node.ended;
    const lines = node.stderr.match(/watchdog:|goes on from checkpoint 0|the node failed after checkpoint 0|life 1/g);
    expect(lines).toEqual([
      "goes on from checkpoint 0",
      "watchdog:",
      "goes on from checkpoint 0",
      "watchdog:",
      "the node failed after checkpoint 0",
      "life 1",
    ]);
  }, 40_000);

  test("has nothing to give up where a module hangs that never made one", async () => {
    const hanging = counter({ step: "(if (i32.lt_u (i32.load (i32.const 16)) (i32.const 9)) (then (loop (br 0))))" });
    const node = start(program("posix", "sanitize"), [file(hanging), "--id", "7", "--image", image]);
    onTestFinished(() => void node.child.kill("SIGKILL"));
    await node.says(/the device resets/, 2);
    await node.says(/life 1/, 3);
    expect(node.stderr).not.toContain("checkpoint");
  }, 40_000);

  test("refuses a file that another node uses, that is none, or that holds something else", async () => {
    const busy = start(program("posix", "sanitize"), [
      file(counter({ step: "(return (i32.const 60000))" })),
      ...["--id", "7", "--image", image, "--log-level", "debug"],
    ]);
    onTestFinished(() => void busy.child.kill("SIGKILL"));
    await busy.says(/life 1/);
    const refused = (path: string): string => {
      const { status, stderr } = run(program("posix", "sanitize"), [file(COUNTER), "--id", "7", "--image", path]);
      expect(status).toBe(1);
      return stderr.replaceAll(path, "FILE");
    };
    const line = (why: string): string =>
      `wasmote-posix: error: can't keep the image in FILE: ${why} (give another file with --image)\n`;
    expect(refused(image)).toBe(line("another node keeps its image there"));
    expect(refused("/tmp")).toBe(line("Is a directory"));
    expect(refused("/dev/zero")).toBe(line("it is not a file"));
    expect(refused(file(Buffer.alloc(2 * SLOT_BYTES + 1)))).toBe(line("it is too large to hold checkpoints"));
  });
});

/** Whether the first slot is still the old checkpoint, already the new one, or neither. */
function readsAlike(before: Buffer, after: Buffer, length: number): "old" | "new" | "torn" {
  const slot = Buffer.concat([after.subarray(0, length), before.subarray(length, USED)]);
  if (slot.equals(after)) return "new";
  return slot.equals(before.subarray(0, USED)) ? "old" : "torn";
}

/** CRC-32 of IEEE 802.3, written from its definition. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

function resealed(checkpoint: Buffer): Buffer {
  const bytes = Buffer.from(checkpoint);
  bytes.writeUInt32LE(crc32(Buffer.concat([bytes.subarray(0, 28), bytes.subarray(HEAD_BYTES)])), 28);
  return bytes;
}

function renumbered(checkpoint: Buffer, sequence: number): Buffer {
  const bytes = Buffer.from(checkpoint);
  bytes.writeUInt32LE(sequence, 4);
  return resealed(bytes);
}
