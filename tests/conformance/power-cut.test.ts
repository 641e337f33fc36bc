import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../host/engine/module.ts";
import { Xorshift32 } from "../../host/hal/random.ts";
import { TestNode } from "../unit/harness/node.ts";
import { type Cuts, type Method, ModelBroker, PowerCut } from "./model-broker.ts";
import { Do, loadLab, order, VERSIONS, type Version } from "./outbound.ts";

/** What the node sends under QoS 2, in its order, and what it hears. */
const SENT = ["one", '{"msg":"21.0"}', "two", "three", "four", "five", "six"];
const HEARD = ["yes", "no", "maybe"];

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
    "NODE_CHECKPOINT=2",
  );
});

interface Setting {
  readonly version: Version;
  readonly method: Method;
  /** How many bytes the link takes at a time. */
  readonly cap?: number;
  /** Power cuts after these steps, counted from the first. */
  readonly afterSteps?: readonly number[];
}

interface Outcome {
  readonly delivered: readonly string[];
  readonly heard: readonly string[];
  readonly faults: readonly string[];
  readonly complaints: readonly string[];
  readonly sent: number;
  readonly steps: number;
  readonly checkpoints: number;
}

/** Plays the script, four messages and a reading to the broker and three messages to the node, with the power so cut. */
function play({ version, method, cap, afterSteps = [] }: Setting, cuts: Cuts = {}): Outcome {
  const config = { mqtt: version === 5 ? "5" : "3.1.1", interval: "86400000" };
  const node = new TestNode(module, { config, keepsImages: true });
  if (cap !== undefined) node.board.sendCap = cap;
  const broker = new ModelBroker(node, version, method, cuts);
  const logs: string[] = [];
  const pending = [
    Do.message("from/7", "three", 2),
    Do.reading(21_000) + Do.message("from/7", "two", 2),
    Do.message("from/7", "one", 2),
  ];
  let isLater = false;
  let isLast = false;
  let steps = 0;
  const restart = (): void => {
    node.logs();
    broker.powerCut();
    node.powerCut(steps * 7_919);
  };
  for (let idle = 0; idle < 5; steps++) {
    if (steps > 5_000) throw new Error("the exchanges do not end");
    if (afterSteps.includes(steps)) restart();
    if (node.board.link === "connecting") {
      broker.open();
      node.board.openLink();
    }
    try {
      const next = pending.at(-1);
      // What a step did counts if it ended: an order that the power cut took back is given again.
      if (next === undefined) node.step(node.board.pending ? 0 : node.waitMs);
      else order(node, next);
      pending.pop();
      logs.push(...node.logs());
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      restart();
    }
    if (broker.delivered.length > 1 && !isLater) {
      isLater = true;
      pending.push(Do.message("from/7", "four", 2));
      for (const payload of HEARD) broker.publish(payload);
    }
    const isAtRest = node.board.link === "open" && !node.board.pending && node.waitMs > 500;
    idle = isLater && isAtRest && broker.isIdle ? idle + 1 : 0;
    if (idle === 3 && !isLast) {
      isLast = true;
      // Both in one step, with nothing else under way: the power may be cut when the first has gone out whole.
      pending.push(Do.message("from/7", "five", 2) + Do.message("from/7", "six", 2));
    }
  }
  return {
    delivered: broker.delivered,
    heard: logs.filter((line) => HEARD.includes(line.slice(2))).map((line) => line.slice(2)),
    faults: broker.faults,
    complaints: logs.filter((line) => /bad packet|refused|dropped|disconnected/.test(line)),
    sent: broker.sent,
    steps,
    checkpoints: node.checkpoints,
  };
}

function expectExactlyOnce({ delivered, heard, faults, complaints }: Outcome, where: string): void {
  expect({ delivered, heard, faults, complaints }, where).toEqual({
    delivered: SENT,
    heard: HEARD,
    faults: [],
    complaints: [],
  });
}

const METHODS: readonly Method[] = ["A", "B"];

describe.each(VERSIONS)("%s: a node that writes its image ahead", (_, version) => {
  describe.each(METHODS)("at a broker of method %s", (method) => {
    test(`[MQTT-4.1.0-1] [MQTT-4.4.0-1] delivers and hears each message once and in order, after whichever byte its power is cut`, () => {
      for (const cap of [undefined, 1]) {
        const setting: Setting = { version, method, ...(cap && { cap }) };
        const whole = play(setting);
        expectExactlyOnce(whole, "no cut");
        expect(whole.sent).toBeGreaterThan(150);
        expect(whole.checkpoints).toBeGreaterThan(5);
        for (let at = 0; at < whole.sent; at++)
          expectExactlyOnce(play(setting, { power: at }), `after byte ${at}, cap ${cap}`);
      }
    });

    test(`[MQTT-4.1.0-1] [MQTT-4.4.0-1] delivers and hears each message once and in order, after whichever step its power is cut`, () => {
      const setting: Setting = { version, method };
      const { steps } = play(setting);
      for (let at = 1; at < steps; at++) {
        expectExactlyOnce(play({ ...setting, afterSteps: [at] }), `after step ${at}`);
        expectExactlyOnce(play({ ...setting, afterSteps: [at, at + 1, at + 3] }), `from step ${at} on`);
      }
    });

    test("delivers and hears each message once and in order through many cuts at random", () => {
      const random = new Xorshift32(40_000 + version);
      for (let n = 0; n < 300; n++) {
        const below = (limit: number): number => (random.next() >>> 0) % limit;
        const places = (): number[] => Array.from({ length: below(5) }, () => below(60)).sort((a, b) => a - b);
        const cuts = { sent: places(), received: places(), power: below(400) };
        const setting: Setting = { version, method, afterSteps: places(), ...(n % 2 === 0 && { cap: 1 + (n % 6) }) };
        expectExactlyOnce(play(setting, cuts), JSON.stringify({ setting, cuts }));
      }
    });
  });
});
