/** What a fleet's run looks like to a person: its progress, line by line, and its summary. */

import { quantile } from "../fleet/histogram.ts";
import { missingShards } from "../fleet/merge.ts";
import { errorInWords } from "../fleet/node-log.ts";
import type { Counters, FleetResults, Histogram, Observed } from "../fleet/results.ts";
import type { RunState } from "../fleet/run.ts";

/** As many reasons as a line of progress has room for. */
const SHOWN_ERRORS = 3;
/** In a shorter run most of the cost is that of its start. */
const ENOUGH_PUBLISHES = 10_000;
const OVERRUN_CURE = "use more --workers or --shard, fewer --nodes, or a longer --interval";

export function grouped(number: number): string {
  return Math.round(number).toLocaleString("en-US");
}

export function counted(number: number, one: string, many = `${one}s`): string {
  return `${grouped(number)} ${number === 1 ? one : many}`;
}

/** `850 µs`, `12.3 ms`, `4.56 s`; `-` where there is no value. */
export function microseconds(us: number | undefined): string {
  if (us === undefined) return "-";
  if (us < 1_000) return `${Math.round(us)} µs`;
  return us < 999_500 ? `${(us / 1_000).toPrecision(3)} ms` : `${Number((us / 1e6).toFixed(2))} s`;
}

