import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../../../host/engine/module.ts";
import { Xorshift32 } from "../../../../host/hal/random.ts";
import { TestNode } from "../../../unit/harness/node.ts";
import { type Cuts, type Method, ModelBroker } from "../../model-broker.ts";
import { by, Do, loadLab, order, VERSIONS, type Version } from "../../outbound.ts";

let module: LoadedModule;
beforeAll(async () => {
  module = await loadLab(
    "NODE_MQTT=45",
    "NODE_PERSISTENT=1",
    "NODE_STATUS=0",
    "NODE_QOS=2",
    "NODE_OUTBOX=512",
    "NODE_MESSAGES=1",
    "NODE_INBOUND_QOS=2",
    "NODE_WINDOW=3",
  );
});

interface Setting {
  readonly version: Version;
  readonly method: Method;
  /** How many bytes the link takes, and gives, at a time. */
  readonly cap?: number;
}

interface Outcome {
  readonly delivered: readonly string[];
  readonly heard: readonly string[];
  readonly faults: readonly string[];
  readonly complaints: readonly string[];
  readonly sent: number;
  readonly received: number;
}

/** What the node sends, in its order. */
const SENT = ["one", '{"msg":"21.0"}', "two", "three", "four"];
const HEARD = ["yes", "no", "maybe"];

/** Plays the script, four messages and a reading to the broker and three messages to the node, over links so cut. */
function play({ version, method, cap }: Setting, cuts: Cuts = {}): Outcome {
  const node = new TestNode(module, { config: { mqtt: version === 5 ? "5" : "3.1.1", interval: "86400000" } });
  if (cap !== undefined) {
    node.board.sendCap = cap;
    node.board.recvCap = cap;
  }
  const broker = new ModelBroker(node, version, method, cuts);
  broker.onFirstPublish = () => {
    broker.publish("yes");
    broker.publish("no");
  };
  order(node, Do.message("from/7", "one", 2) + Do.reading(21_000) + Do.message("from/7", "two", 2));
  order(node, Do.message("from/7", "three", 2));
  let isLater = false;
  for (let idle = 0, steps = 0; idle < 5; steps++) {
    if (steps > 5_000) throw new Error("the exchanges do not end");
    if (node.board.link === "connecting") {
      broker.open();
      node.board.openLink();
    }
    node.step(node.board.pending ? 0 : node.waitMs);
    if (broker.delivered.length > 1 && !isLater) {
      isLater = true;
      order(node, Do.message("from/7", "four", 2));
      broker.publish("maybe");
    }
    const isAtRest = node.board.link === "open" && !node.board.pending && node.waitMs > 500;
    idle = isLater && isAtRest && broker.isIdle ? idle + 1 : 0;
  }
  const logs = node.logs();
  return {
    delivered: broker.delivered,
    heard: logs.filter((line) => HEARD.includes(line.slice(2))).map((line) => line.slice(2)),
    faults: broker.faults,
    complaints: logs.filter((line) => /bad packet|refused|dropped|disconnected/.test(line)),
    sent: broker.sent,
    received: broker.received,
  };
}

function expectExactlyOnce(outcome: Outcome, where: string): void {
  const { delivered, heard, faults, complaints } = outcome;
  expect({ delivered, heard, faults, complaints }, where).toEqual({
    delivered: SENT,
    heard: HEARD,
    faults: [],
    complaints: [],
  });
}

const METHODS: readonly Method[] = ["A", "B"];

describe.each(VERSIONS)("%s: messages under QoS 2, in both directions at once,", (_, version) => {
  const ids = by(
    version,
    "[MQTT-4.3.3-1] [MQTT-4.3.3-2] [MQTT-4.4.0-1] [MQTT-4.6.0-1]",
    "[MQTT-4.3.3-3] [MQTT-4.3.3-5] [MQTT-4.3.3-6] [MQTT-4.3.3-10] [MQTT-4.3.3-11] [MQTT-4.4.0-1] [MQTT-4.6.0-1]",
  );

  describe.each(METHODS)("with a broker of method %s", (method) => {
    test("arrive once each and in their order where nothing is cut, however few bytes the link takes", () => {
      for (const cap of [undefined, 1, 2, 3, 7])
        expectExactlyOnce(play({ version, method, ...(cap && { cap }) }), `${cap}`);
    });

    test(`${ids} arrive once each and in their order, after whichever byte from the node the link is cut`, () => {
      for (const cap of [undefined, 1]) {
        const setting: Setting = { version, method, ...(cap && { cap }) };
        const { sent } = play(setting);
        expect(sent).toBeGreaterThan(150);
        for (let at = 0; at < sent; at++)
          expectExactlyOnce(play(setting, { sent: [at] }), `after byte ${at}, cap ${cap}`);
      }
    });

    test(`${ids} arrive once each and in their order, after whichever byte to the node the link is cut`, () => {
      for (const cap of [undefined, 1]) {
        const setting: Setting = { version, method, ...(cap && { cap }) };
        const { received } = play(setting);
        expect(received).toBeGreaterThan(90);
        for (let at = 0; at < received; at++) {
          expectExactlyOnce(play(setting, { received: [at] }), `after byte ${at}, cap ${cap}`);
        }
      }
    });

    test("arrive once each and in their order through many cuts at random", () => {
      const random = new Xorshift32(20_000 + version);
      for (let n = 0; n < 400; n++) {
        const below = (limit: number): number => (random.next() >>> 0) % limit;
        const places = (): number[] => Array.from({ length: below(5) }, () => below(400)).sort((a, b) => a - b);
        const cuts = { sent: places(), received: places() };
        expectExactlyOnce(
          play({ version, method, ...(n % 2 === 0 && { cap: 1 + (n % 6) }) }, cuts),
          JSON.stringify(cuts),
        );
      }
    });
  });
});
