import { createHash } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { type Metadata, readMetadata } from "../../host/module/metadata.ts";
import { compileSource } from "./source.ts";

const HEADER_BYTES = 8;

interface Parts {
  readonly fields?: string;
  readonly text?: string;
  readonly step?: string;
  readonly more?: string;
}

/** An application with a state of its own and a text. */
function source(parts: Parts = {}): string {
  const { fields = "count: i32 = 0; total: i32 = 0;", text = "hello", step = "state.count++;", more = "" } = parts;
  return `
import { node, sensor, utf8 } from "../../assembly";
import { log } from "../../assembly/hal";
export { resume, stop } from "../../assembly";
@unmanaged class State { ${fields} }
const state = changetype<State>(memory.data(offsetof<State>(), 4));
${more}
export function setup(): void { node.setup(); const text = utf8("${text}"); log(1, text.bytes, text.length); }
export function step(nowMs: u32): u32 {
  node.begin(nowMs);
  ${step}
  if (node.isDue(nowMs)) node.publish(sensor.read(0));
  return node.finish(nowMs);
}
`;
}

async function metadata(parts: Parts = {}, ...options: string[]): Promise<Metadata> {
  return readMetadata(await compileSource("metadata", source(parts), options));
}

let base: Metadata;
beforeAll(async () => {
  base = await metadata();
});

describe("the build id", () => {
  test("is the first 8 bytes of the SHA-256 of the module without its metadata", async () => {
    const wasm = Buffer.from(await compileSource("metadata", source()));
    const sectionBytes = 2 + (wasm[HEADER_BYTES + 1] as number);
    const bare = Buffer.concat([wasm.subarray(0, HEADER_BYTES), wasm.subarray(HEADER_BYTES + sectionBytes)]);
    expect(createHash("sha256").update(bare).digest("hex").slice(0, 16)).toBe(base.buildId);
  });

  test("changes with the code, with a text and with an option", async () => {
    const others = [
      await metadata({ step: "state.count += 2;" }),
      await metadata({ text: "hallo" }),
      await metadata({}, "NODE_WINDOW=4"),
    ];
    expect(new Set([base, ...others].map(({ buildId }) => buildId)).size).toBe(4);
  });
});

describe("the layout id stays", () => {
  test("when only code changes", async () => {
    for (const step of ["state.count += 2;", "state.total = state.count * 3;", "if (nowMs > 5) state.count--;"]) {
      const changed = await metadata({ step });
      expect(changed.buildId).not.toBe(base.buildId);
      expect(changed).toMatchObject({ layoutId: base.layoutId, imageSize: base.imageSize });
    }
  });

  test("when an option changes what is done and not what is kept", async () => {
    const changed = await metadata({}, "NODE_WINDOW=4", "NODE_KEEP_ALIVE_S=30");
    expect(changed.buildId).not.toBe(base.buildId);
    expect(changed.layoutId).toBe(base.layoutId);
  });
});

describe("the layout id changes", () => {
  test.each<[string, Parts]>([
    ["a state field is renamed", { fields: "count: i32 = 0; sum: i32 = 0;" }],
    ["a state field has another type of the same size", { fields: "count: i32 = 0; total: u32 = 0;" }],
    ["two state fields change places", { fields: "total: i32 = 0; count: i32 = 0;" }],
    ["a state field is added", { fields: "count: i32 = 0; total: i32 = 0; more: i32 = 0;" }],
    ["a state field is taken away", { fields: "count: i32 = 0;" }],
    ["a constant text changes, though not its length", { text: "hallo" }],
    ["a constant text grows", { text: "hello, world" }],
    ["a buffer is added", { more: "const SPARE = memory.data(16, 8);", step: "store<u8>(SPARE, 1);" }],
  ])("when %s", async (_, parts) => {
    const changed = await metadata(parts);
    expect(changed.layoutId).not.toBe(base.layoutId);
  });

  test.each(["NODE_QUEUE=64", "NODE_PAYLOAD=2", "NODE_COMMANDS=1", "NODE_RECEIVE=64"])(
    "when the image is compiled with %s",
    async (option) => {
      const changed = await metadata({}, option);
      expect(changed.layoutId).not.toBe(base.layoutId);
      expect(changed.imageSize).toBeGreaterThan(base.imageSize);
    },
  );
});

test("the image's size is a multiple of 8 and holds what was added", async () => {
  const larger = await metadata({ more: "const SPARE = memory.data(1001, 1);", step: "store<u8>(SPARE + 1000, 1);" });
  expect(larger.imageSize % 8).toBe(0);
  expect(larger.imageSize - base.imageSize).toBeGreaterThanOrEqual(1000);
  expect(larger.imageSize - base.imageSize).toBeLessThan(1016);
});
