import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../../host/engine/module.ts";
import { packet, publish, raw, str } from "../../unit/harness/bytes.ts";
import { loadCommands, loadTemperature, loadTestApp } from "../../unit/harness/modules.ts";
import { TestNode } from "../../unit/harness/node.ts";

const FEFF = "\ufeff";

let temperature: LoadedModule;
let commands: LoadedModule;
let lab: LoadedModule;
beforeAll(async () => {
  temperature = await loadTemperature();
  commands = await loadCommands();
  lab = await loadTestApp("lab", "NODE_COMMANDS=1");
});

describe("MQTT 3.1.1: [MQTT-1.5.3-3] EF BB BF is U+FEFF wherever it stands, and stays there:", () => {
  test.each([`${FEFF}led`, `le${FEFF}d`, `led${FEFF}`])("in a topic that is received and answered: %s", (name) => {
    const node = new TestNode(commands).online().receive("9003010001", "9003020001");
    node.packets();
    node.receive(publish(`sensor/7/cmd/${name}`, "1"));
    const answer = packet(0x30, str(`sensor/7/cmd/${name}/result`), raw('{"error":4}'));
    expect(node.packets()).toEqual([answer]);
    expect(answer).toContain("efbbbf");
    // Without it, this would be the command `led`.
    expect(node.actuations()).toEqual([]);
  });

  test("in a topic filter that is sent, and that is matched", () => {
    const node = new TestNode(lab).online().receive("9003010001");
    node.receive(publish("x", `0${FEFF}a`));
    expect(node.packets()).toEqual([packet(0x82, "0100", "0004", "efbbbf61", "00")]);
    node.actuations();
    node.receive(publish("a", `?${FEFF}a`), publish(`${FEFF}a`, "?a"), publish(`${FEFF}a`, `?${FEFF}a`));
    expect(node.actuations()).toEqual([0, 0, 1]);
  });

  test("in a user name", () => {
    const node = new TestNode(temperature, { config: { username: `${FEFF}bob` } }).step().open();
    expect(node.sent().endsWith("0006efbbbf626f62")).toBe(true);
  });
});
