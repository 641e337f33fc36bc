/**
 * Tests of firmware in virtual time: `wasmote/testing`.
 *
 *     const world = createWorld({ seed: 1 });
 *     const node = world.node("build/temperature.wasm", { id: "42", sensor: () => 17_200 });
 *     await world.run(minutes(10));
 *     node.network.cut();
 *     await world.run(hours(3));
 *     node.network.restore();
 *
 * Nothing in it knows the real time or a real network; the same seed gives the same run, byte for byte. docs/simulation.md
 * has worked examples.
 */

import { World, type WorldOptions } from "./world.ts";

/** Makes a world in which nothing has happened yet. */
export function createWorld(options: WorldOptions): World {
  return new World(options);
}

export type {
  Broker,
  BrokerLimits,
  BrokerObserver,
  BrokerOptions,
  Method,
  PublishOptions,
  RestartOptions,
} from "./broker/broker.ts";
export type { AcknowledgementFaults, BrokerFaultCounts, BrokerFaults } from "./broker/faults.ts";
export { NO_FAULTS } from "./broker/faults.ts";
export type { BrokerMessage } from "./broker/message.ts";
export { EPOCH_MS } from "./clock.ts";
export {
  BROKER_FAULTS,
  type BrokerFault,
  type FaultKind,
  type FaultListener,
  type FaultPlan,
  Faults,
  NODE_FAULTS,
  type NodeFault,
} from "./fault-plan.ts";
export { EXCUSES, type Excuse } from "./invariants/excuses.ts";
export type { Promises } from "./invariants/promises.ts";
export type { ReadingCounts } from "./invariants/readings.ts";
export { INVARIANTS, InvariantError, type InvariantName } from "./invariants/violation.ts";
export { Watch, type Watched } from "./invariants/watch.ts";
export type { Direction } from "./network.ts";
export type { Actuation, NodeLog, NodeObserver, PowerPoint } from "./node-types.ts";
export { GOOD_LINK, type LinkQuality, type SegmentCounts } from "./pipe.ts";
export { Random } from "./random.ts";
export type { SensorFunction } from "./sensor.ts";
export { SensorFailure } from "./sim-board.ts";
export type { NodePower, SimNode } from "./sim-node.ts";
export { formatTime, hours, minutes, seconds } from "./time.ts";
export type { NodeOptions, World, WorldOptions } from "./world.ts";
