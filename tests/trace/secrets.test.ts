/** No part of a password is in a trace, and a trace without it replays all the same. */

import { beforeAll, describe, expect, test } from "vitest";
import { createWorld, minutes } from "../../host/testing/index.ts";
import { Narrator } from "../../host/trace/narrator.ts";
import { LEAST_PART, Secrets } from "../../host/trace/secrets.ts";
import { compileApp } from "../unit/harness/modules.ts";
import { codeOf, collect, PATIENCE_MS, recordLife, replayUnderBoth } from "./traces.ts";

const PASSWORD = "Tr0ub4dor-and-3";
const CONFIG = { username: "kitchen", password: PASSWORD };

let wasm: Uint8Array;
beforeAll(async () => {
  wasm = await compileApp("examples/temperature/index.ts");
}, PATIENCE_MS);

/** Every part of the password that says anything. */
function parts(secret: string): string[] {
  return [...secret].flatMap((_, at) => (at + LEAST_PART <= secret.length ? [secret.slice(at, at + LEAST_PART)] : []));
}

describe("a password", () => {
  test("is in the image, and no part of it in the trace", async () => {
    const world = createWorld({ seed: 7 });
    const node = world.node(wasm, { id: "42", config: CONFIG, trace: true });
    await world.run(minutes(5));
    // Or this test would say nothing.
    expect(Buffer.from(node.readImage()).toString("latin1")).toMatch(new RegExp(parts(PASSWORD).join("|")));
    const text = Buffer.from(node.trace()).toString("latin1");
    expect(text).toContain("kitchen");
    for (const part of parts(PASSWORD)) expect(text).not.toContain(part);
  });

  test("leaves a trace that replays, through restarts that begin with the image that held it", {
    timeout: PATIENCE_MS,
  }, async () => {
    const kept = await compileApp("examples/temperature/index.ts", ["NODE_CHECKPOINT=2", "NODE_PERSISTENT=1"]);
    const world = createWorld({ seed: 7 });
    const node = world.node(kept, { id: "42", config: CONFIG, trace: true, keepsImages: true });
    await world.run(minutes(5));
    node.power.cut(1_000);
    await world.run(minutes(5));
    const trace = node.trace();
    for (const part of parts(PASSWORD)) expect(Buffer.from(trace).toString("latin1")).not.toContain(part);
    const { events, onEvent } = collect();
    expect((await replayUnderBoth(trace, kept)).difference).toBeUndefined();
    await replayUnderBoth(trace, kept, { onEvent });
    expect(events.filter(({ kind }) => kind === "start").map((each) => "isFresh" in each && each.isFresh)).toContain(
      false,
    );
  });

  test("is not in what a replay prints, even of a trace that has it", async () => {
    const trace = await recordLife(wasm, { username: "kitchen", password: PASSWORD });
    const narrator = new Narrator();
    const lines: string[] = [];
    await replayUnderBoth(trace, wasm, { onEvent: (event) => lines.push(...narrator.lines(event)) });
    const text = lines.join("\n");
    expect(text).toContain('user "kitchen", password ***');
    expect(text).toContain("password = ***");
    expect(text).not.toContain("******");
  });

  test("that is too short to be found is refused", () => {
    expect(codeOf(() => void new Secrets(new Map([["password", "abc"]])))).toBe("ETRACESECRET");
    expect(codeOf(() => void new Secrets(new Map([["api-token", "abc"]])))).toBe("ETRACESECRET");
    expect(codeOf(() => void new Secrets(new Map([["id", "abc"]])))).toBeUndefined();
  });
});
