import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../../host/engine/module.ts";
import { loadCommands, loadTemperature } from "../../unit/harness/modules.ts";
import { ENDED, TestNode, type TestNodeOptions } from "../../unit/harness/node.ts";

/** A will QoS that there is not. */
const RESERVED_QOS = 3;

let clean: LoadedModule;
let persistent: LoadedModule;
let commands: LoadedModule;
beforeAll(async () => {
  clean = await loadTemperature();
  persistent = await loadTemperature("NODE_PERSISTENT=1");
  commands = await loadCommands();
});

interface Connect {
  readonly flags: {
    readonly cleanSession: boolean;
    readonly will: boolean;
    readonly willQos: number;
    readonly password: boolean;
    readonly userName: boolean;
  };
  /** Every field of the payload, in order. */
  readonly fields: readonly Buffer[];
}

/** Takes a CONNECT apart (3.1). Throws if its fields do not end where it ends. */
function parse(packet: string): Connect {
  const bytes = Buffer.from(packet, "hex");
  // Behind the type, a Remaining Length of one byte or two, the protocol's name and level.
  const start = 1 + ((bytes[1] as number) < 0x80 ? 1 : 2) + 7;
  const bits = bytes[start] as number;
  const fields: Buffer[] = [];
  for (let at = start + 3; at < bytes.length; ) {
    const end = at + 2 + bytes.readUInt16BE(at);
    if (end > bytes.length) throw new Error(`a field ends behind its packet: ${packet}`);
    fields.push(bytes.subarray(at + 2, end));
    at = end;
  }
  const has = (bit: number): boolean => (bits & bit) !== 0;
  return {
    flags: { cleanSession: has(2), will: has(4), willQos: (bits >> 3) & 3, password: has(64), userName: has(128) },
    fields,
  };
}

function connectOf(module: LoadedModule, config: TestNodeOptions["config"] = {}): Connect {
  return parse(new TestNode(module, { config }).step().open().sent());
}

/** Throws if bytes are no UTF-8. */
function text(bytes: Buffer | undefined): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
}

const CREDENTIALS: readonly NonNullable<TestNodeOptions["config"]>[] = [
  {},
  { username: "jörg" },
  { username: "jörg", password: "日本" },
  { username: "" },
  { username: "", password: "" },
  { password: "s3cret" },
  { id: "abcdefghijklmnopqrstuvw", username: "u".repeat(64), password: "p".repeat(64) },
];

describe.each([
  ["with a clean session", () => clean],
  ["with a session that lasts", () => persistent],
  ["with commands", () => commands],
])("MQTT 3.1.1: CONNECT of a node %s", (_, module) => {
  const all = (): Connect[] => CREDENTIALS.map((config) => connectOf(module(), config));

  test("[MQTT-3.1.2-9] [MQTT-3.1.3-1] has will topic and will message behind the client identifier, as its Will Flag says", () => {
    for (const { flags, fields } of all()) {
      expect(flags.will).toBe(true);
      expect(text(fields[1])).toBe(`sensor/${text(fields[0])}/status`);
      expect(text(fields[2])).toBe("offline");
    }
  });

  test("[MQTT-3.1.2-14] asks for no will QoS of 3", () => {
    for (const { flags } of all()) expect(flags.willQos).toBeLessThan(RESERVED_QOS);
  });

  test("[MQTT-3.1.2-18] [MQTT-3.1.2-19] [MQTT-3.1.2-20] [MQTT-3.1.2-21] has a user name and a password if its flags say so, and no field else", () => {
    for (const { flags, fields } of all()) {
      expect(fields).toHaveLength(3 + Number(flags.userName) + Number(flags.password));
    }
  });

  test("[MQTT-3.1.2-22] has no password without a user name", () => {
    for (const { flags } of all()) expect(flags.password && !flags.userName).toBe(false);
  });

  test("[MQTT-3.1.3-3] has the client identifier as its first field", () => {
    for (const id of ["7", "node-1", "abcdefghijklmnopqrstuvw"]) {
      expect(text(connectOf(module(), { id }).fields[0])).toBe(id);
    }
  });

  test("[MQTT-3.1.3-4] [MQTT-3.1.3-10] [MQTT-3.1.3-11] has client identifier, will topic and user name in UTF-8", () => {
    for (const { fields } of all()) {
      for (const field of fields) expect(() => text(field)).not.toThrow();
    }
    expect(text(connectOf(module(), { username: "jörg" }).fields[3])).toBe("jörg");
  });

  test("[MQTT-3.1.3-5] names the client in no more than 23 bytes, and in any letters and digits", () => {
    const letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (const id of [letters.slice(0, 23), letters.slice(20, 43), letters.slice(39)]) {
      expect(text(connectOf(module(), { id }).fields[0])).toBe(id);
    }
    expect(refusesToConnect({ id: "a".repeat(24) })).toBe(true);
  });

  test("[MQTT-3.1.3-7] never has an empty client identifier, which a session that lasts could not have", () => {
    for (const { fields } of all()) expect(fields[0]?.length).toBeGreaterThan(0);
    expect(refusesToConnect({ id: "" })).toBe(true);
    expect(refusesToConnect({ id: undefined })).toBe(true);
  });

  /** Whether a node so configured ends without a CONNECT. */
  function refusesToConnect(config: TestNodeOptions["config"]): boolean {
    const node = new TestNode(module(), { config: config ?? {} }).step();
    return node.waitMs === ENDED && node.links === 0;
  }
});

describe("MQTT 3.1.1: a node that connects again", () => {
  test("[MQTT-3.1.3-2] says who it is with the same client identifier, whatever became of the last connection", () => {
    const node = new TestNode(persistent).step();
    const hello = node.open().sent();
    for (const end of [
      () => node.close(-10),
      () => node.receive("20020100").close(-11),
      () => node.receive("20020003"),
      () => node.receive("d000"),
      () => node.resume(5_000, 60_000),
    ]) {
      end();
      node.sent();
      while (node.board.link === "none") node.step(node.waitMs);
      expect(node.open().sent()).toBe(hello);
    }
  });

  test("[MQTT-3.1.2-2] [MQTT-3.1.3-8] [MQTT-3.2.2-5] leaves a server that refused it, though that one keeps the link open", () => {
    for (const code of [1, 2, 3, 4, 5]) {
      const node = new TestNode(persistent).step().open();
      node.sent();
      node.receive(`2002000${code}`);
      expect({ linked: node.linked, sent: node.sent() }).toEqual({ linked: false, sent: "" });
      expect(node.logs()).toEqual([`3 broker refuses: ${code}`]);
    }
  });
});
