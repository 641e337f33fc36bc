import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect } from "vitest";
import { ID, labTest } from "../integration/lab.ts";
import { ENGINES } from "./targets.ts";

const TEMPERATURE = `sensor/${ID}/temperature`;
const USERS = { attic: "open-sesame", observer: "watching" };
const OBSERVER = { username: "observer", password: "watching" };
/** Longer than the longest delay before a second attempt, were it made as after a lost link. */
const PATIENCE_MS = 2_500;

describe.each(ENGINES)("examples/password under $name", (target) => {
  const test = labTest(target);

  for (const [mqtt, refusal] of [
    ["3.1.1", "broker refuses: 5"],
    ["5", "broker refuses: 135"],
  ] as const) {
    test(`is let in with the right password, in MQTT ${mqtt}`, async (lab) => {
      const broker = await lab.mosquitto({ users: USERS });
      const observer = await lab.observer(broker, OBSERVER);
      const config = { mqtt };
      const node = await lab.node(broker, { module: "password", username: "attic", password: USERS.attic, config });
      expect((await observer.on(TEMPERATURE)).payload).toBe('{"msg":"17.2"}');
      expect(broker.log.count((line) => line.includes("u'attic'"))).toBe(1);
      expect(`${node.log}`).not.toContain(USERS.attic);
    });

    test(`says once that a wrong password is refused, and does not insist, in MQTT ${mqtt}`, async (lab) => {
      const broker = await lab.mosquitto({ users: USERS });
      const observer = await lab.observer(broker, OBSERVER);
      const config = { mqtt };
      const node = await lab.node(broker, { module: "password", username: "attic", password: "0pen-sesam3", config });
      expect(await node.says(refusal)).toMatchObject({ level: "error" });
      await sleep(PATIENCE_MS);
      expect(node.log.entries.filter(({ level }) => level === "error")).toHaveLength(1);
      const attempts = broker.log.count((line) => /^New connection from/.test(line));
      expect(attempts, "the observer's and one").toBe(2);
      expect(observer.payloads(TEMPERATURE)).toEqual([]);
      expect(`${node.log}`).not.toContain("0pen-sesam3");
    });
  }
});
