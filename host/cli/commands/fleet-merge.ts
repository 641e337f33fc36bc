/** `fleet merge`: the results of a run's shards as one. */

import { formatResults, mergeResults, missingShards, readResults, writeResults } from "../../fleet/merge.ts";
import { writeReport } from "../../fleet/report/index.ts";
import { counted, summaryLines } from "../fleet-text.ts";
import { paint } from "../output.ts";
import type { FleetMergeValues } from "../table/fleet.ts";

export async function fleetMerge(files: readonly string[], values: FleetMergeValues): Promise<void> {
  const merged = mergeResults(await Promise.all(files.map(readResults)));
  const missing = missingShards(merged);
  if (missing.length > 0) {
    const text = `${counted(missing.length, "shard")} of ${merged.run.shardCount} missing: ${missing.slice(0, 20).join(", ")}${missing.length > 20 ? ", …" : ""}`;
    process.stderr.write(`${paint("yellow", text, process.stderr)}\n`);
  }
  if (values.results !== undefined) await writeResults(values.results, merged);
  if (values.report !== undefined) await writeReport(merged, values.report);
  process.stdout.write(values.json ? formatResults(merged) : `${summaryLines(merged).join("\n")}\n`);
}
