import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../../host/engine/module.ts";
import { CONNACK_SESSION_PRESENT, puback, publish } from "../../unit/harness/bytes.ts";
import { loadCommands } from "../../unit/harness/modules.ts";
import { TestNode } from "../../unit/harness/node.ts";

const NO_CAP = 0xffff;

let module: LoadedModule;
beforeAll(async () => {
  module = await loadCommands();
});

describe("MQTT 3.1.1: a message that can't be answered", () => {
  test("[MQTT-4.8.0-2] because the link takes nothing costs the connection, and is handled when it comes again", () => {
    const node = new TestNode(module, { config: { interval: "86400000" } }).online();
    node.receive("9003010001", "9003020001", puback("0080"));
    node.packets();
    node.board.sendCap = 0;
    const command = (dup: boolean): string => publish("sensor/7/cmd/led", "1", { qos: 1, identifier: 9, dup });
    node.receive(command(false)).run(20_000);
    expect({ sent: node.sent(), logs: node.logs() }).toEqual({ sent: "", logs: ["2 link closed: -12"] });

    node.board.sendCap = NO_CAP;
    node.dial().receive(CONNACK_SESSION_PRESENT);
    expect(node.packets(), "the answer of the last connection is not for this one").not.toContain("40020009");
    node.receive(command(true));
    expect(node.packets()).toEqual([publish("sensor/7/cmd/led/result", '{"result":0}'), "40020009"]);
  });

  test("[MQTT-4.8.0-2] because the link breaks under the answer costs the connection", () => {
    const node = new TestNode(module, { config: { interval: "86400000" } }).online();
    node.receive("9003010001", "9003020001", puback("0080"));
    node.packets();
    node.board.sendCap = 5;
    node.receive(publish("sensor/7/cmd/led", "1", { qos: 1, identifier: 9 }));
    node.close(-10);
    expect({ linked: node.linked, logs: node.logs() }).toEqual({ linked: false, logs: ["2 link closed: -10"] });
  });
});
