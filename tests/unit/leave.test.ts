import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../host/engine/module.ts";
import {
  CONNACK,
  CONNACK_SESSION_PRESENT,
  DISCONNECT,
  hex,
  payloadOf,
  puback,
  publish,
  raw,
  str,
} from "./harness/bytes.ts";
import { loadCommands, loadTemperature } from "./harness/modules.ts";
import { ENDED, TestNode } from "./harness/node.ts";

let clean: LoadedModule;
let persistent: LoadedModule;
beforeAll(async () => {
  clean = await loadTemperature();
  persistent = await loadTemperature("NODE_PERSISTENT=1");
});

const OFFLINE = hex("31 18", str("sensor/7/status"), raw("offline"));

/** Online, nothing in flight. */
function idle(module = clean): TestNode {
  const node = new TestNode(module).online();
  node.receive("40020080");
  node.packets();
  return node;
}

describe("MQTT 3.1.1: stop", () => {
  test("[MQTT-3.14.1-1] [MQTT-3.14.4-1] says offline, retained, then DISCONNECT, closes the link and ends", () => {
    const node = idle().stop().step();
    expect(node.packets()).toEqual([OFFLINE, DISCONNECT]);
    expect({ linked: node.linked, waitMs: node.waitMs, logs: node.logs() }).toEqual({
      linked: false,
      waitMs: ENDED,
      logs: [],
    });
  });

  test("[MQTT-3.14.4-2] is the end: whatever the host does, the node sends and opens nothing more", () => {
    const node = idle().stop().step();
    node.sent();
    for (let n = 0; n < 50; n++) expect(node.step(20_000).waitMs).toBe(ENDED);
    expect({ sent: node.sent(), links: node.links }).toEqual({ sent: "", links: 1 });
  });

  test("waits up to a second for acknowledgements, and leaves as soon as they are there", () => {
    const node = idle().sensor(1000).step(1000).sensor(2000).step(1000);
    node.packets();
    node.stop().step().step(500);
    expect({ packets: node.packets(), linked: node.linked }).toEqual({ packets: [], linked: true });
    node.receive(puback("0180")).receive(puback("0280"));
    expect(node.packets()).toEqual([OFFLINE, DISCONNECT]);
    expect({ waitMs: node.waitMs, logs: node.logs() }).toEqual({ waitMs: ENDED, logs: [] });
  });

  test("leaves without them after a second, and says how many readings are unconfirmed", () => {
    const node = idle().sensor(1000).step(1000).step(1000);
    node.packets();
    node.stop().step().run(999);
    expect(node.packets()).toEqual([]);
    node.run(1);
    expect(node.packets()).toEqual([OFFLINE, DISCONNECT]);
    expect(node.waitMs).toBe(ENDED);
    expect(node.logs().at(-1)).toMatch(/^2 unconfirmed: [23]$/);
  });

  test.each([1, 2, 3, 10])("gets its good-bye through a link that takes %i bytes at a time", (cap) => {
    const node = idle();
    node.board.sendCap = cap;
    node.stop().step().run(3000);
    expect(node.packets()).toEqual([OFFLINE, DISCONNECT]);
    expect({ linked: node.linked, waitMs: node.waitMs }).toEqual({ linked: false, waitMs: ENDED });
  });

  test("ends within a few seconds although the link takes nothing", () => {
    const node = idle();
    node.board.sendCap = 0;
    node.stop().step().run(5000);
    expect({ linked: node.linked, waitMs: node.waitMs }).toEqual({ linked: false, waitMs: ENDED });
  });

  test("finishes the packet that is half sent before it says good-bye", () => {
    const node = idle();
    node.board.sendCap = 7;
    node.step(1000);
    node.stop().step();
    node.board.sendCap = 0xffff;
    node.step(20).receive(puback("0180"));
    node.run(2000);
    expect(node.packets()).toEqual([
      hex("32 26", str("sensor/7/temperature"), "0180", raw('{"msg":"17.2"}')),
      OFFLINE,
      DISCONNECT,
    ]);
  });

  test("ends at once if the link breaks meanwhile, or the broker breaks the standard", () => {
    for (const harm of [(node: TestNode) => node.close(-10), (node: TestNode) => node.receive("d000")]) {
      const node = idle().step(1000).stop().step();
      harm(node);
      node.step(node.waitMs === ENDED ? 0 : node.waitMs);
      expect({ linked: node.linked, waitMs: node.waitMs, links: node.links }).toEqual({
        linked: false,
        waitMs: ENDED,
        links: 1,
      });
    }
  });

  test.each([
    ["before the first step", (node: TestNode) => node],
    ["while the link opens", (node: TestNode) => node.step()],
    ["while CONNACK is awaited", (node: TestNode) => node.step().open()],
    ["while offline", (node: TestNode) => node.step().close(-9)],
  ])("%s closes what is open and ends, without a word on the wire", (_, prepare) => {
    const node = prepare(new TestNode(clean));
    node.sent();
    node.stop().step();
    expect({ sent: node.sent(), linked: node.linked, waitMs: node.waitMs }).toEqual({
      sent: "",
      linked: false,
      waitMs: ENDED,
    });
  });

  test("of a node that has ended changes nothing", () => {
    const node = idle().stop().step();
    node.packets();
    node.stop().step();
    expect({ sent: node.sent(), waitMs: node.waitMs }).toEqual({ sent: "", waitMs: ENDED });
  });

  test("[MQTT-4.3.2-2] obeys a command that was already here, or leaves it to the broker: none is acknowledged unheard", async () => {
    const node = new TestNode(await loadCommands()).online();
    node.receive("9003010001 9003020001", puback("0080"));
    node.packets();
    node.board.receive(Buffer.from(publish("sensor/7/cmd/led", "1", { qos: 1, identifier: 5 }), "hex"));
    node.stop().step().run(1100);
    const heard = [publish("sensor/7/cmd/led/result", '{"result":0}'), "40020005"];
    expect(node.packets()).toEqual([...(node.actuations().length > 0 ? heard : []), OFFLINE, DISCONNECT]);
    expect(node.waitMs).toBe(ENDED);
  });
});

