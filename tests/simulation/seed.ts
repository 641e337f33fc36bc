/** One run of the simulation: a world of random nodes from a seed, random faults, and the account of what became of it all. */

import type { LoadedModule } from "../../host/engine/module.ts";
import { WasmoteError } from "../../host/errors.ts";
import { type FaultKind, type FaultPlan, Faults } from "../../host/testing/fault-plan.ts";
import { createWorld, hours, minutes, Random, type SimNode, seconds, type World } from "../../host/testing/index.ts";
import type { Excuse } from "../../host/testing/invariants/excuses.ts";
import { InvariantError, type InvariantName } from "../../host/testing/invariants/violation.ts";
import { UNDER_WAY_MS, Watch } from "../../host/testing/invariants/watch.ts";
import { differenceUnderWasm3, type ReplayCounts } from "./engines.ts";
import type { Variant } from "./variants.ts";

export interface RunSettings {
  readonly seed: number;
  readonly hours: number;
  readonly nodes: number;
  /** Kinds of faults that are left out. */
  readonly without?: readonly FaultKind[];
  /** The path of wasmote-replay: each node is recorded, and run again under wasm3. */
  readonly replay?: string | undefined;
}

export interface RunnableVariant {
  readonly variant: Variant;
  readonly module: LoadedModule;
  readonly wasm: Uint8Array;
}

export interface Failure {
  /** The invariant, or the code of another error. */
  readonly name: InvariantName | string;
  readonly message: string;
  readonly nodeId: string | undefined;
  /** What the node was, and its last lines. */
  readonly story: readonly string[];
}

export interface RunResult {
  readonly seed: number;
  readonly digest: string;
  readonly nodeHours: number;
  readonly steps: number;
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  /** What became of acknowledgements and segments. */
  readonly details: Readonly<Record<string, number>>;
  readonly readings: {
    readonly taken: number;
    readonly delivered: number;
    readonly dropped: number;
    readonly lost: number;
    readonly repeated: number;
    readonly excused: Readonly<Partial<Record<Excuse, number>>>;
  };
  readonly notes: { readonly sent: number; readonly heard: number };
  /** What was run again under wasm3. */
  readonly replayed: ReplayCounts;
  readonly failure: Failure | undefined;
}

/** Long enough for whoever waits for half an hour because another had its identifier. */
const SETTLE_MS = minutes(45);
const INTERVALS_MS = [5_000, 10_000, 30_000, 60_000, 60_000, 150_000, 600_000] as const;
const NOTE_MEAN_MS = minutes(5);
const STORY_LINES = 60;

/** Runs one seed to its end, or to the first invariant that is broken. */
export async function runSeed(settings: RunSettings, variants: readonly RunnableVariant[]): Promise<RunResult> {
  const random = new Random(settings.seed, "run");
  const world = createWorld({
    seed: settings.seed,
    broker: {
      keepMessages: 0,
      method: random.pick(["A", "B"]),
      limits: {
        ...(random.chance(0.5) && { receiveMaximum: random.pick([1, 2, 5, 20]) }),
        ...(random.chance(0.5) && { topicAliasMaximum: random.pick([1, 10]) }),
        ...(random.chance(0.25) && { serverKeepAlive: random.pick([20, 30, 120]) }),
      },
    },
    network: {
      latencyMs: random.pick([
        [1, 5],
        [5, 40],
        [50, 400],
      ] as const),
    },
  });
  const watch = new Watch(world);
  const modules = new Map<SimNode, Uint8Array>();
  for (let i = 0; i < settings.nodes; i++) {
    const chosen = random.pick(variants);
    modules.set(addNode(world, watch, random, i, chosen, settings.replay !== undefined), chosen.wasm);
  }
  const untilMs = Math.max(minutes(15), hours(settings.hours) - SETTLE_MS);
  const plan: FaultPlan = {
    untilMs,
    nodeMeanMs: random.pick([minutes(5), minutes(20), minutes(60)]),
    brokerMeanMs: random.pick([minutes(15), minutes(60), hours(4)]),
    ...(settings.without !== undefined && { without: settings.without }),
  };
  const faults = new Faults(world, plan, { onFault: (kind, node) => noteFault(watch, kind, node?.id) });
  sendNotes(world, watch);
  const replayed = { calls: 0, bytes: 0 };
  let failure: Failure | undefined;
  try {
    await world.run(Math.max(hours(settings.hours), untilMs + SETTLE_MS));
    watch.settle();
    if (settings.replay !== undefined) await compareEngines(modules, settings.replay, replayed);
  } catch (error) {
    failure = describeFailure(error, world, watch, variants);
  }
  return { ...summary(settings, world, watch, faults, failure), replayed };
}

/** Throws `EENGINES` for the first node that wasm3 runs otherwise than V8. */
async function compareEngines(
  nodes: ReadonlyMap<SimNode, Uint8Array>,
  program: string,
  counts: ReplayCounts,
): Promise<void> {
  for (const [node, wasm] of nodes) {
    const difference = await differenceUnderWasm3(node, wasm, program, counts);
    if (difference === undefined) continue;
    throw new WasmoteError("EENGINES", "module", `node ${node.id} goes another way under wasm3: ${difference}`);
  }
}

