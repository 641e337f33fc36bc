import { existsSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startBroker } from "../../host/broker.ts";
import { createProgram } from "../../host/cli/program.ts";
import type { FleetResults } from "../../host/fleet/results.ts";
import { wasmote } from "../device/command.ts";
import { until } from "../host/modules.ts";
import { Authority } from "../integration/certificates.ts";
import { freePort } from "../integration/ports.ts";
import { compileApp } from "../unit/harness/modules.ts";
import { acceptedIds, address, allAccepted, Lab, NUMBERED } from "./lab.ts";

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
});
afterEach(() => lab.dispose());

/** What a run in which nothing goes wrong comes to. */
function expectCalm({ counters, observed, latency }: FleetResults, nodes: number): void {
  expect(counters).toMatchObject({ connectAttempts: nodes, connected: nodes, errors: {}, dropped: 0, unconfirmed: 0 });
  expect(counters).toMatchObject({ traps: 0, resent: 0 });
  // Of QoS 0: online and offline, once each.
  expect(counters.qos0).toBe(2 * nodes);
  expect(counters.acknowledged).toBe(counters.publishes - counters.qos0);
  expect(latency.count).toBe(counters.acknowledged);
  expect(observed).toEqual({
    messages: counters.acknowledged,
    unnumbered: 0,
    gaps: 0,
    duplicates: 0,
    reordered: 0,
    unseen: 0,
  });
}

