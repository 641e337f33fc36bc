import { beforeAll, describe, expect, test } from "vitest";
import { Errno, type Hal } from "../../host/abi.ts";
import { createHal } from "../../host/engine/glue.ts";
import { NodeInstance } from "../../host/engine/instance.ts";
import { type LoadedModule, loadModule, readModule } from "../../host/engine/module.ts";
import type { Board } from "../../host/hal/board.ts";
import { createNullBoard } from "../../host/hal/null-board.ts";
import { readSections } from "../../host/module/binary.ts";
import { readMetadata } from "../../host/module/metadata.ts";
import { compileModule, loadTestModule } from "./modules.ts";

const CODE_SECTION = 10;

describe("pointers", () => {
  const IMAGE = 64;
  const memory = new Uint8Array(65_536);
  const logged: [number, string][] = [];
  const board: Board = {
    ...createNullBoard({ config: { key: "grün" } }),
    unixMs: () => 1_700_000_000_123,
    log: (level, text) => logged.push([level, text]),
  };
  const hal: Hal = createHal(board, { memory, view: new DataView(memory.buffer) }, IMAGE);

  test.each<[string, () => number]>([
    ["net_send", () => hal.net_send(0, IMAGE - 3, 4)],
    ["net_send", () => hal.net_send(0, -1, 0)],
    ["net_send", () => hal.net_send(0, 0, -1)],
    ["net_recv", () => hal.net_recv(0, IMAGE, 1)],
    ["net_recv", () => hal.net_recv(0, 0x7fff_ffff, 0x7fff_ffff)],
    ["sensor_read", () => hal.sensor_read(0, IMAGE - 3)],
    ["clock_unix_ms", () => hal.clock_unix_ms(IMAGE - 7)],
    ["config_get", () => hal.config_get(IMAGE - 1, 2, 0, 1)],
    ["config_get", () => hal.config_get(0, 2, IMAGE - 1, 2)],
    ["log", () => hal.log(0, IMAGE, 1)],
  ])("a pointer outside the image traps %s", (name, call) => {
    expect(call).toThrow(expect.objectContaining({ code: "ETRAP", fault: "module" }));
    expect(call).toThrow(`${name} was given`);
  });

  test("the image's last byte and its end, for no bytes, are inside", () => {
    expect(hal.net_open(0)).toBe(0);
    expect(hal.net_recv(0, IMAGE - 1, 1)).toBe(0);
    expect(hal.net_recv(0, IMAGE, 0)).toBe(0);
    expect(hal.sensor_read(0, IMAGE - 4)).toBe(0);
  });

  test("wide values are little-endian", () => {
    expect(hal.sensor_read(0, 0)).toBe(0);
    expect([...memory.subarray(0, 4)]).toEqual([0x30, 0x43, 0, 0]);
    expect(hal.clock_unix_ms(8)).toBe(0);
    expect(new DataView(memory.buffer).getBigInt64(8, true)).toBe(1_700_000_000_123n);
  });

  test("a configuration value is copied whole or not at all", () => {
    memory.set(Buffer.from("key"), 0);
    memory.fill(0x2a, 16, 32);
    expect(hal.config_get(0, 3, 16, 4)).toBe(Errno.EOVERFLOW);
    expect(memory[16]).toBe(0x2a);
    expect(hal.config_get(0, 3, 16, 5)).toBe(5);
    expect(Buffer.from(memory.subarray(16, 21)).toString()).toBe("grün");
    expect(memory[21]).toBe(0x2a);
    expect(hal.config_get(0, 2, 16, 5)).toBe(Errno.ENOENT);
  });

  test("a log line has one of four levels", () => {
    memory.set(Buffer.from("hi"), 0);
    expect(hal.log(2, 0, 2)).toBe(0);
    expect(hal.log(4, 0, 2)).toBe(Errno.EINVAL);
    expect(hal.log(-1, 0, 2)).toBe(Errno.EINVAL);
    expect(logged).toEqual([[2, "hi"]]);
  });
});

