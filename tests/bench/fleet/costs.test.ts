/** What `npm run bench:fleet` makes of what its processes tell. */

import { describe, expect, test } from "vitest";
import { report } from "../command.ts";
import { line, measurementsOf, RULES, type RunRows } from "./costs.ts";
import { reportHtml } from "./report.ts";
import type { Row, SideName } from "./sides.ts";

function row(side: SideName, nodes: number, cpuUsPerPublish: number, privateBytes: number): Row {
  const whatever = {
    cpuUsPerConnect: 100,
    publishes: 1_000,
    heapBytes: privateBytes / 2,
    perSecond: 1_000,
    fromMs: 0,
    toMs: 1,
  };
  return { side, nodes, cpuUsPerPublish, privateBytes, ...whatever };
}

/** Of a process that takes 30 MB, and so much more for each connection. */
function bytes(nodes: number, each: number): number {
  return 30e6 + nodes * each;
}

function rowsWith({ cpuUs = 20, bytesOfMost = bytes(19_000, 2_500) }): RunRows {
  const node = (nodes: number, us: number): Row => row("nodes", nodes, us, bytes(nodes, 2_500));
  const most = row("nodes", 19_000, cpuUs, bytesOfMost);
  return {
    compared: [1_000, 4_000, 8_000].map((nodes) => [node(nodes, 20), row("mqttjs", nodes, 50, bytes(nodes, 10_000))]),
    grown: [
      [node(100, 80), most],
      [node(1_000, 25), most],
      [node(5_000, 20), most],
      [node(10_000, 20), most],
    ],
    held: [node(18_000, 30), node(18_000, 32)],
  };
}

function figure(rows: RunRows, name: string): number {
  return measurementsOf(rows).find((each) => each.name === name)?.value ?? Number.NaN;
}

describe("of a run of the fleets' benchmark", () => {
  test("memory is what each further connection adds, whatever a process takes without any", () => {
    expect(line(rowsWith({}).grown.flat(), (each) => each.privateBytes).each).toBeCloseTo(2_500);
    expect(figure(rowsWith({}), "fleet.memoryOfMqttJs")).toBeCloseTo(4);
  });

  test("CPU is compared between sides that ran at the same time", () => {
    expect(figure(rowsWith({}), "fleet.cpuOfMqttJs")).toBeCloseTo(2.5);
  });

  test("costs that stay flat keep every limit", () => {
    expect(figure(rowsWith({}), "fleet.cpuGrowth")).toBeCloseTo(1);
    expect(figure(rowsWith({}), "fleet.memoryGrowth")).toBeCloseTo(1);
    expect(report(measurementsOf(rowsWith({})), "table", RULES)).toMatchObject({ stderr: "", exitCode: 0 });
  });

  test("a publish that costs more among the most nodes than beside any fewer is past its limit", () => {
    const { stderr, exitCode } = report(measurementsOf(rowsWith({ cpuUs: 26 })), "table", RULES);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("past the limit: fleet.cpuGrowth —");
  });

  test("memory that grows faster than the number of nodes is past its limit", () => {
    const rows = rowsWith({ bytesOfMost: bytes(19_000, 3_200) });
    expect(report(measurementsOf(rows), "table", RULES).stderr).toContain("fleet.memoryGrowth");
  });

  test("fleets that could not be had are past every limit, and not left out", () => {
    const { stderr } = report(measurementsOf({ compared: [], grown: [], held: [] }), "table", RULES);
    for (const { name } of RULES.limits) expect(stderr).toContain(name);
  });

  test("what was held at once is counted over all processes", () => {
    expect(figure(rowsWith({}), "most nodes with real connections that were tried and held")).toBe(36_000);
  });

  test("the report has each size's cost in a chart and in its table, and is silent about what there is not", () => {
    const text = reportHtml(rowsWith({}), []);
    expect(text).toContain('"xs":[100,1000,5000,10000,19000]');
    expect(text).toContain('"values":[80,25,20,20,20]');
    expect(text).toContain('<th scope="row">19,000</th><td>20</td>');
    expect(text.replace(/<script>.*<\/script>/s, "")).not.toMatch(/NaN|undefined/);
  });
});
