import { TARGETS } from "../integration/nodes.ts";

/** Both engines; the integration suite runs the same code under sanitizers besides. */
export const ENGINES = TARGETS.filter(({ name }) => name === "v8" || name === "wasm3");
