/** The modules that the simulation runs, with what each promises. */

import type { Promises } from "../../host/testing/invariants/promises.ts";
import { compileApp } from "../unit/harness/modules.ts";

export const SAMPLER = "tests/simulation/modules/sampler.ts";

export interface Variant {
  readonly name: string;
  /** Compile-time options: docs/application.md. */
  readonly options: readonly string[];
  readonly promises: Omit<Promises, "intervalMs">;
  /** What the node is configured with, beside its id and interval. */
  readonly config?: Readonly<Record<string, string>>;
}

const LEAN: Variant["promises"] = {
  qos: 1,
  version: 4,
  isPersistent: false,
  checkpoint: 0,
  queue: 32,
  window: 8,
  keepAliveS: 60,
  inboundQos: undefined,
  hasStatus: true,
  sleeps: false,
};

/** Options of a variant, from what it promises. */
function variant(name: string, promises: Partial<Variant["promises"]>, ...options: string[]): Variant {
  const all = { ...LEAN, ...promises };
  return {
    name,
    promises: all,
    options: [
      ...(all.qos === 1 ? [] : [`NODE_QOS=${all.qos}`]),
      ...(all.version === 4 ? [] : ["NODE_MQTT=5"]),
      ...(all.isPersistent ? ["NODE_PERSISTENT=1"] : []),
      ...(all.checkpoint === 0 ? [] : [`NODE_CHECKPOINT=${all.checkpoint}`]),
      ...(all.queue === 32 ? [] : [`NODE_QUEUE=${all.queue}`]),
      ...(all.window === 8 ? [] : [`NODE_WINDOW=${all.window}`]),
      ...(all.inboundQos === undefined ? [] : ["NODE_COMMANDS=1", `NODE_INBOUND_QOS=${all.inboundQos}`]),
      ...(all.sleeps ? ["NODE_SLEEP=1"] : []),
      ...options,
    ],
  };
}

export const VARIANTS: readonly Variant[] = [
  variant("lean", {}),
  variant("lean-5", { version: 5 }),
  variant("kept", { isPersistent: true }),
  variant("kept-5", { isPersistent: true, version: 5, window: 3 }),
  variant("qos0", { qos: 0 }),
  variant("qos2-5", { qos: 2, version: 5 }),
  variant("window32", { isPersistent: true, queue: 64, window: 32 }, "NODE_PAYLOAD=2"),
  variant("small-queue", { isPersistent: true, queue: 4, window: 1 }, "NODE_DROP_OLDEST=0"),
  variant("stale", { version: 5, isPersistent: true, ages: true }, "NODE_STALE_S=120", "NODE_SEND_EXPIRY=1"),
  variant("outages", { checkpoint: 1, isPersistent: true, queue: 16 }),
  variant("outages-clean", { checkpoint: 1, qos: 2 }),
  variant("durable", { checkpoint: 2, isPersistent: true }),
  variant("durable-2", { checkpoint: 2, isPersistent: true, qos: 2, inboundQos: 2 }),
  variant("durable-2-5", { checkpoint: 2, isPersistent: true, qos: 2, inboundQos: 2, version: 5, window: 4 }),
  variant("commands", { isPersistent: true, inboundQos: 1 }),
  variant("commands-2", { isPersistent: true, inboundQos: 2, qos: 2 }),
  variant("commands-5", { isPersistent: true, inboundQos: 2, version: 5 }, "NODE_ALIASES=2"),
  variant("sleeper", { sleeps: true, isPersistent: true, checkpoint: 2 }),
];

/** A variant with its module's bytes. */
export interface BuiltVariant {
  readonly variant: Variant;
  readonly wasm: Uint8Array;
}

/** Compiles them, or takes what was compiled before. */
export async function buildVariants(variants: readonly Variant[] = VARIANTS): Promise<BuiltVariant[]> {
  const built: BuiltVariant[] = [];
  for (const each of variants) built.push({ variant: each, wasm: await compileApp(SAMPLER, each.options) });
  return built;
}
