import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../../host/engine/module.ts";
import {
  CONNACK,
  CONNACK_SESSION_PRESENT,
  DISCONNECT,
  hex,
  identifierOf,
  packet,
  puback,
  publish,
  raw,
  str,
} from "../../unit/harness/bytes.ts";
import { loadTemperature, loadTestApp } from "../../unit/harness/modules.ts";
import { TestNode } from "../../unit/harness/node.ts";
import { read } from "../outbound.ts";

let clean: LoadedModule;
let persistent: LoadedModule;
let lab: LoadedModule;
let exactlyOnce: LoadedModule;
beforeAll(async () => {
  clean = await loadTemperature();
  persistent = await loadTemperature("NODE_PERSISTENT=1");
  lab = await loadTestApp("lab", "NODE_COMMANDS=1");
  exactlyOnce = await loadTemperature("NODE_PERSISTENT=1", "NODE_QOS=2", "NODE_STATUS=0");
});

/** CleanSession of a CONNECT (3.1.2.4), which `sent` must be and nothing else. */
function cleanSession(sent: string): boolean {
  const connect = read(sent, 4);
  if (connect.cmd !== "connect" || connect.clean === undefined) throw new Error(`no CONNECT: ${sent}`);
  return connect.clean;
}

describe("MQTT 3.1.1: session state", () => {
  test("[MQTT-4.1.0-1] lasts as long as the session, whatever happens to connections and to the node meanwhile", () => {
    const node = new TestNode(persistent, { config: { interval: "86400000" } }).sensor(21_000).online();
    // The first reading is in flight, and never acknowledged.
    const resent = hex("3a 26", str("sensor/7/temperature"), "0080", raw('{"msg":"21.0"}'));
    const DAY_MS = 86_400_000;
    const outages: (() => unknown)[] = [
      () => node.close(-10),
      () => node.close(-10).dial().receive("20020003"),
      () => node.close(-10).dial().receive("d000"),
      () => node.close(-10).sensorError(-1).run(30_000),
      () => node.resume(77, DAY_MS / 2),
    ];
    for (const outage of outages) {
      outage();
      node.dial().receive(CONNACK_SESSION_PRESENT);
      expect(node.packets()).toContain(resent);
    }
    node.receive(puback("0080"));
    expect(node.linked).toBe(true);
    node.close(-10).dial().receive(CONNACK_SESSION_PRESENT);
    expect(node.packets(), "what is acknowledged is done with").not.toContain(resent);
  });

  test.each([
    ["a clean session", () => clean],
    ["a session that lasts", () => persistent],
  ])("[MQTT-4.1.0-2] of %s lives as long as its connection: the eldest PUBACK counts after all others", (_, module) => {
    const node = new TestNode(module(), { config: { interval: "9000" } }).online().receive(puback("0080"));
    let eldest = "";
    for (let n = 0; n < 8; n++) {
      const [reading = ""] = node.run(9_000).packets();
      if (n === 0) eldest = identifierOf(reading);
      else node.receive(puback(identifierOf(reading)));
    }
    node.receive(puback(eldest));
    expect({ links: node.links, linked: node.linked, logs: node.logs() }).toEqual({ links: 1, linked: true, logs: [] });
    // A second PUBACK for it would be one for nothing in flight.
    expect(node.receive(puback(eldest)).linked).toBe(false);
  });

  test("[MQTT-3.1.2-6] of a clean session ends with its connection: nobody waits for answers to earlier requests", () => {
    const node = new TestNode(lab).online().receive("9003010001");
    node.receive(publish("x", "1a"), publish("x", "1b"));
    expect(node.packets()).toEqual([packet(0x82, "0100", str("a"), "01"), packet(0x82, "0200", str("b"), "01")]);
    node.close(-10).dial().receive(CONNACK);
    expect(node.packets().slice(1)).toEqual([packet(0x82, "0100", str("sensor/7/cmd/+"), "01")]);
    node.logs();
    node.receive("9003020001");
    expect({ linked: node.linked, logs: node.logs() }).toEqual({ linked: false, logs: ["2 bad packet: 144"] });
  });
});

describe("MQTT 3.1.1: a fresh image that publishes under QoS 2, and begins its identifiers anew,", () => {
  test("[MQTT-3.1.2-6] [MQTT-4.3.3-1] has the session cleared on a connection of its own, once, and keeps the next", () => {
    const node = new TestNode(exactlyOnce).step().open();
    expect(cleanSession(node.sent())).toBe(true);
    node.receive(CONNACK);
    expect({ sent: node.sent(), linked: node.linked, waitMs: node.waitMs }).toEqual({
      sent: DISCONNECT,
      linked: false,
      waitMs: 0,
    });
    expect(cleanSession(node.step().open().sent())).toBe(false);
    node.receive(CONNACK);
    expect(node.logs()).toEqual(["1 online"]);
    expect(node.packets()).toHaveLength(1);
    for (let n = 0; n < 3; n++) {
      node.close(-10).run(10_000);
      expect(cleanSession(node.open().sent()), `reconnect ${n}`).toBe(false);
      node.receive(CONNACK_SESSION_PRESENT);
    }
    node.resume(5, 1_000).step();
    expect(cleanSession(node.open().sent()), "after a sleep").toBe(false);
  });

  test("[MQTT-3.2.2-1] has it cleared until the broker says so, whatever becomes of the connections before", () => {
    const node = new TestNode(exactlyOnce).step();
    for (const spoil of [
      () => node.close(-10),
      () => node.receive(CONNACK_SESSION_PRESENT),
      () => node.receive("d000"),
    ]) {
      expect(cleanSession(node.open().sent())).toBe(true);
      spoil();
      expect({ sent: node.sent(), linked: node.linked }).toEqual({ sent: "", linked: false });
      node.run(10_000);
    }
    expect(cleanSession(node.open().sent())).toBe(true);
    node.receive(CONNACK);
    expect(node.sent()).toBe(DISCONNECT);
  });

  test("is the only one to do so: under QoS 1 no identifier is taken for another, and what waits for the node arrives", () => {
    const node = new TestNode(persistent).step().open();
    expect(cleanSession(node.sent())).toBe(false);
    node.receive(CONNACK_SESSION_PRESENT);
    expect({ linked: node.linked, logs: node.logs() }).toEqual({ linked: true, logs: ["1 online"] });
  });
});
