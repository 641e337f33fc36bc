import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../host/engine/module.ts";
import { payloadOf } from "./harness/bytes.ts";
import { loadTemperature } from "./harness/modules.ts";
import { TestNode } from "./harness/node.ts";

let bare: LoadedModule;
let standard: LoadedModule;
beforeAll(async () => {
  bare = await loadTemperature("NODE_QOS=0", "NODE_PAYLOAD=1");
  standard = await loadTemperature();
});

const MIN = -100_000;
const MAX = 1_000_000;

/** Written another way than the node does it: rounds halves of a tenth away from zero, and knows no minus zero. */
function expected(millidegrees: number): string {
  const tenths = Math.round(Math.abs(millidegrees) / 100);
  const sign = millidegrees < 0 && tenths > 0 ? "-" : "";
  return `${sign}${(tenths / 10).toFixed(1)}`;
}

const TABLE: [number, string][] = [
  [-100_000, "-100.0"],
  [-99_951, "-100.0"],
  [-99_949, "-99.9"],
  [-10_000, "-10.0"],
  [-9_950, "-10.0"],
  [-9_949, "-9.9"],
  [-1_000, "-1.0"],
  [-300, "-0.3"],
  [-250, "-0.3"],
  [-249, "-0.2"],
  [-50, "-0.1"],
  [-49, "0.0"],
  [-1, "0.0"],
  [0, "0.0"],
  [49, "0.0"],
  [50, "0.1"],
  [250, "0.3"],
  [949, "0.9"],
  [950, "1.0"],
  [9_900, "9.9"],
  [9_949, "9.9"],
  [9_950, "10.0"],
  [10_000, "10.0"],
  [17_249, "17.2"],
  [17_250, "17.3"],
  [99_900, "99.9"],
  [99_949, "99.9"],
  [99_950, "100.0"],
  [100_000, "100.0"],
  [999_949, "999.9"],
  [999_950, "1000.0"],
  [1_000_000, "1000.0"],
];

describe("a temperature", () => {
  test.each(TABLE)("of %i millidegrees is shown as %s, whichever way it goes out", (millidegrees, shown) => {
    expect(expected(millidegrees)).toBe(shown);
    // The first reading waits in the queue until the node is online, the second goes out at once.
    const node = new TestNode(standard).sensor(millidegrees).dial();
    node.receive("20020000");
    expect(node.acknowledge().map(payloadOf)).toEqual([`{"msg":"${shown}"}`]);
    node.step(1000);
    expect(node.acknowledge().map(payloadOf)).toEqual([`{"msg":"${shown}"}`]);
  });

  test("is right for every millidegree from -100.0 to 1000.0", () => {
    const node = new TestNode(bare, { config: { interval: "100" } }).online();
    let last = "";
    node.board.onSend = (bytes) => {
      last = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
    };
    const topic = "\x00\x14sensor/7/temperature";
    const wrong: string[] = [];
    for (let millidegrees = MIN; millidegrees <= MAX; millidegrees++) {
      node.board.sensorValue = millidegrees;
      node.stepUnchecked(100);
      const digits = expected(millidegrees);
      if (last !== `0${String.fromCharCode(topic.length + digits.length)}${topic}${digits}`)
        wrong.push(`${millidegrees}: ${last}`);
    }
    expect(wrong).toEqual([]);
    expect(node.linked).toBe(true);
  });
});
