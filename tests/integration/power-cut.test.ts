import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect } from "vitest";
import { seededRandom } from "./chance.ts";
import { describeCases, ID, type Lab, labTest } from "./lab.ts";
import { CASES, checkpointSlots, compileVariant, type Target, type TestNode, UNSANITIZED } from "./nodes.ts";
import type { Observer } from "./observer.ts";

const TOPIC = `sensor/${ID}/temperature`;
/** How often the power is cut, and how long a life may be. */
const LIVES = 12;
const LIFE_MS = { least: 150, most: 900 };
/** All sequence numbers of an observer's readings, in the order in which they came. */
const sequences = (observer: Observer): number[] => observer.readings(TOPIC).map(({ seq }) => seq);

const upTo = (end: number): number[] => Array.from({ length: end }, (_, index) => index);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Lets a node live and cuts its power, again and again; the last life is its caller's to end. */
async function live(start: (life: number) => Promise<TestNode>, seed: number): Promise<TestNode> {
  const random = seededRandom(seed);
  for (let life = 1; life < LIVES; life++) {
    const node = await start(life);
    await pause(LIFE_MS.least + random() * (LIFE_MS.most - LIFE_MS.least));
    await node.kill();
  }
  return start(LIVES);
}

/** Awaits `count` readings more than there are, and as many as there are gaps to fill. */
async function awaitMore(observer: Observer, count: number): Promise<void> {
  const isReading = ({ topic }: { topic: string }): boolean => topic === TOPIC;
  const seen = observer.messages.count(isReading);
  await observer.messages.all(seen + count, "readings", isReading, { withinMs: 20_000 });
}

function checkExactlyOnce(observer: Observer, nodes: readonly TestNode[]): void {
  const seen = sequences(observer);
  expect(seen).toEqual(upTo(seen.length));
  expect(seen.length).toBeGreaterThan(LIVES);
  const resumed = nodes.filter((node) => node.said("goes on from checkpoint") === 1).length;
  expect(resumed, "lives that went on from the one before").toBeGreaterThan(LIVES / 2);
}

describeCases(
  "power cuts of a node",
  ({ target, version }) => {
    const test = labTest(target, version);
    let exact: string;
    let offline: string;
    beforeAll(async () => {
      const common = [...version.use, "NODE_PERSISTENT=1", "NODE_PAYLOAD=2"];
      [exact, offline] = await Promise.all([
        compileVariant("temperature", ...common, "NODE_CHECKPOINT=2", "NODE_QOS=2"),
        compileVariant("temperature", ...common, "NODE_CHECKPOINT=1"),
      ]);
    });

    test("at random moments cost no reading and double none under QoS 2", async (lab) => {
      const broker = await lab.mosquitto();
      const observer = await lab.observer(broker, { filter: TOPIC, qos: 2, persistent: true });
      const settings = { module: exact, image: lab.path("node.image"), intervalMs: 100 };
      const nodes: TestNode[] = [];
      await live(async () => {
        const node = await lab.node(broker, settings);
        nodes.push(node);
        return node;
      }, version.level);
      await awaitMore(observer, 5);
      checkExactlyOnce(observer, nodes);
    });

    test("while the broker is away keep the queue: it is delivered from the first reading on", async (lab) => {
      const broker = await lab.mosquitto();
      const observer = await lab.observer(broker, { filter: TOPIC, persistent: true });
      await broker.stop();
      const settings = { module: offline, image: lab.path("node.image"), intervalMs: 100, seed: 15355 };
      for (let life = 0; life < 3; life++) {
        const node = await lab.node(broker, settings);
        await node.says("link closed");
        await pause(500);
        await node.kill();
      }
      await broker.start();
      await lab.node(broker, settings);
      await awaitMore(observer, 15);
      const seen = sequences(observer);
      expect(seen).toEqual(upTo(seen.length));
    });

    test("with damaged checkpoints mean a fresh start that says so", async (lab) => {
      const broker = await lab.mosquitto();
      const image = lab.path("node.image");
      const first = await lab.node(broker, { module: exact, image });
      await first.says("online");
      await pause(500);
      await first.kill();
      const bytes = readFileSync(image);
      for (const slot of checkpointSlots(target)) bytes[slot + 100] = (bytes[slot + 100] ?? 0) ^ 1;
      writeFileSync(image, bytes);
      const second = await lab.node(broker, { module: exact, image });
      await second.says("no checkpoint is valid: a fresh start");
      await second.says("online");
    });
  },
  CASES,
);

describe("a node whose power is cut", () => {
  const either = labTest(UNSANITIZED[0] as Target);
  either("goes on under the other engine, and back, with each reading once", async (lab: Lab) => {
    const module = await compileVariant(
      "temperature",
      "NODE_PERSISTENT=1",
      "NODE_PAYLOAD=2",
      "NODE_CHECKPOINT=2",
      "NODE_QOS=2",
    );
    const broker = await lab.mosquitto();
    const observer = await lab.observer(broker, { filter: TOPIC, qos: 2, persistent: true });
    const settings = { module, image: lab.path("node.image"), intervalMs: 100 };
    const nodes: TestNode[] = [];
    await live(async (life) => {
      const node = await lab.nodeUnder(UNSANITIZED[life % 2] as Target, broker, settings);
      nodes.push(node);
      return node;
    }, 77);
    await awaitMore(observer, 5);
    checkExactlyOnce(observer, nodes);
  });
});
