import { beforeAll, describe, expect, test } from "vitest";
import { compileApp } from "../unit/harness/modules.ts";
import { attack, seeds, type Target } from "./attack.ts";

interface Case extends Omit<Target, "wasm"> {
  readonly what: string;
  readonly entry: string;
  readonly asconfig: string;
  readonly options?: readonly string[];
  /** Runs of 25,000 packets. */
  readonly runs: number;
}

function example(name: string): Pick<Case, "name" | "entry" | "asconfig"> {
  return { name, entry: `examples/${name}/index.ts`, asconfig: `examples/${name}/asconfig.json` };
}

const LAB = {
  name: "lab",
  entry: "tests/unit/modules/lab.ts",
  asconfig: "asconfig.json",
  options: ["NODE_COMMANDS=1"],
};

const EVERYTHING = [
  ...[
    "NODE_MQTT=45",
    "NODE_QOS=2",
    "NODE_PERSISTENT=1",
    "NODE_MESSAGES=1",
    "NODE_INBOUND_QOS=2",
    "NODE_RECEIVE_MAXIMUM=5",
  ],
  ...["NODE_OUTBOX=1024", "NODE_UPLOAD=1", "NODE_DOWNLOAD=1", "NODE_ALIASES=2", "NODE_AUTH=1", "NODE_ASSIGNED_ID=1"],
  ...[
    "NODE_WILL=128",
    "NODE_WILL_DELAY_S=5",
    "NODE_STALE_S=60",
    "NODE_SEND_EXPIRY=1",
    "NODE_PAYLOAD=2",
    "NODE_RECEIVE=128",
  ],
];

/** Together more than a million packets on each engine. */
const CASES: readonly Case[] = [
  { ...example("temperature"), what: "the temperature example", runs: 20 },
  { ...example("commands"), what: "the commands example", runs: 20 },
  { ...LAB, what: "an application that does what messages tell it", runs: 4 },
  { ...example("full"), what: "the full example under MQTT 5.0", runs: 10 },
  {
    ...example("full"),
    name: "full-4",
    what: "the full example under MQTT 3.1.1",
    runs: 4,
    maxQos: 2,
    config: { mqtt: "3.1.1" },
  },
  {
    what: "a node with every option under MQTT 5.0",
    name: "everything",
    entry: "tests/hostile/modules/everything.ts",
    asconfig: "tests/codec/modules/asconfig.json",
    options: EVERYTHING,
    runs: 10,
    method: "method",
  },
];

describe.each(CASES)("$what", ({ what: _, entry, asconfig, options, runs, ...rest }) => {
  let target: Target;
  beforeAll(async () => {
    target = { ...rest, wasm: await compileApp(entry, options, asconfig) };
  });

  test.each(seeds(runs))("takes 25,000 hostile packets on both engines, and does the same on each: seed %i", (seed) => {
    expect(attack(target, { seed, packets: 25_000 })).toBeUndefined();
  });

  test.each(seeds(3))("takes hostile packets in a build with ASan and UBSan: seed %i", (seed) => {
    expect(attack(target, { seed: seed + 1000, packets: 3000, build: "sanitize" })).toBeUndefined();
  });
});
