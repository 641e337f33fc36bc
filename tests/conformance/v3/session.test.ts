import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../../host/engine/module.ts";
import {
  CONNACK,
  CONNACK_SESSION_PRESENT,
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

let clean: LoadedModule;
let persistent: LoadedModule;
let lab: LoadedModule;
beforeAll(async () => {
  clean = await loadTemperature();
  persistent = await loadTemperature("NODE_PERSISTENT=1");
  lab = await loadTestApp("lab", "NODE_COMMANDS=1");
});

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