describe("resume", () => {
  test("forgets the link that the image knew, and connects at once", () => {
    const node = idle().resume(500, 60_000).step();
    expect({ links: node.links, linked: node.linked }).toEqual({ links: 2, linked: true });
    expect(node.open().sent().slice(0, 2)).toBe("10");
  });

  test("sends what was in flight again, with DUP if the broker kept the session", () => {
    for (const [connack, first] of [
      [CONNACK_SESSION_PRESENT, "3a"],
      [CONNACK, "32"],
    ] as const) {
      const node = idle(persistent).sensor(1000).step(1000);
      node.packets();
      node.resume(0, 10).step().open().receive(connack);
      expect(node.packets().at(-1)).toBe(hex(first, "25", str("sensor/7/temperature"), "0180", raw('{"msg":"1.0"}')));
    }
  });

  test("keeps the readings that were taken offline", () => {
    const node = new TestNode(persistent).sensor(1000).step().close(-9).sensor(2000).step(1000).sensor(3000).step(1000);
    node.resume(123_456, 100).sensorError(-1).dial();
    node.receive(CONNACK);
    expect(node.packets().slice(1).map(payloadOf)).toEqual([1, 2, 3].map((n) => `{"msg":"${n}.0"}`));
  });

  test.each([0, 1, 77_777, 2 ** 32 - 300])("keeps the schedule on a clock that begins anew at %i", (nowMs) => {
    const node = new TestNode(clean, { config: { interval: "10000" }, nowMs: 5_000_000 }).online();
    node.receive("40020080").step(4000);
    // 4 s of 10 have passed, and 2.5 more while asleep.
    node.resume(nowMs, 2500).step();
    expect(node.waitMs).toBe(3500);
    node.online().step(3499);
    expect(node.packets().length).toBe(0);
    expect(node.step(1).packets().length).toBe(1);
  });

  test("counts the readings that sleep made it miss", () => {
    const node = new TestNode(clean, { config: { interval: "1000" } }).online();
    node.receive("40020080").resume(7, 5500).step();
    expect(node.logs()).toEqual(["2 readings missed: 4"]);
    expect(node.waitMs).toBe(500);
  });

  test("of a node that had not yet run begins as usual", () => {
    const node = new TestNode(clean).resume(99, 5).step();
    expect({ links: node.links, waitMs: node.waitMs }).toEqual({ links: 1, waitMs: 1000 });
  });
});
