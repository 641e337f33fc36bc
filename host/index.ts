/** What a Node.js program, or a test, imports from "wasmote": docs/project.md shows it at work. */

export { type Broker, type BrokerOptions, startBroker } from "./broker.ts";
export { type Compilation, type CompileOptions, compile } from "./build/compile-on-demand.ts";
export { type LoadedModule, loadModule, readModule } from "./engine/module.ts";
export { type Fault, WasmoteError } from "./errors.ts";
export { defineScenario, type ScenarioFile } from "./fleet/define-scenario.ts";
export type { Metadata } from "./module/metadata.ts";
export type { Engine } from "./node/engine.ts";
export type { LogLevelName, LogLine } from "./node/log.ts";
export type { NodeEvents, NodeSettings, RunningNode } from "./node/running-node.ts";
export { type StartNodeOptions, startNode } from "./node/start.ts";