/** The metrics, once they match. */
async function metricsWhen(port: number, wanted: RegExp): Promise<string> {
  for (;;) {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    if (wanted.test(text)) return text;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

describe("a fleet at a real Mosquitto", () => {
  test("in a calm run loses nothing, doubles nothing and reorders nothing, and takes its leave", async () => {
    const nodes = 300;
    const broker = await lab.broker();
    const options = ["--nodes", String(nodes), "--interval", "500ms", "--duration", "4s", "--workers", "2"];
    const results = await lab.run([...options, "--broker", address(broker), NUMBERED]);
    expectCalm(results, nodes);
    expect(results.nodes).toBe(nodes);
    // Each node has published every 500 ms from its start, within the first second, on.
    expect(results.counters.acknowledged).toBeGreaterThanOrEqual(nodes * 6);
    expect(results.timeline.reduce((sum, { publishes }) => sum + publishes, 0)).toBe(results.counters.publishes);
    expect(Math.max(...results.timeline.map(({ connected }) => connected))).toBe(nodes);
    expect(new Set(acceptedIds(broker))).toEqual(new Set(Array.from({ length: nodes }, (_, index) => `n${index}`)));
    expect(broker.log.count((line) => /^Client n\d+ disconnected\.$/.test(line))).toBe(nodes);
  });

  test("comes back whole when the broker was killed and started again, and what is lost is counted", async () => {
    const nodes = 100;
    const broker = await lab.broker();
    const command = lab.start([
      ...["--nodes", String(nodes), "--interval", "1s", "--rate", "200", "--json"],
      ...["--broker", address(broker), NUMBERED],
    ]);
    await allAccepted(broker, nodes);
    const from = broker.log.end;
    await broker.kill();
    await broker.start();
    await allAccepted(broker, nodes, from);
    // And they go on publishing.
    await broker.log.all(3 * nodes, "publishes", (line) => /^Received PUBLISH from n\d+ \(d0, q1/.test(line), {
      from: broker.log.end,
      withinMs: 30_000,
    });
    command.interrupt();
    const { code, stdout } = await command.outcome();
    expect(code).toBe(0);
    const { counters, observed } = JSON.parse(stdout) as FleetResults;
    expect(counters.connected).toBeGreaterThanOrEqual(2 * nodes);
    expect(Object.values(counters.errors).reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(nodes);
    expect(observed?.gaps).toBe(counters.dropped);
    expect(counters.traps).toBe(0);
  });

  test("over TLS and over WebSocket is as calm", async () => {
    const authority = new Authority();
    const tls = authority.issue("broker", { subjectAltName: "IP:127.0.0.1" });
    const broker = await lab.broker({ tls });
    const options = ["--nodes", "20", "--interval", "500ms", "--duration", "2s"];
    const secure = ["--broker", `mqtts://127.0.0.1:${broker.tlsPort}`, "--ca", authority.ca];
    expectCalm(await lab.run([...options, ...secure, NUMBERED]), 20);
    const aedes = await startBroker({ port: 0, wsPort: 0 });
    try {
      expectCalm(await lab.run([...options, "--broker", `ws://127.0.0.1:${aedes.wsPort}`, NUMBERED]), 20);
    } finally {
      await aedes.close();
    }
  });

  test("connects from the source addresses that it is given, in turn", async () => {
    const broker = await lab.broker();
    const options = ["--nodes", "9", "--duration", "1s", "--no-observer", "--source-addresses", "127.0.0.2-127.0.0.4"];
    await lab.run([...options, "--broker", address(broker), NUMBERED]);
    for (const source of ["127.0.0.2", "127.0.0.3", "127.0.0.4"]) {
      const from = new RegExp(`^New client connected from ${source}:\\d+ as n\\d `);
      expect(broker.log.count((line) => from.test(line))).toBe(3);
    }
  });

  test("says why it is refused, in words, and what a wrong password is", async () => {
    const broker = await lab.broker({ users: { fleet: "right" } });
    const options = ["--nodes", "5", "--duration", "1s", "--username", "fleet", "--broker", address(broker), NUMBERED];
    const wrong = await lab.start(["--no-observer", ...options], { WASMOTE_PASSWORD: "wrong" }).outcome();
    expect(wrong.code).toBe(0);
    expect(wrong.stdout).toMatch(/links ended +5 × the broker: not authorised/);
    const observed = await lab.start(options, { WASMOTE_PASSWORD: "wrong" }).outcome();
    expect([observed.code, observed.stdout]).toEqual([1, ""]);
    expect(observed.stderr).toMatch(/^error EBROKER: .+ — .*--no-observer\n$/);
    const right = await lab.start([...options, "--json"], { WASMOTE_PASSWORD: "right" }).outcome();
    expectCalm(JSON.parse(right.stdout) as FleetResults, 5);
    expect(right.stdout + right.stderr + wrong.stdout + wrong.stderr).not.toMatch(/right"|wrong"/);
  });

  test("obeys the timetable of a scenario's faults", async () => {
    const broker = await lab.broker();
    const scenario = lab.write(
      "scenario.json",
      JSON.stringify({
        name: "bad-day",
        groups: [{ name: "all", interval: "500ms" }],
        faults: [
          { kind: "cut", at: "2s", for: "2s", share: 0.5 },
          { kind: "dead-battery", at: "2s", for: "1s", share: 0.25 },
          { kind: "reconnect-storm", at: "5s" },
          { kind: "broker-gone", at: "7s", for: "1s" },
        ],
      }),
    );
    const options = ["--nodes", "40", "--scenario", scenario, "--duration", "8500ms"];
    const { counters, faults, observed } = await lab.run([...options, "--broker", address(broker), NUMBERED]);
    expect(faults).toEqual([
      { kind: "cut", atMs: 2_000, forMs: 2_000, nodes: 20 },
      { kind: "dead-battery", atMs: 2_000, forMs: 1_000, nodes: 10 },
      { kind: "reconnect-storm", atMs: 5_000, nodes: 40 },
      { kind: "broker-gone", atMs: 7_000, forMs: 1_000, nodes: 40 },
    ]);
    // The board's network, nothing listens, the link broke.
    expect(Object.keys(counters.errors).toSorted()).toEqual(expect.arrayContaining(["10", "16"]));
    expect(observed?.duplicates).toBe(0);
    expect(counters.traps).toBe(0);
  });

  test("serves Prometheus' metrics while it runs", async () => {
    const broker = await lab.broker();
    const port = await freePort();
    const command = lab.start(["--nodes", "30", "--metrics", String(port), "--broker", address(broker), NUMBERED]);
    await allAccepted(broker, 30);
    const text = await metricsWhen(port, /^wasmote_fleet_nodes_connected 30\n.*_seconds_count [1-9]/ms);
    expect(text).toMatch(/^# TYPE wasmote_fleet_publishes_total counter$/m);
    expect(text).toMatch(/^wasmote_fleet_publish_acknowledgement_seconds_bucket\{le="0.01"\} \d+$/m);
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
    const taken = lab.start(["--metrics", String(port), "--broker", address(broker), NUMBERED]);
    expect((await taken.outcome()).stderr).toMatch(/error EMETRICS: .+EADDRINUSE — /);
    command.interrupt();
    expect((await command.outcome()).code).toBe(0);
  });
});

test("a module that never returns from a step is said to be stuck, and the run ends all the same", async () => {
  const module = lab.write("endless.wasm", await compileApp("tests/fleet/modules/endless.ts"));
  const options = ["--nodes", "8", "--workers", "2", "--no-observer", "--broker", "mqtt://127.0.0.1:1", "--json"];
  const command = lab.start([...options, module]);
  await until("it is said", () => command.stderr.includes("may be in an endless loop"), 40_000);
  command.interrupt();
  const { code, stdout } = await command.outcome();
  expect([code, (JSON.parse(stdout) as FleetResults).nodes]).toEqual([0, 8]);
});

describe("Ctrl-C", () => {
  test("lets every node take its leave, and the results are written", async () => {
    const broker = await lab.broker();
    const file = lab.path("r.json");
    const command = lab.start(["--nodes", "50", "--broker", address(broker), "--results", file, NUMBERED]);
    await allAccepted(broker, 50);
    command.interrupt();
    const { code, stdout } = await command.outcome();
    expect(code).toBe(0);
    expect(stdout).toContain("50 accepted");
    expect(lab.results("r.json").counters.connected).toBe(50);
    await broker.log.all(50, "leaves", (line) => /^Client n\d+ disconnected\.$/.test(line));
    expect(broker.log.count((line) => /^Client n\d+ closed its connection/.test(line))).toBe(0);
  });

  test("before the agreed start ends at once", async () => {
    const broker = await lab.broker();
    const command = lab.start(["--nodes", "5", "--start-at", "+1h", "--broker", address(broker), NUMBERED]);
    await until("it waits", () => command.stderr.includes("starts in"), 30_000);
    command.interrupt();
    const { code, stdout } = await command.outcome();
    expect(code).toBe(0);
    expect(stdout).toContain("0 accepted, 0 attempts");
  });

  test("twice does not wait for nodes that won't go, and the results are written all the same", async () => {
    const module = lab.write("stubborn.wasm", await compileApp("tests/fleet/modules/stubborn.ts"));
    const file = lab.path("r.json");
    const options = ["--nodes", "6", "--no-observer", "--broker", "mqtt://127.0.0.1:1", "--results", file];
    const command = lab.start([...options, module]);
    // The trap of one shows that nodes run, and that it does not end the others.
    await until("a node has trapped", () => / [1-9]\d* traps?\b/.test(command.stderr), 30_000);
    command.interrupt();
    setTimeout(() => command.interrupt(), 500);
    const { code } = await command.outcome();
    expect(code).toBe(130);
    expect(existsSync(file)).toBe(true);
    expect(lab.results("r.json").nodes).toBe(6);
  });
});

describe("a command line that can't be", () => {
  const broker = ["--broker", "mqtt://127.0.0.1:1"];
  test.each([
    [[NUMBERED], "the fleet has no broker"],
    [[...broker, "--rate", "5", "--ramp", "5s", NUMBERED], "--rate and --ramp say"],
    [[...broker, "--shard", "4/4", NUMBERED], '"4/4" is no shard'],
    [[...broker, "--shard", "0/4", "--shard-count", "4", NUMBERED], "--shard and --shard-count say"],
    [[...broker, "--shard-count", "4", NUMBERED], "--shard-count needs JOB_COMPLETION_INDEX, which is not set"],
    [[...broker, "--nodes", "3", "--shard", "3/4", NUMBERED], "shard 3 of 3 nodes is empty"],
    [[...broker, "--nodes", "0", NUMBERED], '"0" is no number of nodes'],
    [[...broker, "--id-prefix", "a b", NUMBERED], '"a b99" would be no node\'s id'],
    [[...broker, "--start-at", "noon", NUMBERED], '"noon" is no time'],
    [[...broker, "--source-addresses", "192.0.2.1", NUMBERED], "192.0.2.1 is no address of this machine"],
    [[...broker, "--sensor", "wind", NUMBERED], "wind"],
    [[...broker, "--scenario", "cal", NUMBERED], 'there is no built-in scenario "cal"'],
    [[...broker, "--trace", "node.trace", NUMBERED], '"node.trace" names no node and file'],
    [[...broker, "--trace", "n1=a", "--trace", "n2=b", NUMBERED], "--trace records one node, and there are two"],
    [[...broker, "--nodes", "7", "--trace", "n7=a", NUMBERED], 'there is no node "n7" to record in this fleet'],
    [[...broker, "--trace", "7=a", NUMBERED], 'there is no node "7" to record in this fleet'],
    [[...broker, "--shard", "0/4", "--trace", "n7=a", NUMBERED], "node n7 is not in shard 0/4"],
    [[...broker, "none.wasm"], "can't read the module none.wasm"],
    [["--broker", "http://x", NUMBERED], "http:// is not supported"],
  ])("is refused as the user's fault, with a cure: %j", async (args, message) => {
    const refusal = createProgram().parseAsync(["node", "wasmote", "fleet", "run", ...args]);
    await expect(refusal).rejects.toMatchObject({
      fault: "usage",
      message: expect.stringContaining(message),
      cure: expect.any(String),
    });
  });

  test("is one line and exit code 2", async () => {
    const { code, stdout, stderr } = await wasmote(["fleet", "run", NUMBERED]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^error EUSAGE: the fleet has no broker — .+\n$/);
  });

  test("with a broker that is not there is one line and exit code 1", async () => {
    const { code, stdout, stderr } = await wasmote(["fleet", "run", ...broker, NUMBERED]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^error EBROKER: .*ECONNREFUSED — .+\n$/);
  });
});
