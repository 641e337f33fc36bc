import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../../host/engine/module.ts";
import { packet, publish, raw, str } from "../../unit/harness/bytes.ts";
import type { TestNode } from "../../unit/harness/node.ts";
import { Do, identifier, loadLab, message, onlineLab, order, pubcomp, pubrec, pubrel, reconnect } from "../outbound.ts";

let lab: LoadedModule;
beforeAll(async () => {
  lab = await loadLab(
    "NODE_MQTT=4",
    "NODE_PERSISTENT=1",
    "NODE_STATUS=0",
    "NODE_MESSAGES=1",
    "NODE_INBOUND_QOS=2",
    "NODE_RECEIVE_MAXIMUM=3",
    "NODE_OUTBOX=512",
  );
});

/** A message to the node under QoS 2. */
function incoming(id: number, payload: string, dup = false): string {
  return publish("t", payload, { qos: 2, identifier: id, dup });
}

/** What the application has heard since the last look. */
function heard(node: TestNode): string[] {
  return node.logs().map((line) => line.slice(2));
}

describe("MQTT 3.1.1: a message to the node under QoS 2, in a module of this version alone", () => {
  test("[MQTT-4.3.3-2] [MQTT-2.3.1-6] is given to the application once, recorded each time, released and then new again", () => {
    const node = onlineLab(lab, 4).receive(incoming(5, "one"));
    expect({ sent: node.packets(), heard: heard(node) }).toEqual({ sent: ["50020005"], heard: ["one"] });
    for (let n = 0; n < 3; n++) {
      node.receive(incoming(5, "one", true));
      expect({ sent: node.packets(), heard: heard(node) }).toEqual({ sent: ["50020005"], heard: [] });
    }
    reconnect(node, 4, true);
    heard(node);
    node.receive(incoming(5, "one", true));
    expect({ sent: node.packets(), heard: heard(node) }).toEqual({ sent: ["50020005"], heard: [] });
    node.receive("62020005");
    expect(node.packets()).toEqual(["70020005"]);
    node.receive(incoming(5, "two"));
    expect({ sent: node.packets(), heard: heard(node) }).toEqual({ sent: ["50020005"], heard: ["two"] });
  });

  test("[MQTT-4.3.3-2] whose PUBCOMP was lost has its PUBREL answered again", () => {
    const node = onlineLab(lab, 4).receive(incoming(5, "one"), "62020005");
    node.sent();
    expect(reconnect(node, 4, true)).toEqual([]);
    expect(node.receive("62020005").packets()).toEqual(["70020005"]);
    expect(node.linked).toBe(true);
  });

  test("[MQTT-4.6.0-2] [MQTT-4.6.0-3] is recorded in the order of arrival, among those under QoS 1, which are acknowledged in theirs", () => {
    const node = onlineLab(lab, 4);
    node.receive(
      incoming(9, "a"),
      publish("t", "b", { qos: 1, identifier: 7 }),
      incoming(3, "c"),
      publish("t", "d", { qos: 1, identifier: 2 }),
      incoming(8, "e"),
    );
    expect(node.packets()).toEqual(["50020009", "40020007", "50020003", "40020002", "50020008"]);
    node.receive("62020008", "62020009", "62020003");
    expect(node.packets()).toEqual(["70020008", "70020009", "70020003"]);
    expect(heard(node)).toEqual(["a", "b", "c", "d", "e"]);
  });

  test("[MQTT-3.1.2-6] [MQTT-3.2.2-3] is new again once the broker has lost the session", () => {
    const node = onlineLab(lab, 4).receive(incoming(5, "one"));
    reconnect(node, 4, false);
    heard(node);
    node.receive(incoming(5, "other"));
    expect({ sent: node.packets(), heard: heard(node) }).toEqual({ sent: ["50020005"], heard: ["other"] });
  });

  test("[MQTT-2.2.2-2] [MQTT-3.6.1-1] is not released by a PUBREL whose flags are not 0010", () => {
    for (const wrong of ["60020005", "61020005", "63020005", "66020005", "6a020005"]) {
      const node = onlineLab(lab, 4).receive(incoming(5, "one"));
      node.sent();
      node.receive(wrong);
      expect({ sent: node.sent(), linked: node.linked }).toEqual({ sent: "", linked: false });
    }
  });
});

describe("MQTT 3.1.1: an exchange under QoS 2, in a module of this version alone", () => {
  test("[MQTT-4.3.3-1] [MQTT-4.6.0-4] [MQTT-3.6.1-1] is PUBLISH, PUBREC, PUBREL and PUBCOMP of one identifier, beside others", () => {
    const node = onlineLab(lab, 4);
    order(node, ...[0, 1, 2].map((n) => Do.message("a", String(n), 2)));
    expect(node.packets()).toEqual([0, 1, 2].map((n) => packet(0x34, str("a"), identifier(n), raw(String(n)))));
    node.receive(pubrec(1), pubrec(0));
    expect(node.packets()).toEqual([pubrel(1), pubrel(0)]);
    node.receive(pubcomp(0));
    expect(reconnect(node, 4, true)).toEqual([
      pubrel(1),
      message(4, "a", "2", { qos: 2, identifier: identifier(2), dup: true }),
    ]);
  });

  test.each([
    ["of another length", "5003008000"],
    ["with flags", "52020080"],
    ["for nothing in flight", "50020580"],
    ["for the identifier 0", "50020000"],
  ])("[MQTT-4.8.0-1] ends with its link where a PUBREC comes %s", (_, bytes) => {
    const node = onlineLab(lab, 4);
    order(node, Do.message("a", "0", 2));
    node.sent();
    node.receive(bytes);
    expect({ sent: node.sent(), linked: node.linked }).toEqual({ sent: "", linked: false });
  });
});