describe("the canary", () => {
  let module: LoadedModule;
  beforeAll(async () => {
    module = await loadTestModule("stores");
  });
  const storingAt = (address: number): NodeInstance => new NodeInstance(module, createNullBoard({ reading: address }));

  test("is silent about a store in the image's last byte", () => {
    const node = storingAt(module.metadata.imageSize - 1);
    node.setup();
    expect(node.step(0)).toBe(0);
    node.checkCanary();
  });

  test.each([0, 1, 8, 63])("catches a store %i bytes past the image, in the very step", (offset) => {
    const at = module.metadata.imageSize + offset;
    const node = storingAt(at);
    node.setup();
    expect(() => node.step(0)).toThrow(expect.objectContaining({ code: "ECANARY" }));
    expect(() => storingAt(at).step(0)).toThrow(`wrote at ${at}, outside`);
  });

  test.each([64, 10_000])("catches a store %i bytes past the image when the whole page is looked at", (offset) => {
    const node = storingAt(module.metadata.imageSize + offset);
    node.step(0);
    expect(() => node.checkCanary()).toThrow(expect.objectContaining({ code: "ECANARY" }));
  });

  test("catches a store in the page's last byte, and V8 traps past it", () => {
    const node = storingAt(65_535);
    node.step(0);
    expect(() => node.checkCanary()).toThrow("wrote at 65535");
    expect(() => storingAt(65_536).step(0)).toThrow(expect.objectContaining({ code: "ETRAP" }));
    expect(() => storingAt(65_536).step(0)).toThrow("trap in step(): memory access out of bounds");
  });
});

describe("images", () => {
  test("an image that is written back is the node as it was", async () => {
    const module = await loadTestModule("counter");
    const node = new NodeInstance(module, createNullBoard());
    node.setup();
    expect(node.step(0)).toBe(1001);
    const image = node.readImage();
    expect(image.length).toBe(module.metadata.imageSize);
    expect(node.step(0)).toBe(1002);
    node.writeImage(image);
    expect(node.step(0)).toBe(1002);
    node.resume(0, 7);
    expect(node.step(0)).toBe(8);
    node.stop();
    expect(node.step(0)).toBe(1);
    expect(() => node.writeImage(image.subarray(8))).toThrow(expect.objectContaining({ code: "EIMAGESIZE" }));
  });
});

describe("a module that this host can't run", () => {
  let bytes: Uint8Array;
  beforeAll(async () => {
    bytes = await compileModule("counter");
  });

  test("is refused with both ABI versions in the message", () => {
    const other = Uint8Array.from(bytes);
    // Header, section id, section length, name length, "wasmote", then the version.
    other[8 + 1 + 1 + 1 + "wasmote".length] = 2;
    expect(() => readMetadata(other)).toThrow("ABI version 2, this host speaks version 1");
    expect(() => loadModule(other)).toThrow(expect.objectContaining({ code: "EABI", fault: "module" }));
  });

  test("is refused if it carries no metadata, or is no WebAssembly at all", () => {
    const bare = Buffer.concat([bytes.subarray(0, 8), bytes.subarray(8 + 2 + 1 + "wasmote".length + 20)]);
    expect(() => loadModule(bare)).toThrow("carries no metadata");
    expect(() => loadModule(Buffer.from("hello"))).toThrow(expect.objectContaining({ code: "EMODULE" }));
  });

  test("is refused if its code does not validate", () => {
    const broken = Uint8Array.from(bytes);
    readSections(broken)
      .find(({ id }) => id === CODE_SECTION)
      ?.contents.fill(0xff, -3);
    expect(() => loadModule(broken)).toThrow(expect.objectContaining({ code: "EMODULE" }));
    expect(() => loadModule(broken)).toThrow("not valid WebAssembly");
  });

  test("is reported by its path if it can't be read", async () => {
    await expect(readModule("/no/such.wasm")).rejects.toThrow("can't read the module /no/such.wasm: ENOENT");
  });
});
