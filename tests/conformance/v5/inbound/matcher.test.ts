import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../../../host/engine/module.ts";
import { loadTestApp } from "../../../unit/harness/modules.ts";
import { TestNode } from "../../../unit/harness/node.ts";
import { ACCEPTED, answer, publish, SUBACK } from "./packets.ts";

let lab: LoadedModule;
beforeAll(async () => {
  lab = await loadTestApp("lab", "NODE_MQTT=5", "NODE_COMMANDS=1");
}, 300_000);

const online = (): TestNode => new TestNode(lab).online(ACCEPTED).receive(answer(SUBACK, "0100", [1]));

/** Asks the application whether a filter matches the topic of a message. */
function matches(node: TestNode, filter: string, topic: string): boolean {
  node.receive(publish(topic, `?${filter}`));
  const [said] = node.actuations();
  if (said === undefined) throw new Error(`no answer for ${filter} and ${topic}: ${node.logs()}`);
  return said === 1;
}

/** Section 4.7, level by level. */
function isMatch(filter: string, topic: string): boolean {
  const [wanted, levels] = [filter.split("/"), topic.split("/")];
  if (topic.startsWith("$") && /^[+#]/.test(filter)) return false;
  for (const [i, level] of wanted.entries()) {
    if (level === "#") return true;
    if (i >= levels.length || (level !== "+" && level !== levels[i])) return false;
  }
  return wanted.length === levels.length;
}

/** Every sequence of up to `length` of these levels, joined. */
function sequences(levels: readonly string[], length: number): string[] {
  let last: string[][] = [[]];
  const all: string[][] = [];
  for (let n = 0; n < length; n++) {
    last = last.flatMap((head) => levels.map((level) => [...head, level]));
    all.push(...last);
  }
  return all.map((each) => each.join("/"));
}

describe("MQTT 5.0: whether a topic matches a filter", () => {
  test("[MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.2-1] is decided level by level, for all of up to three", () => {
    const filters = sequences(["", "a", "$a", "+"], 3).flatMap((each) => [each, `${each}/#`]);
    const topics = sequences(["", "a", "ab", "$a"], 3).filter((topic) => topic !== "");
    const node = online();
    const wrong: string[] = [];
    for (const filter of [...filters, "#"].filter((each) => each !== "")) {
      for (const topic of topics) {
        if (matches(node, filter, topic) !== isMatch(filter, topic)) wrong.push(`${filter} ${topic}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test("[MQTT-4.7.3-4] [MQTT-1.5.4-3] is decided by bytes: by case, by composition, with the byte order mark", () => {
    const node = online();
    const texts = [
      "a",
      "A",
      "\u{feff}a",
      "a\u{feff}",
      "\u{e9}",
      "e\u{301}",
      "\u{212b}",
      "\u{c5}",
      "\u{1f600}",
      "ﬁ",
      "fi",
      " a",
    ];
    for (const filter of texts) {
      for (const topic of texts) expect(matches(node, filter, topic), `${filter} ${topic}`).toBe(filter === topic);
    }
  });

  test("[MQTT-1.5.4-3] shows the topic with its byte order mark in an answer to a command", () => {
    const node = online();
    node.receive(publish("sensor/7/cmd/\u{feff}x", "", { qos: 1 }));
    expect(node.sent()).toContain(Buffer.from("sensor/7/cmd/\u{feff}x/result").toString("hex"));
  });
});