/** `12 s`, `5 min 03 s`, `2 h 05 min`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const two = (value: number): string => String(value).padStart(2, "0");
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min ${two(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** Why links ended, most often first: `3 × nothing listens there`. */
export function errorLines(errors: Counters["errors"]): string[] {
  return Object.entries(errors)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${grouped(count)} × ${errorInWords(name)}`);
}

/** Where a run stands, in a few lines; `durationMs`: how long it is to last. */
export function progressLines(state: RunState, durationMs: number | undefined): string[] {
  const { nodes, states, counters, second, latency, observed, isObserverCut } = state;
  const lines = [
    `${when(state, durationMs)}  connected ${grouped(states.connected)}/${grouped(nodes)}  ${grouped(second?.publishes ?? 0)} publishes/s  ${grouped(second?.acknowledged ?? 0)} acks/s  in flight ${grouped(states.inFlight)}`,
    `publish to ack  ${quantiles(latency)}`,
  ];
  if (observed !== undefined) {
    const cut = isObserverCut ? ", observer cut off" : "";
    lines.push(`observed ${grouped(observed.messages)}${observedTrouble(observed)}${cut}`);
  }
  const errors = errorLines(counters.errors);
  const more = errors.length - SHOWN_ERRORS;
  if (errors.length > 0) {
    lines.push(
      `errors  ${errors.slice(0, SHOWN_ERRORS).join(", ")}${more > 0 ? `, ${counted(more, "other reason")}` : ""}`,
    );
  }
  const losses = lossesOf(counters);
  if (counters.overruns > 0) losses.push(`SATURATED: ${counted(counters.overruns, "late step")}`);
  if (losses.length > 0) lines.push(losses.join(", "));
  return lines;
}

/** The same in one line. */
export function progressLine(state: RunState, durationMs: number | undefined): string {
  return progressLines(state, durationMs).join("  ");
}

/** What came of a run, or of merged shards. */
export function summaryLines(results: FleetResults): string[] {
  const { run, shards, nodes, counters, latency, observed, faults, cost } = results;
  const seconds = timelineSeconds(results);
  const rows: [string, string][] = [];
  const add = (label: string, text: string): void => {
    rows.push([label, text]);
  };
  const missing = missingShards(results);
  if (run.shardCount > 1) {
    const lacks =
      missing.length === 0 ? "" : `; MISSING: ${missing.slice(0, 20).join(", ")}${missing.length > 20 ? ", …" : ""}`;
    add(
      "shards",
      `${shards.length} of ${run.shardCount}, with ${grouped(nodes)} of ${counted(run.nodes, "node")}${lacks}`,
    );
  }
  add(
    "connections",
    `${grouped(counters.connected)} accepted, ${counted(counters.connectAttempts, "attempt")}, at most ${grouped(mostConnected(results))} nodes at a time`,
  );
  add(
    "publishes",
    `${grouped(counters.publishes)}, ${grouped(counters.publishes / Math.max(1, seconds))}/s; of them ${grouped(counters.qos0)} of QoS 0, ${grouped(counters.resent)} sent again`,
  );
  add("acknowledged", grouped(counters.acknowledged));
  add("publish to ack", quantiles(latency));
  if (counters.received > 0) add("received", counted(counters.received, "message"));
  if (observed !== undefined) add("observed", observedText(observed));
  const losses = lossesOf(counters);
  if (losses.length > 0) add("trouble", losses.join(", "));
  const errors = errorLines(counters.errors);
  errors.forEach((line, index) => {
    add(index === 0 ? "links ended" : "", line);
  });
  faults.forEach(({ kind, atMs, forMs, nodes: befallen }, index) => {
    const until = forMs === undefined ? "" : `, for ${duration(forMs)}`;
    add(index === 0 ? "faults" : "", `${kind} at ${duration(atMs)}${until}: ${counted(befallen, "node")}`);
  });
  add("traffic", `${bytes(counters.bytesOut)} out, ${bytes(counters.bytesIn)} in, MQTT alone`);
  const perPublish =
    counters.publishes < ENOUGH_PUBLISHES
      ? ""
      : `, ${grouped((cost.cpuMs * 1_000) / counters.publishes)} µs for each publish`;
  add("cost", `${(cost.cpuMs / 1_000).toFixed(1)} s of CPU${perPublish}; ${bytes(cost.peakRssBytes)} of memory`);
  if (counters.overruns > 0) {
    add("SATURATED", `${counted(counters.overruns, "step")} came more than 100 ms late: ${OVERRUN_CURE}`);
  }
  const width = Math.max(...rows.map(([label]) => label.length));
  return [
    `${counted(run.nodes, "node")} of ${run.module} at ${run.broker}, scenario ${run.scenario}, seed ${run.seed}`,
    ...rows.map(([label, text]) => `  ${label.padEnd(width)}  ${text}`),
  ];
}

function when({ phase, elapsedMs }: RunState, durationMs: number | undefined): string {
  if (elapsedMs < 0) return `starts in ${duration(-elapsedMs)}`;
  if (phase !== "running") return `${phase} ${duration(elapsedMs)}`;
  return durationMs === undefined ? duration(elapsedMs) : `${duration(elapsedMs)} of ${duration(durationMs)}`;
}

function quantiles(latency: Histogram): string {
  if (latency.count === 0) return "nothing acknowledged";
  const at = (part: number): string => microseconds(quantile(latency, part));
  return `p50 ${at(0.5)}  p95 ${at(0.95)}  p99 ${at(0.99)}  max ${microseconds(latency.max)}`;
}

function observedTrouble({ gaps, duplicates, reordered, unseen }: Observed): string {
  return [
    `, ${counted(gaps, "gap")}, ${counted(duplicates, "duplicate")}`,
    reordered > 0 ? `, ${grouped(reordered)} reordered` : "",
    unseen > 0 ? `, ${grouped(unseen)} unseen` : "",
  ].join("");
}

function observedText(observed: Observed): string {
  const { messages, unnumbered, unseen } = observed;
  if (messages > 0 && unnumbered === messages) {
    return `${counted(messages, "message")} without sequence numbers: build the module with NODE_PAYLOAD=2 to see gaps`;
  }
  const without = unnumbered === 0 ? "" : `, ${grouped(unnumbered)} without a sequence number`;
  const away = unseen === 0 ? "" : " (passed over while the observer itself was cut off)";
  return `${counted(messages, "message")}${observedTrouble(observed)}${away}${without}`;
}

function lossesOf({ traps, dropped, unconfirmed, missed }: Counters): string[] {
  return [
    ...(dropped > 0 ? [`${counted(dropped, "reading")} dropped`] : []),
    ...(unconfirmed > 0 ? [`${counted(unconfirmed, "reading")} undelivered at the end`] : []),
    ...(missed > 0 ? [`${counted(missed, "reading")} missed`] : []),
    ...(traps > 0 ? [counted(traps, "trap")] : []),
  ];
}

function mostConnected({ timeline }: FleetResults): number {
  return timeline.reduce((most, { connected }) => Math.max(most, connected), 0);
}

function timelineSeconds({ timeline }: FleetResults): number {
  const publishing = timeline.filter(({ publishes }) => publishes > 0);
  const [first, last] = [publishing[0], publishing.at(-1)];
  return first === undefined || last === undefined ? 0 : last.second - first.second + 1;
}

function bytes(count: number): string {
  return count < 1e6
    ? `${grouped(count / 1e3)} kB`
    : `${(count / 1e6).toLocaleString("en-US", { maximumFractionDigits: count < 1e7 ? 1 : 0 })} MB`;
}
