/** What runs a node on this machine: V8 in this process, or wasm3 in one of its own. */
export const ENGINES = ["v8", "wasm3"] as const;
export type Engine = (typeof ENGINES)[number];
