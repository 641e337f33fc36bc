/** One node of a fleet is recorded, and what is recorded replays under both engines. */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Trace } from "../../host/trace/reader.ts";
import { LEAST_PART } from "../../host/trace/secrets.ts";
import { wasmote } from "../device/command.ts";
import { until } from "../host/modules.ts";
import { compileApp } from "../unit/harness/modules.ts";
import { acceptedIds, address, allAccepted, Lab, NUMBERED } from "./lab.ts";

/** Of what builds the replaying program; every wait in it is for something that happens. */
const PATIENCE_MS = 240_000;
const PASSWORD = "Tr0ub4dor-and-3";
/** Nothing listens there. */
const NOWHERE = ["--no-observer", "--broker", "mqtt://127.0.0.1:1"];

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
});
afterEach(() => lab.dispose());

/** What the node did, in words, after both engines have found it to be as recorded. */
async function replayed(path: string, module: string): Promise<string> {
  const stories: string[] = [];
  for (const engine of ["v8", "wasm3"]) {
    const { code, stdout, stderr } = await wasmote(["replay", path, module, "--engine", engine, "--print"]);
    expect([code, stderr]).toEqual([0, ""]);
    const [last = "", ...story] = stdout.trimEnd().split("\n").reverse();
    expect(last).toMatch(new RegExp(`^as recorded: \\d+ calls, \\d+ of step, under ${engine}`));
    stories.push(story.reverse().join("\n"));
  }
  expect(stories[1]).toBe(stories[0]);
  return stories[0] ?? "";
}

test("a node of a shard, from its first setup on, through a cut, without the password", {
  timeout: PATIENCE_MS,
}, async () => {
  const broker = await lab.broker({ users: { fleet: PASSWORD } });
  const faults = [{ kind: "cut", at: "2s", for: "1s" }];
  const scenario = lab.write("cut.json", JSON.stringify({ name: "cut", faults }));
  const path = lab.path("n3.trace");
  const command = lab.start(
    [
      ...["--nodes", "12", "--shard", "1/2", "--workers", "2", "--interval", "500ms", "--scenario", scenario],
      ...["--trace", `n3=${path}`, "--username", "fleet", "--broker", address(broker), "--json", NUMBERED],
    ],
    { WASMOTE_PASSWORD: PASSWORD },
  );
  const isOfN3 = (line: string): boolean => /^New client connected from \S+ as n3 /.test(line);
  await broker.log.all(2, "connections of n3", isOfN3, { withinMs: 60_000 });
  const from = broker.log.end;
  await broker.log.all(2, "readings", (line) => /^Received PUBLISH from n3 \(d0, q1/.test(line), {
    from,
    withinMs: 30_000,
  });
  command.interrupt();
  const { code, stdout, stderr } = await command.outcome();
  expect(code).toBe(0);
  // The others are who they always are.
  expect(new Set(acceptedIds(broker))).toEqual(new Set(["n1", "n3", "n5", "n7", "n9", "n11"]));
  expect(JSON.parse(stdout)).toMatchObject({ nodes: 6, counters: { traps: 0 } });

  expect(statSync(path).mode & 0o777).toBe(0o600);
  const text = readFileSync(path, "latin1");
  expect(text).toContain("fleet");
  for (let at = 0; at + LEAST_PART <= PASSWORD.length; at++) {
    expect(text + stdout + stderr).not.toContain(PASSWORD.slice(at, at + LEAST_PART));
  }
  const story = await replayed(path, NUMBERED);
  expect(story).toMatch(/on a fresh image.*\n#1 setup\(\)/);
  expect(story.match(/ {4}CONNECT /g)?.length).toBeGreaterThanOrEqual(2);
  expect(story).toContain('"sensor/n3/temperature"');
  expect(story).not.toMatch(/"sensor\/n(?!3\/)/);
  expect(story).toMatch(/^#\d+ stop\(\)/m);
});

test("through sleep, traps and the starts after them", { timeout: PATIENCE_MS }, async () => {
  const module = lab.write("restless.wasm", await compileApp("tests/fleet/modules/restless.ts"));
  const path = lab.path("n2.trace");
  const command = lab.start(["--nodes", "4", "--trace", `n2=${path}`, ...NOWHERE, module]);
  const starts = (): number =>
    existsSync(path) && statSync(path).size > 0
      ? [...new Trace(readFileSync(path)).frames()].filter((frame) => frame.kind === "call" && frame.name === "setup")
          .length
      : 0;
  await until("it has started three times", () => starts() >= 3, 60_000);
  command.interrupt();
  expect((await command.outcome()).code).toBe(0);
  const story = await replayed(path, module);
  expect(story.match(/it traps: unreachable/g)?.length).toBeGreaterThanOrEqual(2);
  expect(story.match(/^#\d+ resume\(/gm)?.length).toBeGreaterThanOrEqual(2);
  expect(story.match(/on a fresh image/g)?.length).toBeGreaterThanOrEqual(3);
});

test("what can't be recorded is said in one line before anything starts", async () => {
  const path = lab.path("n1.trace");
  const short = await lab
    .start(["--trace", `n1=${path}`, "--username", "me", ...NOWHERE, NUMBERED], { WASMOTE_PASSWORD: "abc" })
    .outcome();
  expect([short.code, short.stdout]).toEqual([1, ""]);
  expect(short.stderr).toMatch(/^error ETRACESECRET: the value of password has less than 4 bytes: .+ — .+\n$/);
  expect(existsSync(path)).toBe(false);
  const nowhere = await lab.start(["--trace", "n1=/no/such/folder/trace", ...NOWHERE, NUMBERED]).outcome();
  expect([nowhere.code, nowhere.stdout]).toEqual([1, ""]);
  expect(nowhere.stderr).toMatch(
    /^error ETRACEFILE: the trace \/no\/such\/folder\/trace can't be written: ENOENT — .+\n$/,
  );
  const unknown = await lab.start(["--nodes", "9", "--trace", `n9=${path}`, ...NOWHERE, NUMBERED]).outcome();
  expect([unknown.code, unknown.stdout]).toEqual([2, ""]);
  expect(unknown.stderr).toBe('error EUSAGE: there is no node "n9" to record in this fleet — its nodes are n0 to n8\n');
  expect(existsSync(path)).toBe(false);
});

test("a file that takes no more is said in one line, the fleet goes on, and its end is a failure", async () => {
  const broker = await lab.broker();
  const path = lab.path("n1.trace");
  const options = ["--nodes", "4", "--interval", "500ms", "--trace", `n1=${path}`, "--quiet"];
  const command = lab.start([...options, "--broker", address(broker), NUMBERED]);
  await allAccepted(broker, 4);
  const { status } = spawnSync("prlimit", ["--pid", String(command.pid), "--fsize=1:1"]);
  expect(status).toBe(0);
  await until("it is said", () => command.stderr.includes("ETRACEFILE"), 30_000);
  const readings = (line: string): boolean => /^Received PUBLISH from n1 \(d0, q1/.test(line);
  await broker.log.all(2, "readings of the node", readings, { from: broker.log.end, withinMs: 30_000 });
  command.interrupt();
  const { code, stdout, stderr } = await command.outcome();
  expect(code).toBe(1);
  expect(stdout).toContain("4 accepted");
  expect(stderr).toBe(
    `error ETRACEFILE: the trace ${path} can't be written: EFBIG — give another file, or make room\n`,
  );
});