function addNode(
  world: World,
  watch: Watch,
  random: Random,
  index: number,
  { variant, module }: RunnableVariant,
  isRecorded: boolean,
): SimNode {
  const intervalMs = random.pick(INTERVALS_MS.filter((each) => !variant.promises.sleeps || each >= 30_000));
  const node = world.node(module, {
    id: `n${index}-${variant.name}`,
    intervalMs,
    keepsImages: variant.promises.checkpoint > 0,
    ...(variant.config !== undefined && { config: variant.config }),
    isOn: false,
    trace: isRecorded,
  });
  watch.add(node, { ...variant.promises, intervalMs });
  world.scheduler.after(random.below(seconds(10)), () => node.power.on());
  return node;
}

/** Faults after which the pages promise less are told to the accounts before they come. */
function noteFault(watch: Watch, kind: FaultKind, nodeId: string | undefined): void {
  if (nodeId === undefined) {
    if (kind === "restart" || kind === "restart-without-state") watch.spread.onLost();
    return;
  }
  if (kind !== "storage-full" && kind !== "storage-rot") return;
  const watched = watch.of(nodeId);
  watched?.readings.doubtStorage();
  watched?.notes.doubtStorage();
}

/** Publishes a message now and then to each node that listens. */
function sendNotes(world: World, watch: Watch): void {
  const random = world.random("notes");
  let count = 0;
  for (const { node, notes, promises } of watch.nodes) {
    if (promises.inboundQos === undefined) continue;
    const next = (): void => {
      world.scheduler.after(random.span(NOTE_MEAN_MS), () => {
        const qos = random.pick([0, 1, 2] as const);
        const text = `note-${count++}`;
        const session = world.broker.session(node.id);
        notes.publish(text, qos, session !== undefined && session.subscriptions.size > 0);
        world.broker.publish(`sensor/${node.id}/cmd/note`, text, { qos });
        next();
      });
    };
    next();
  }
}

function describeFailure(error: unknown, world: World, watch: Watch, variants: readonly RunnableVariant[]): Failure {
  const isOurs = error instanceof WasmoteError;
  const message = error instanceof Error ? (isOurs ? error.message : (error.stack ?? error.message)) : String(error);
  const name = error instanceof InvariantError ? error.invariant : isOurs ? error.code : "crash";
  const nodeId = /\bnode (\S+)/.exec(message)?.[1];
  const watched = nodeId === undefined ? undefined : watch.of(nodeId);
  const variant = variants.find(({ variant: each }) => nodeId?.endsWith(`-${each.name}`))?.variant;
  const story = [
    ...(variant === undefined ? [] : [`options: ${variant.options.join(" ") || "none"}`]),
    ...(watched === undefined ? [] : [`promises: ${JSON.stringify(watched.promises)}`]),
    `broker: method ${world.broker.method}, ${JSON.stringify(world.broker.limits)}`,
    ...(nodeId === undefined ? [] : world.journal.story(nodeId, STORY_LINES)),
    ...world.journal.story("broker", 10),
  ];
  return { name, message, nodeId, story };
}

function summary(
  settings: RunSettings,
  world: World,
  watch: Watch,
  faults: Faults,
  failure: Failure | undefined,
): Omit<RunResult, "replayed"> {
  const sums = { taken: 0, delivered: 0, dropped: 0, lost: 0, repeated: 0 };
  const excused: Partial<Record<Excuse, number>> = {};
  const notes = { sent: 0, heard: 0 };
  for (const each of watch.nodes) {
    const counts = each.readings.counts(world.nowMs - UNDER_WAY_MS);
    for (const key of Object.keys(sums) as (keyof typeof sums)[]) sums[key] += counts[key];
    for (const [key, value] of Object.entries(counts.excused)) {
      excused[key as Excuse] = (excused[key as Excuse] ?? 0) + value;
    }
    const { sent, heard } = each.notes.counts();
    notes.sent += sent;
    notes.heard += heard;
  }
  const { late, twice, never, silent, unavailable } = world.broker.faultCounts;
  const { lost, duplicated, split } = world.segments;
  return {
    seed: settings.seed,
    digest: world.digest,
    nodeHours: (settings.nodes * world.nowMs) / hours(1),
    steps: world.nodes.reduce((sum, { steps }) => sum + steps, 0),
    faults: faults.counts,
    details: {
      "acks late": late,
      "acks twice": twice,
      "acks never": never,
      "connects unanswered": silent,
      "connects refused": unavailable,
      "segments lost": lost,
      "segments twice": duplicated,
      "writes split": split,
    },
    // A run that ends early has not had the time to deliver.
    readings: { ...sums, lost: failure === undefined ? sums.lost : 0, excused },
    notes,
    failure,
  };
}
