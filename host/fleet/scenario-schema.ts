/**
 * What a scenario's file may hold. The JSON Schema for editors, scenario.schema.json, is made from this: run write-schema.ts to write it
 * anew, and a test fails until then. Each part's `error` says what would be right there.
 */

import { z } from "zod";
import type { FaultEntry, GroupEntry, ScenarioFile } from "./define-scenario.ts";
import { durationMs } from "./duration.ts";
import { nearest } from "./nearest.ts";
import { FAULT_KINDS } from "./scenario.ts";

const MAX_GROUPS = 100;
const MAX_FAULTS = 1_000;
const MAX_CONFIG_KEYS = 16;
const MAX_SHARE = 1_000_000;
const MAX_PATH = 1_024;
const MAX_DESCRIPTION = 160;
const DAY_MS = 86_400_000;
const MIN_INTERVAL_MS = 100;
const MAX_SKEW_MS = 366 * DAY_MS;
/** The longest that a timer takes. */
const MAX_TIME_MS = 24 * DAY_MS;

/** Configuration values that a node has from elsewhere, and from where. */
const RESERVED: Readonly<Record<string, string>> = {
  id: "a node's id follows from its index",
  interval: "write it as the group's interval",
  password: "give it in the environment variable WASMOTE_PASSWORD",
};

function duration(range: { min: number; max: number; right: string; description: string }) {
  const { min, max, right: error, description } = range;
  const pattern = min < 0 ? /^-?\d{1,9}(\.\d{1,3})?(ms|s|m|h|d)$/ : /^\d{1,9}(\.\d{1,3})?(ms|s|m|h|d)$/;
  return z
    .union([z.string().regex(pattern, { error }), z.int({ error }).min(min, { error }).max(max, { error })], { error })
    .refine((value) => durationMs(value) >= min && durationMs(value) <= max, { error })
    .meta({ description });
}

/** An object with these keys and no other. */
function object<Shape extends z.core.$ZodLooseShape>(shape: Shape, what: string) {
  const names = Object.keys(shape).filter((name) => name !== "$schema");
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== "unrecognized_keys") return `write ${what} as an object`;
      const near = nearest(issue.keys[0] ?? "", names);
      return near === undefined ? `${what} has ${names.join(", ")}` : `did you mean "${near}"?`;
    },
  });
}

function text(pattern: RegExp, { right: error, description }: { right: string; description: string }) {
  return z.string({ error }).regex(pattern, { error }).meta({ description });
}

function share(description: string, max: number) {
  const error = `write a number above 0 and at most ${max}`;
  return z.number({ error }).gt(0, { error }).max(max, { error }).meta({ description });
}

/** One line without control characters. */
function line(max: number, description: string) {
  const error = `write one line of 1 to ${max} characters`;
  return text(new RegExp(`^[^\\u0000-\\u001f\\u007f]{1,${max}}$`), { right: error, description });
}

const name = (description: string) =>
  text(/^[a-z0-9-]{1,40}$/, { right: "write 1 to 40 of the characters a-z 0-9 -", description });

const config = z
  .record(
    z.string().regex(/^[a-z0-9_]{1,32}$/),
    z.string({ error: "write it as a text in quotes" }).max(256, { error: "write at most 256 characters" }),
    {
      error: (issue) =>
        issue.code === "invalid_key" ? "write 1 to 32 of the characters a-z 0-9 _" : 'write {"key": "value"}',
    },
  )
  .refine((values) => Object.keys(values).length <= MAX_CONFIG_KEYS, { error: `write at most ${MAX_CONFIG_KEYS}` })
  .meta({ description: "Further configuration values of its nodes.", maxProperties: MAX_CONFIG_KEYS });

const group = object(
  {
    name: name("Unique in the scenario."),
    share: share(
      "How large its part of the fleet is, by the sum of all groups' shares. Default: 1.",
      MAX_SHARE,
    ).exactOptional(),
    module: line(MAX_PATH, "A .wasm file for this group alone, found from this file on.").exactOptional(),
    sensor: line(
      MAX_PATH,
      "constant:17.2, sine:16,6~0.3, walk:SEED,LEAST..MOST, csv:FILE#ROW,COLUMN, day:FILE#DATE or file:PATH. Default: a year of hourly temperatures.",
    ).exactOptional(),
    interval: duration({
      min: MIN_INTERVAL_MS,
      max: DAY_MS,
      right: 'write 100ms to 24h, such as "30s"',
      description: "Between readings, 100ms to 24h.",
    }).exactOptional(),
    config: config.exactOptional(),
  },
  "a group",
);

