/** The pages' examples in AssemblyScript, made whole: what a page shows is compiled as it stands. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT_ROOT } from "../../host/project.ts";

export interface Example {
  /** Its first line, to name a test by. */
  readonly title: string;
  readonly code: string;
  /** Compile-time options, from its opening line. */
  readonly options: readonly string[];
  /** Where its lines belong: a module's own, or in one of its functions. */
  readonly place: "module" | "setup" | "step";
}

/** Where whole examples are written: as deep below the root as examples/<name>. */
const FOLDER = join("build", "docs");

/**
 * Every block of TypeScript of a page. What follows `ts` in its opening line is where it belongs, `setup` or `step` unless it
 * is a module's whole text or its functions, and the options that it needs.
 */
export function examplesOf(page: string): Example[] {
  return [...page.matchAll(/^```ts(?: ([^\n]*))?\n(.*?)^```$/gms)].map(([, words = "", code = ""]) => {
    const [place = "", ...options] = words.split(" ");
    const title = code.split("\n").find((line) => line !== "" && !line.startsWith("import ")) ?? "";
    if (place === "setup" || place === "step") return { title, code, options, place };
    return { title, code, options: words === "" ? [] : words.split(" "), place: "module" };
  });
}

/** Writes an example as a whole module, and returns the path of its entry file from the project's root. */
export function writeExample({ code, place }: Example, name: string): string {
  mkdirSync(join(PROJECT_ROOT, FOLDER), { recursive: true });
  const path = join(FOLDER, `${name}.ts`);
  writeFileSync(join(PROJECT_ROOT, path), place === "module" ? wholeModule(code) : inFunction(code, place));
  return path;
}

const IMPORTS = `import {
  actuator, auth, Errno, Level, message, node, outgoing, Qos, sensor, SubscribeFlag, Text, upload, utf8, will
} from "../../assembly";
export { resume, stop } from "../../assembly";
`;
const SETUP = "export function setup(): void { node.setup(); }";
const STEP = "export function step(nowMs: u32): u32 { node.begin(nowMs); return node.finish(nowMs); }";

function inFunction(code: string, place: "setup" | "step"): string {
  if (place === "setup") return `${IMPORTS}export function setup(): void {\nnode.setup();\n${code}}\n${STEP}\n`;
  return `${IMPORTS}${SETUP}\nexport function step(nowMs: u32): u32 {\nnode.begin(nowMs);\n${code}return node.finish(nowMs);\n}\n`;
}

/** A module that imports nothing is shown for the shape of its functions. */
function wholeModule(code: string): string {
  if (code.includes("import ")) return code;
  const missing = [SETUP, STEP].filter((text) => !code.includes(text.slice(0, text.indexOf("("))));
  return [IMPORTS, ...missing, code].join("\n");
}
