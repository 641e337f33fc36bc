/**
 * Who is who in a fleet. All of it follows from a node's global index, 0 to N - 1, and what the run was given: a node has the
 * same id, seed and time of start on whichever shard and worker it runs.
 */

import { WasmoteError } from "../errors.ts";
import { mix32 } from "../hal/random.ts";
import type { Group } from "./scenario.ts";

/** A part of a fleet: the nodes whose index leaves `index` when it is divided by `count`. */
export interface Shard {
  /** 0 to `count` - 1. */
  readonly index: number;
  readonly count: number;
}

export const WHOLE: Shard = { index: 0, count: 1 };

/** As many nodes as a run may have on all its machines together. */
export const MAX_NODES = 10_000_000;
/** Threads of one process. */
export const MAX_WORKERS = 64;
const MAX_ID_CHARACTERS = 23;

/** The fleet's indexes of a shard's nodes, ascending. The shards of one count have each index exactly once. */
export function shardIndexes(nodes: number, { index, count }: Shard): Uint32Array {
  const indexes = new Uint32Array(shardSize(nodes, { index, count }));
  for (let at = 0; at < indexes.length; at++) indexes[at] = index + at * count;
  return indexes;
}

export function shardSize(nodes: number, { index, count }: Shard): number {
  return Math.max(0, Math.ceil((nodes - index) / count));
}

/** `i/n`, with `i` from 0 to `n` - 1. Throws `EUSAGE`. */
export function parseShard(text: string): Shard {
  const [, index, count] = text.match(/^(\d{1,7})\/(\d{1,7})$/) ?? [];
  return checkShard({ index: Number(index), count: Number(count) }, `"${text}" is no shard`);
}

export function checkShard(shard: Shard, what: string): Shard {
  if (shard.count >= 1 && shard.index < shard.count) return shard;
  throw new WasmoteError("EUSAGE", "usage", what, { cure: "write --shard 0/4 to --shard 3/4 for four shards" });
}

/** Throws `EUSAGE` unless every node's id is one: 1 to 23 of `0-9 A-Z a-z - _`. */
export function checkIdPrefix(prefix: string, nodes: number): void {
  const longest = nodeId(prefix, nodes - 1);
  if (/^[0-9A-Za-z_-]+$/.test(longest) && longest.length <= MAX_ID_CHARACTERS) return;
  throw new WasmoteError("EUSAGE", "usage", `"${longest}" would be no node's id`, {
    cure: `use for --id-prefix at most ${MAX_ID_CHARACTERS - longest.length + prefix.length} of the characters 0-9 A-Z a-z - _`,
  });
}

export function nodeId(prefix: string, index: number): string {
  return `${prefix}${index}`;
}

/** The index in an id, or -1 if no node of that prefix has it. */
export function indexOfId(id: string, prefix: string): number {
  if (!id.startsWith(prefix)) return -1;
  const digits = id.slice(prefix.length);
  return /^(0|[1-9]\d{0,7})$/.test(digits) ? Number(digits) : -1;
}

/** What the nodes of a group are configured with, besides their ids. `config`: over what the group says. */
export function groupConfig(
  { intervalMs, config: own }: Pick<Group, "intervalMs" | "config">,
  config: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  return new Map(
    Object.entries({ ...(intervalMs === undefined ? {} : { interval: String(intervalMs) }), ...own, ...config }),
  );
}

/** 32 bits that belong to this node in runs of that seed. */
export function nodeSeed(seed: number, index: number): number {
  return mix32(mix32(seed) ^ (index + 1));
}

/** Milliseconds from the start of the run to the node's. `rate`: nodes that start in a second. */
export function startOffsetMs(index: number, rate: number): number {
  return (index * 1_000) / rate;
}