const common = {
  at: duration({
    min: 0,
    max: MAX_TIME_MS,
    right: 'write 0s to 24d, such as "90s" or "12h"',
    description: "When it begins, after the start of the run.",
  }),
  share: share("The part of the nodes that it befalls. Default: 1, all of them.", 1).exactOptional(),
  group: name("Only nodes of this group.").exactOptional(),
};

const lasting = {
  ...common,
  for: duration({
    min: 1,
    max: MAX_TIME_MS,
    right: 'write 1ms to 24d, such as "5m"; leave it out for good',
    description: "How long it lasts. Default: for good.",
  }).exactOptional(),
};

const skew = duration({
  min: -MAX_SKEW_MS,
  max: MAX_SKEW_MS,
  right: 'write -366d to 366d, such as "90s", or "-5m" for behind',
  description: "How far the clocks are ahead; behind with a minus sign.",
});

const kind = <Kind extends (typeof FAULT_KINDS)[number]>(value: Kind, description: string) =>
  z.literal(value).meta({ description });

const fault = z.discriminatedUnion(
  "kind",
  [
    object(
      { kind: kind("cut", "Nodes lose their network: links break, and none can be opened."), ...lasting },
      "a cut",
    ),
    object(
      { kind: kind("broker-gone", "The broker is gone: links break, and are refused."), ...lasting },
      "a broker-gone",
    ),
    object({ kind: kind("clock-skew", "Nodes' clocks are off."), ...lasting, skew }, "a clock-skew"),
    object({ kind: kind("frozen-probe", "Probes keep reading what they read last."), ...lasting }, "a frozen-probe"),
    object({ kind: kind("failed-probe", "Probes can't be read."), ...lasting }, "a failed-probe"),
    object(
      { kind: kind("dead-battery", "Nodes do not run, say no good-bye, and start afresh afterwards."), ...lasting },
      "a dead-battery",
    ),
    object(
      { kind: kind("reconnect-storm", "All links break at one instant, and the nodes come back."), ...common },
      "a reconnect-storm",
    ),
  ],
  {
    error: ({ input }) => {
      const given = typeof input === "object" && input !== null && "kind" in input ? input.kind : undefined;
      const near = typeof given === "string" ? nearest(given, FAULT_KINDS) : undefined;
      return near === undefined ? `use ${FAULT_KINDS.join(", ")}` : `did you mean "${near}"?`;
    },
  },
);

function list<Item extends z.ZodType>(item: Item, range: { min: number; max: number; description: string }) {
  const { min, max, description } = range;
  const error = `write a list of ${min} to ${max}`;
  return z.array(item, { error }).min(min, { error }).max(max, { error }).meta({ description });
}

export const scenarioSchema: z.ZodType<ScenarioFile> = object(
  {
    $schema: line(MAX_PATH, "Where this schema is.").exactOptional(),
    name: name("As `fleet list` shows it."),
    description: line(MAX_DESCRIPTION, "What happens, in one line.").exactOptional(),
    groups: list(group, {
      min: 1,
      max: MAX_GROUPS,
      description: "Nodes that are alike. Without them, all nodes are one group, all.",
    }).exactOptional(),
    faults: list(fault, { min: 0, max: MAX_FAULTS, description: "What befalls which nodes when." }).exactOptional(),
  },
  "a scenario",
)
  .superRefine(({ groups = [], faults = [] }, context) => {
    const add = (path: (string | number)[], message: string) => context.addIssue({ code: "custom", path, message });
    const names = groups.length === 0 ? ["all"] : groups.map((each: GroupEntry) => each.name);
    groups.forEach((each: GroupEntry, index: number) => {
      if (names.indexOf(each.name) < index) add(["groups", index, "name"], "give each group a name of its own");
      for (const key of Object.keys(each.config ?? {})) {
        if (RESERVED[key] !== undefined) add(["groups", index, "config", key], RESERVED[key]);
      }
    });
    faults.forEach((each: FaultEntry, index: number) => {
      if (each.group === undefined || names.includes(each.group)) return;
      const near = nearest(each.group, names);
      add(
        ["faults", index, "group"],
        near === undefined ? `the groups are ${names.join(", ")}` : `did you mean "${near}"?`,
      );
    });
  })
  .meta({ title: "A scenario of a fleet of wasmote's nodes" });

/** The JSON Schema, as the text of its file. */
export function jsonSchemaText(): string {
  return `${JSON.stringify(z.toJSONSchema(scenarioSchema, { io: "input" }), null, 2)}\n`;
}
