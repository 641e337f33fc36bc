import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkResources, type LimitQuestion, type Resources } from "../../host/fleet/limits.ts";
import { WHOLE } from "../../host/fleet/plan.ts";
import { checkSourceAddresses } from "../../host/fleet/source-addresses.ts";
import { PROJECT_ROOT } from "../../host/project.ts";

const PLENTY: Resources = { openFiles: 1_000_000, ports: 28_000, freeBytes: 64e9 };
const MODULE = join(PROJECT_ROOT, "build", "temperature.wasm");

function question(changes: Partial<LimitQuestion>): LimitQuestion {
  return {
    nodes: 20_000,
    shard: WHOLE,
    idPrefix: "n",
    seed: 1,
    rate: 500,
    scenario: { name: "steady", groups: [{ name: "all", share: 1 }], faults: [] },
    modules: [readFileSync(MODULE)],
    moduleOfGroup: [0],
    sensor: undefined,
    config: {},
    broker: "mqtt://192.0.2.7:1883",
    tls: {},
    sourceAddresses: [],
    recording: undefined,
    workers: 2,
    ...changes,
  };
}

describe("limits", () => {
  test("let a fleet pass that fits", () => {
    checkResources(question({}), PLENTY);
    checkResources(question({}), { ...PLENTY, openFiles: undefined });
  });

  test("name too few open files, and what to type", () => {
    expect(() => checkResources(question({}), { ...PLENTY, openFiles: 1_024 })).toThrow(
      expect.objectContaining({
        code: "ELIMIT",
        fault: "resource",
        message: "20,000 connections need 20,120 open files, and this process may have 1,024",
        cure: expect.stringContaining("20120"),
      }),
    );
    // A quarter of them fits.
    checkResources(question({ shard: { index: 1, count: 4 } }), { ...PLENTY, openFiles: 6_000 });
  });

  test("name too few ports, which more addresses mend", () => {
    const many = question({ nodes: 60_000 });
    expect(() => checkResources(many, PLENTY)).toThrow(
      expect.objectContaining({
        code: "ELIMIT",
        message: expect.stringContaining("1 source address of this machine has 28,000"),
      }),
    );
    checkResources({ ...many, sourceAddresses: ["192.0.2.8", "192.0.2.9", "192.0.2.10"] }, PLENTY);
  });

  test("name too little memory, and how many nodes fit; TLS takes more", () => {
    const little = { ...PLENTY, freeBytes: 800e6 };
    checkResources(question({}), little);
    let cure = "";
    try {
      checkResources(question({ broker: "mqtts://192.0.2.7" }), little);
    } catch (error) {
      cure = error instanceof Error && "cure" in error ? String(error.cure) : "";
    }
    const [, most] = cure.match(/--nodes (\d+)/) ?? [];
    checkResources(question({ broker: "mqtts://192.0.2.7", nodes: Number(most) }), little);
    expect(() => checkResources(question({ broker: "mqtts://192.0.2.7", nodes: Number(most) + 2 }), little)).toThrow();
  });

  test("refuse a source address that is none of this machine's", async () => {
    await checkSourceAddresses(["127.0.0.1"]);
    await expect(checkSourceAddresses(["127.0.0.1", "192.0.2.1"])).rejects.toMatchObject({ code: "EUSAGE" });
  });

  test("are looked at before anything starts: under a low `ulimit -n` the command ends with one line and exit code 1", () => {
    const main = join(PROJECT_ROOT, "host", "cli", "main.ts");
    const run = `"${process.execPath}" --import tsx "${main}" fleet run --nodes 500 --broker mqtt://127.0.0.1:1 "${MODULE}"`;
    const { status, stdout, stderr } = spawnSync("sh", ["-c", `ulimit -n 400; ${run}`], {
      cwd: PROJECT_ROOT,
      encoding: "utf-8",
    });
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(
      /^error ELIMIT: 500 connections need 6\d\d open files, and this process may have 400 — .+\n$/,
    );
  });
});
