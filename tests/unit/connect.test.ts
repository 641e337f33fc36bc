import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../host/engine/module.ts";
import { hex, str } from "./harness/bytes.ts";
import { loadTemperature } from "./harness/modules.ts";
import { TestNode, type TestNodeOptions } from "./harness/node.ts";

let clean: LoadedModule;
let persistent: LoadedModule;
beforeAll(async () => {
  clean = await loadTemperature();
  persistent = await loadTemperature("NODE_PERSISTENT=1", "NODE_KEEP_ALIVE_S=300");
});

/** What is on the wire when the link has opened. */
function hello(module: LoadedModule, config: TestNodeOptions["config"] = {}): string {
  return new TestNode(module, { config }).step().open().sent();
}

const MQTT_4 = hex(str("MQTT"), "04");
/** Will flag, will QoS 1, will retain; clean session. */
const WILL_CLEAN = "2e";
const WILL = "2c";

describe("MQTT 3.1.1: CONNECT", () => {
  test("[MQTT-3.1.2-1] [MQTT-3.1.2-2] [MQTT-3.1.2-3] begins with name, level, flags and Keep Alive, then the id, and a retained will under QoS 1", () => {
    expect(hello(clean)).toBe(
      hex("10 27", MQTT_4, WILL_CLEAN, "003c", str("7"), str("sensor/7/status"), str("offline")),
    );
  });

  test("[MQTT-3.1.2-4] asks for a session that lasts by clearing CleanSession, and for the Keep Alive that was compiled in", () => {
    expect(hello(persistent)).toBe(
      hex("10 27", MQTT_4, WILL, "012c", str("7"), str("sensor/7/status"), str("offline")),
    );
  });

  test("[MQTT-3.1.2-19] [MQTT-3.1.2-20] carries a user name alone", () => {
    expect(hello(clean, { username: "bob" })).toBe(
      hex("10 2c", MQTT_4, "ae 003c", str("7"), str("sensor/7/status"), str("offline"), str("bob")),
    );
  });

  test("[MQTT-3.1.3-1] [MQTT-3.1.2-21] carries user name and password behind the will", () => {
    expect(hello(clean, { username: "bob", password: "s3cret" })).toBe(
      hex("10 34", MQTT_4, "ee 003c", str("7"), str("sensor/7/status"), str("offline"), str("bob"), str("s3cret")),
    );
  });

  test("[MQTT-3.1.2-22] [MQTT-3.1.2-18] carries no password without a user name", () => {
    expect(hello(clean, { password: "s3cret" })).toBe(hello(clean));
  });

  test("carries an empty user name and an empty password as such", () => {
    expect(hello(persistent, { username: "", password: "" })).toBe(
      hex("10 2b", MQTT_4, "ec 012c", str("7"), str("sensor/7/status"), str("offline"), "0000 0000"),
    );
  });

  test("[MQTT-3.1.3-11] passes credentials on as UTF-8", () => {
    expect(hello(clean, { username: "jörg" })).toContain(hex("0005", "6a c3b6 72 67"));
  });

  test("has a Remaining Length of two bytes from 128 on, and of one byte at 127", () => {
    // Without user name the rest is 39 bytes for an id of one character.
    const rest = hex(MQTT_4, "ee 003c", str("7"), str("sensor/7/status"), str("offline"));
    const [name, word] = ["u".repeat(64), "p".repeat(20)];
    expect(hello(clean, { username: name, password: word })).toBe(hex("10 7f", rest, str(name), str(word)));
    expect(hello(clean, { username: name, password: `${word}p` })).toBe(
      hex("10 80 01", rest, str(name), str(`${word}p`)),
    );
  });

  test("holds the longest id, user name and password", () => {
    const id = "abcdefghijklmnopqrstuv-";
    const [name, word] = ["u".repeat(64), "ß".repeat(32)];
    expect(id.length).toBe(23);
    expect(hello(clean, { id, username: name, password: word })).toBe(
      hex("10 d7 01", MQTT_4, "ee 003c", str(id), str(`sensor/${id}/status`), str("offline"), str(name), str(word)),
    );
  });

  test.each([1, 5, 22, 23])("[MQTT-3.1.3-3] names a client with an id of %i characters and its topic", (length) => {
    const id = "Z9_-0aA".repeat(4).slice(0, length);
    expect(hello(clean, { id })).toContain(hex(str(id), str(`sensor/${id}/status`)));
  });
});

