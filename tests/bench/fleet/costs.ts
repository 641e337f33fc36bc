/** What the rows of a run come to. */

import type { Measurement, Rules } from "../figures.ts";
import type { Limit } from "../limits.ts";
import { median } from "../statistics.ts";
import type { Row, SideName } from "./sides.ts";

export const RULES: Rules = {
  limits: [
    { name: "fleet.memoryOfMqttJs", unit: "times", bound: "least", limit: 3 },
    { name: "fleet.cpuOfMqttJs", unit: "times", bound: "least", limit: 2 },
    { name: "fleet.cpuGrowth", unit: "times", bound: "most", limit: 1.25 },
    { name: "fleet.memoryGrowth", unit: "times", bound: "most", limit: 1.25 },
  ] satisfies Limit[],
  missed: [],
};

/** Each round ran at once. */
export interface RunRows {
  /** Nodes and as many clients of MQTT.js. */
  readonly compared: readonly (readonly Row[])[];
  /** Fleets of fewer nodes, each beside one of the most. */
  readonly grown: readonly (readonly Row[])[];
  /** Fleets that together are as many nodes as could be had. */
  readonly held: readonly Row[];
}

export function measurementsOf({ compared, grown, held }: RunRows): Measurement[] {
  const rows = [...compared, ...grown].flat();
  const nodes = rows.filter(isSide("nodes"));
  const clients = rows.filter(isSide("mqttjs"));
  const nodeBytes = line(nodes, (row) => row.privateBytes).each;
  const clientBytes = line(clients, (row) => row.privateBytes).each;
  const connectUs = (side: SideName): number =>
    median(
      compared
        .flat()
        .filter(isSide(side))
        .map((row) => row.cpuUsPerConnect),
    );
  const publishUs = (side: SideName): number =>
    median(
      compared
        .flat()
        .filter(isSide(side))
        .map((row) => row.cpuUsPerPublish),
    );
  return [
    { name: "fleet.memoryOfMqttJs", value: clientBytes / nodeBytes, unit: "times" },
    {
      name: "fleet.cpuOfMqttJs",
      value: median(compared.map((round) => ratio(round, "mqttjs", "nodes"))),
      unit: "times",
    },
    ...growthOf(grown),
    { name: "memory of a connected node", value: nodeBytes, unit: "bytes" },
    { name: "memory of a connected client of MQTT.js", value: clientBytes, unit: "bytes" },
    { name: "of a node's: the engine's account", value: line(nodes, (row) => row.heapBytes).each, unit: "bytes" },
    { name: "of a client's: the engine's account", value: line(clients, (row) => row.heapBytes).each, unit: "bytes" },
    { name: "CPU of a node's publish", value: publishUs("nodes"), unit: "µs" },
    { name: "CPU of a publish of MQTT.js", value: publishUs("mqttjs"), unit: "µs" },
    { name: "connects of nodes, one core", value: 1e6 / connectUs("nodes"), unit: "/s" },
    { name: "connects of MQTT.js, one core", value: 1e6 / connectUs("mqttjs"), unit: "/s" },
    ...sizesOf(grown.flat()).flatMap((size) => ofSize(size, grown.flat())),
    ...heldOf(held),
  ];
}

/** The sizes of fleets among the rows, ascending. */
export function sizesOf(rows: readonly Row[]): number[] {
  return [...new Set(rows.map((row) => row.nodes))].sort((a, b) => a - b);
}

/**
 * The line through all rows with the least sum of squares: `each` is what a further node adds, `without` what there would be without
 * nodes, which is no node's. NaN of rows of one size.
 */
export function line(rows: readonly Row[], of: (row: Row) => number): { each: number; without: number } {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = mean(rows.map((row) => row.nodes));
  const y = mean(rows.map(of));
  let [xy, xx] = [0, 0];
  for (const row of rows) {
    xy += (row.nodes - x) * (of(row) - y);
    xx += (row.nodes - x) ** 2;
  }
  const each = xx === 0 ? Number.NaN : xy / xx;
  return { each, without: y - each * x };
}

/** Median of the rows of this size. */
export function typical(rows: readonly Row[], nodes: number, of: (row: Row) => number): number {
  return median(rows.filter((row) => row.nodes === nodes).map(of));
}

/**
 * CPU: of a publish among the most nodes, in terms of one among fewer that ran at the same time; the worst of these. Memory: of a
 * node among the most, in terms of one among fewer, both beyond what the line through the fewer has without nodes.
 */
function growthOf(grown: readonly (readonly Row[])[]): Measurement[] {
  const rows = grown.flat();
  const most = sizesOf(rows).at(-1) ?? Number.NaN;
  const ratios = grown.map((round) => {
    const [fewer, more] = round.toSorted((a, b) => a.nodes - b.nodes);
    return (more?.cpuUsPerPublish ?? Number.NaN) / (fewer?.cpuUsPerPublish ?? Number.NaN);
  });
  const bytes = (row: Row): number => row.privateBytes;
  const { each, without } = line(
    rows.filter(({ nodes }) => nodes < most),
    bytes,
  );
  const perNodeOfMost = (typical(rows, most, bytes) - without) / most;
  return [
    { name: "fleet.cpuGrowth", value: ratios.length === 0 ? Number.NaN : Math.max(...ratios), unit: "times" },
    { name: "fleet.memoryGrowth", value: perNodeOfMost / each, unit: "times" },
  ];
}

function ofSize(size: number, rows: readonly Row[]): Measurement[] {
  const among = `${count(size)} connected nodes`;
  return [
    { name: `CPU of a publish among ${among}`, value: typical(rows, size, (row) => row.cpuUsPerPublish), unit: "µs" },
    { name: `memory of ${among}`, value: typical(rows, size, (row) => row.privateBytes) / 1e6, unit: "MB" },
  ];
}

function heldOf(held: readonly Row[]): Measurement[] {
  if (held.length === 0) return [];
  const most = held.reduce((sum, row) => sum + row.nodes, 0);
  const among = `${count(most)} nodes in ${held.length} processes`;
  const bytes = held.reduce((sum, row) => sum + row.privateBytes, 0);
  return [
    { name: "most nodes with real connections that were tried and held", value: most, unit: "nodes" },
    { name: `CPU of a publish among ${among}`, value: median(held.map((row) => row.cpuUsPerPublish)), unit: "µs" },
    { name: `memory of ${among}`, value: bytes / 1e6, unit: "MB" },
  ];
}

function ratio(round: readonly Row[], above: SideName, below: SideName): number {
  const of = (side: SideName): number => round.find(isSide(side))?.cpuUsPerPublish ?? Number.NaN;
  return of(above) / of(below);
}

function isSide(side: SideName): (row: Row) => boolean {
  return (row) => row.side === side;
}

export function count(value: number): string {
  return value.toLocaleString("en-US");
}
