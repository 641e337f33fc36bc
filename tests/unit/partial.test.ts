import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../host/engine/module.ts";
import { CONNACK, identifierOf, PINGREQ, PINGRESP, puback, publish, split } from "./harness/bytes.ts";
import { loadCommands, loadTemperature } from "./harness/modules.ts";
import { TestNode } from "./harness/node.ts";

let temperature: LoadedModule;
let commands: LoadedModule;
beforeAll(async () => {
  temperature = await loadTemperature();
  commands = await loadCommands();
});

const NO_CAP = 0xffff;
const LONG = "abcdefghijklmnopqrstuvw";

/** The whole byte stream of a life over a link with these caps, in which every answer waits until it is asked for. */
function stream(module: LoadedModule, sendCap: number, recvCap: number): string {
  const config = { id: LONG, username: "u".repeat(64), password: "p".repeat(64), interval: "5000" };
  const node = new TestNode(module, { config });
  node.board.sendCap = sendCap;
  node.board.recvCap = recvCap;
  let sent = "";
  /** The beginning of a packet that is still on its way. */
  let unread = "";
  /** Lets the node run for three seconds, which is time for 150 bytes even one at a time. */
  const run = (): string => {
    let fresh = "";
    for (let n = 0; n < 300; n++) fresh += node.run(10).sent();
    sent += fresh;
    return fresh;
  };
  node.step();
  node.board.openLink();
  node.settle();
  run();
  run();
  node.receive(CONNACK);
  for (let round = 0; round < 12; round++) {
    unread += run() + run();
    const packets = split(unread, "partly");
    unread = unread.slice(packets.join("").length);
    for (const packet of packets) {
      if (/^3[23]/.test(packet)) node.receive(puback(identifierOf(packet)));
      else if (packet === PINGREQ) node.receive(PINGRESP);
      else if (packet.startsWith("82")) node.receive(`9003${packet.slice(4, 8)}01`);
    }
    if (round === 4 && module === commands) {
      node.receive(publish(`sensor/${LONG}/cmd/led`, "1", { qos: 1, identifier: 0x1234 }));
      node.receive(publish(`sensor/${LONG}/cmd/interval`, "6500"), publish("house/x/alarm", "on", { qos: 1 }));
    }
  }
  node.stop().step();
  run();
  run();
  expect(node.linked).toBe(false);
  expect(node.logs()).toEqual(["1 online"]);
  return sent;
}

describe.each([
  ["temperature", () => temperature],
  ["commands", () => commands],
])("%s", (_, module) => {
  test("sends the same bytes over a link that takes as few as 1 at a time", () => {
    const whole = stream(module(), NO_CAP, NO_CAP);
    expect(split(whole).length).toBeGreaterThan(15);
    const caps = [...Array.from({ length: 16 }, (_, n) => n + 1), 20, 31, 39, 40, 41, 80, 200];
    for (const cap of caps) expect(stream(module(), cap, NO_CAP), `SEND_CAP ${cap}`).toBe(whole);
  });

  test("sends the same bytes whether it receives 1 byte at a time or all", () => {
    const whole = stream(module(), NO_CAP, NO_CAP);
    for (const cap of [1, 2, 3, 4, 5, 7]) expect(stream(module(), NO_CAP, cap), `RECV_CAP ${cap}`).toBe(whole);
    expect(stream(module(), 1, 1)).toBe(whole);
  });
});

describe("a link that takes nothing for a while", () => {
  test("gets the rest of a reading, and none twice, when it takes bytes again", () => {
    const node = new TestNode(temperature).online();
    node.receive("40020080");
    node.board.sendCap = 5;
    node.step(1000);
    node.board.sendCap = 0;
    for (let n = 0; n < 10; n++) node.step(20);
    node.board.sendCap = NO_CAP;
    node.step(20);
    expect(node.packets().length).toBe(1);
  });

  test("is asked again soon, not at the next reading", () => {
    const node = new TestNode(temperature, { config: { interval: "10000" } }).online();
    node.receive("40020080");
    node.board.sendCap = 5;
    node.run(10_000);
    expect(node.waitMs).toBeLessThanOrEqual(100);
    expect(node.waitMs).toBeGreaterThan(0);
  });
});

test("a broker that answers CONNECT before it can have read it does not make the node write past its output", () => {
  for (const cap of [0, 1, 50, 150, 200]) {
    const node = new TestNode(temperature, {
      config: { id: LONG, username: "u".repeat(64), password: "p".repeat(64) },
    });
    node.board.sendCap = cap;
    node.step().open();
    node.receive(CONNACK).run(100);
    node.board.sendCap = NO_CAP;
    node.run(100);
    // Whichever way the node takes it, all that it sends is packets. Every step above looked at its constants.
    const types = node.linked ? node.packets().map((packet) => packet.slice(0, 2)) : [];
    expect(["10,31,32", ""]).toContain(types.join());
  }
});