describe("an id", () => {
  test.each([
    ["is missing", undefined],
    ["is empty", ""],
    ["has 24 characters", "a".repeat(24)],
    ["has a level separator", "a/b"],
    ["has a wildcard", "a+"],
    ["has another wildcard", "#"],
    ["has a space", "a b"],
    ["has a letter outside ASCII", "é"],
    ["ends with a level separator", "a/"],
    ["has a NUL", "a\0"],
    ["has a DEL", "a\x7f"],
    ["has a dollar sign, which would hide its topics from wildcards", "$a"],
  ])("that %s ends the node with a word about it", (_, id) => {
    const node = new TestNode(clean, { config: { id } }).step();
    expect(node.logs()).toEqual(["3 no valid id"]);
    expect(node.waitMs).toBe(0xffff_ffff);
    expect({ links: node.links, sent: node.sent() }).toEqual({ links: 0, sent: "" });
  });

  test.each(["0", "9", "a", "z", "A", "Z", "-", "_"])("of the character %s is good", (id) => {
    expect(hello(clean, { id })).toContain(str(`sensor/${id}/status`));
  });

  test("that is missing is missing after a resume, too", () => {
    const node = new TestNode(clean, { config: { id: undefined } }).step();
    node.resume(5000, 100).step();
    expect({ links: node.links, waitMs: node.waitMs }).toEqual({ links: 0, waitMs: 0xffff_ffff });
  });
});

describe("MQTT 3.1.1: before CONNACK", () => {
  test("[MQTT-3.1.0-1] [MQTT-3.1.0-2] CONNECT is the first packet and the only one", () => {
    const node = new TestNode(clean).step().open();
    node.run(9000);
    expect(node.packets()).toEqual([hello(clean)]);
  });

  test("nothing is sent, and no CONNECT is lost, while the link is not open", () => {
    const node = new TestNode(clean).step().step(500).step(500);
    expect({ sent: node.sent(), links: node.links }).toEqual({ sent: "", links: 1 });
    expect(node.open().sent()).toBe(hello(clean));
  });

  test("a link that does not open within 15 s is closed", () => {
    const node = new TestNode(clean).step().run(14_999);
    expect({ linked: node.linked, logs: node.logs() }).toEqual({ linked: true, logs: [] });
    node.step(1);
    expect({ linked: node.linked, logs: node.logs() }).toEqual({ linked: false, logs: ["2 link closed: -12"] });
  });

  test("a broker that does not answer CONNECT within 10 s loses the node", () => {
    const node = new TestNode(clean).step().open().run(9_999);
    expect({ linked: node.linked, logs: node.logs() }).toEqual({ linked: true, logs: [] });
    node.step(1);
    expect({ linked: node.linked, logs: node.logs() }).toEqual({ linked: false, logs: ["2 link closed: -12"] });
  });

  test("[MQTT-3.1.3-2] a link that is refused is logged with its error and tried again with the same CONNECT", () => {
    const node = new TestNode(clean).step().close(-9);
    expect({ linked: node.linked, logs: node.logs() }).toEqual({ linked: false, logs: ["2 link closed: -9"] });
    node.run(1000);
    expect(node.links).toBe(2);
    expect(node.open().sent()).toBe(hello(clean));
  });

  test("nothing of the password is logged", () => {
    const node = new TestNode(clean, { config: { username: "bob", password: "s3cret" } }).online();
    node.close(-10).run(60_000);
    expect(node.logs().join()).not.toContain("s3cret");
  });
});
