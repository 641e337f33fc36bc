/** Whether this process may open as many sockets as its nodes need: better to say so before than to fail one by one. */

import { readFileSync } from "node:fs";
import { WasmoteError } from "../errors.ts";

/** Both ends of a node's connection are in this process. */
const PER_NODE = 2;
/** Files, listeners, pages and whatever else the process has open. */
const RESERVE = 100;

/** Throws `ENOFILE` if there are too few. Where the system does not tell, as on macOS, nothing is checked. */
export function checkOpenFiles(nodes: number): void {
  const needed = nodes * PER_NODE + RESERVE;
  const limit = openFileLimit();
  if (limit === undefined || limit >= needed) return;
  throw new WasmoteError(
    "ENOFILE",
    "resource",
    `${nodes} nodes need ${needed} open files, and this process may have ${limit}`,
    { cure: `allow more with ulimit -n ${needed}, or start fewer nodes` },
  );
}

function openFileLimit(): number | undefined {
  let limits: string;
  try {
    limits = readFileSync("/proc/self/limits", "utf-8");
  } catch {
    return undefined;
  }
  const [, soft] = limits.match(/^Max open files +(\d+)/m) ?? [];
  return soft === undefined ? undefined : Number(soft);
}
