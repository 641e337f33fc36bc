import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../host/engine/module.ts";
import { publish } from "./harness/bytes.ts";
import { loadTestApp } from "./harness/modules.ts";
import { TestNode } from "./harness/node.ts";

let lab: LoadedModule;
beforeAll(async () => {
  lab = await loadTestApp("lab", "NODE_COMMANDS=1");
});

function online(): TestNode {
  return new TestNode(lab).online().receive("9003010001");
}

/** Asks the application whether a filter matches the topic of a message. */
function matches(node: TestNode, filter: string, topic: string): boolean {
  node.receive(publish(topic, `?${filter}`));
  const [answer] = node.actuations();
  if (answer === undefined) throw new Error(`no answer for ${filter} and ${topic}: ${node.logs()}`);
  return answer === 1;
}

/** Section 4.7, written from the standard: levels, one by one. */
function expected(filter: string, topic: string): boolean {
  const [wanted, levels] = [filter.split("/"), topic.split("/")];
  if (topic.startsWith("$") && /^[+#]/.test(filter)) return false;
  for (const [i, level] of wanted.entries()) {
    if (level === "#") return true;
    if (i >= levels.length || (level !== "+" && level !== levels[i])) return false;
  }
  return wanted.length === levels.length;
}

const TABLE: [filter: string, topic: string, match: boolean][] = [
  ["a/b", "a/b", true],
  ["a/b", "a/B", false],
  ["a/b", "a/b/", false],
  ["a/b/", "a/b", false],
  ["a/b", "a/bc", false],
  ["a/bc", "a/b", false],
  ["/a", "a", false],
  ["+", "a", true],
  ["+", "a/b", false],
  ["+", "/", false],
  ["+/+", "/", true],
  ["/+", "/a", true],
  ["+", "/a", false],
  ["+/a", "/a", true],
  ["a/+", "a", false],
  ["a/+", "a/", true],
  ["a/+/c", "a//c", true],
  ["a/+/c", "a/b/b/c", false],
  ["a/+/c", "a/b/cd", false],
  ["+/b/+", "a/b/c", true],
  ["#", "a", true],
  ["#", "a/b/c", true],
  ["#", "/", true],
  ["a/#", "a", true],
  ["a/#", "a/", true],
  ["a/#", "a/b/c/d", true],
  ["a/#", "ab", false],
  ["a/#", "b", false],
  ["a/b/#", "a", false],
  ["+/#", "a", true],
  ["/#", "a", false],
  ["/#", "/a", true],
];

const DOLLAR: typeof TABLE = [
  ["#", "$SYS/uptime", false],
  ["+/uptime", "$SYS/uptime", false],
  ["+", "$SYS", false],
  ["+/#", "$SYS", false],
  ["$SYS/#", "$SYS", true],
  ["$SYS/#", "$SYS/a/b", true],
  ["$SYS/+", "$SYS/a", true],
  ["a/+", "a/$b", true],
  ["a/#", "a/$b/c", true],
  ["/#", "/$SYS", true],
];

const BEYOND_ASCII: typeof TABLE = [
  ["ä", "ä", true],
  ["ä", "a\u0308", false],
  ["a/+/ü", "a/日本/ü", true],
  ["\ufeffa", "a", false],
  ["\ufeffa", "\ufeffa", true],
  ["a b", "a b", true],
];

describe("MQTT 3.1.1: a topic filter", () => {
  const judge = (filter: string, topic: string, match: boolean): void => {
    expect(expected(filter, topic)).toBe(match);
    expect(matches(online(), filter, topic)).toBe(match);
  };

  test.each(TABLE)("%s and the topic %s: %s", judge);

  test.each(DOLLAR)(
    "[MQTT-4.7.2-1] that begins with a wildcard matches no topic with $ in front: %s and %s: %s",
    judge,
  );

  test.each(BEYOND_ASCII)("[MQTT-4.7.3-4] is compared as it is, without normalisation: %s and %s: %s", judge);

  test("[MQTT-4.7.2-1] agrees with the standard on every filter and topic of up to four signs", () => {
    const node = online();
    const topics = words(["a", "b", "/", "$"]);
    const filters = words(["a", "/", "+", "#", "$"]).filter(isFilter);
    expect(filters.length).toBeGreaterThan(100);
    const wrong: string[] = [];
    for (const filter of filters) {
      for (const topic of topics) {
        if (matches(node, filter, topic) !== expected(filter, topic)) wrong.push(`${filter} ${topic}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

/** Every word of one to four of these signs. */
function words(signs: readonly string[]): string[] {
  const all = [""];
  for (let i = 0; all[i] !== undefined && (all[i] as string).length < 4; i++) {
    all.push(...signs.map((sign) => all[i] + sign));
  }
  return all.slice(1);
}

/** Wildcards fill whole levels, and `#` is the last one [MQTT-4.7.1-2], [MQTT-4.7.1-3]. */
function isFilter(word: string): boolean {
  const levels = word.split("/");
  return levels.every((level, i) => (level === "#" ? i === levels.length - 1 : level === "+" || !/[+#]/.test(level)));
}
