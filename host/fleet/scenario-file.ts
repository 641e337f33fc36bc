/** Reads scenarios: built-in ones by name, others from JSON or from a module whose default export is one. */

import { readdirSync } from "node:fs";
import { open, stat } from "node:fs/promises";
import { dirname, extname, isAbsolute, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { z } from "zod";
import { systemCode, WasmoteError } from "../errors.ts";
import { locateSensor, parseSensor } from "../hal/sensor-model.ts";
import { printable } from "../node/log.ts";
import { docsPage, PROJECT_ROOT } from "../project.ts";
import type { FaultEntry, GroupEntry, ScenarioFile } from "./define-scenario.ts";
import { durationMs } from "./duration.ts";
import { nearest } from "./nearest.ts";
import type { Fault, Group, Scenario } from "./scenario.ts";
import { scenarioSchema } from "./scenario-schema.ts";

const BUILT_IN = join(PROJECT_ROOT, "host", "fleet", "scenarios");
const MAX_FILE_BYTES = 1_024 * 1_024;
const MODULE_EXTENSIONS = [".ts", ".mts", ".js", ".mjs"];
const MAX_SHOWN = 60;

/** The names of the built-in scenarios, in the order of the alphabet. */
export function builtInScenarios(): readonly string[] {
  return readdirSync(BUILT_IN)
    .map((file) => file.replace(/\.json$/, ""))
    .sort();
}

/**
 * Reads and checks a scenario. `nameOrPath`: the name of a built-in one, or a .json, .ts, .mts, .js or .mjs file; a module is
 * run, and its default export taken. In what it returns the paths of modules and sensors are absolute.
 *
 * Throws `ESCENARIO` with one line that says where in the file something is wrong, and what would be right.
 */
export async function loadScenario(nameOrPath: string): Promise<Scenario> {
  const path = locate(nameOrPath);
  const content = extname(path) === ".json" ? await readJson(path) : await importModule(path);
  return parseScenario(content, path);
}

/** Checks what a file holds. `path`: the file's, for messages and for what it refers to. */
export function parseScenario(content: unknown, path: string): Scenario {
  const result = scenarioSchema.safeParse(content);
  if (!result.success) throw wrong(path, result.error.issues[0], content);
  const { name, description, groups = [{ name: "all" }], faults = [] }: ScenarioFile = result.data;
  return {
    name,
    ...(description === undefined ? {} : { description }),
    groups: groups.map((entry, index) => toGroup(entry, path, `groups[${index}]`)),
    faults: faults.map(toFault),
  };
}

function locate(nameOrPath: string): string {
  if (!/^[a-z0-9-]+$/i.test(nameOrPath)) {
    const extensions = [".json", ...MODULE_EXTENSIONS];
    if (extensions.includes(extname(nameOrPath))) return resolve(nameOrPath);
    throw refused(`${printable(nameOrPath)} is no scenario's file`, `its name must end in ${extensions.join(", ")}`);
  }
  const names = builtInScenarios();
  if (names.includes(nameOrPath)) return join(BUILT_IN, `${nameOrPath}.json`);
  const near = nearest(nameOrPath, names);
  const cure = near === undefined ? `use ${names.join(", ")}, or a file's path` : `did you mean "${near}"?`;
  throw refused(`there is no built-in scenario "${nameOrPath}"`, cure);
}

async function readJson(path: string): Promise<unknown> {
  const text = await readText(path);
  try {
    return JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (cause) {
    throw refused(
      `${path}${positionIn(text, cause)} is no JSON`,
      `write a scenario as ${docsPage("scenarios.md")} shows it`,
      cause,
    );
  }
}

/** `, line 3, column 5,` where the error tells it. */
function positionIn(text: string, error: unknown): string {
  const [, position] = String(error).match(/at position (\d+)/) ?? [];
  if (position === undefined) return "";
  const before = text.slice(0, Number(position)).split("\n");
  return `, line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1},`;
}

/** No more than the limit is read, whatever the file's size is said to be. */
async function readText(path: string): Promise<string> {
  const bytes = Buffer.alloc(MAX_FILE_BYTES + 1);
  let length = 0;
  try {
    const file = await open(path);
    try {
      for (let read = -1; read !== 0; length += read) {
        ({ bytesRead: read } = await file.read(bytes, length, bytes.length - length));
      }
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw unreadable(path, cause);
  }
  if (length > MAX_FILE_BYTES) throw tooLarge(path);
  return bytes.toString("utf-8", 0, length);
}

async function importModule(path: string): Promise<unknown> {
  try {
    if ((await stat(path)).size > MAX_FILE_BYTES) throw tooLarge(path);
  } catch (cause) {
    throw cause instanceof WasmoteError ? cause : unreadable(path, cause);
  }
  let module: unknown;
  try {
    const { tsImport } = await import("tsx/esm/api");
    module = await tsImport(pathToFileURL(path).href, import.meta.url);
  } catch (cause) {
    const what = printable(String(cause).split("\n")[0] ?? "");
    throw refused(`${path} fails: ${what}`, "mend the file, or write the scenario as JSON", cause);
  }
  const content = defaultExport(module);
  if (content !== undefined) return content;
  throw refused(`${path} has no default export`, "write export default defineScenario({ … })");
}

/** Of a module; one that became a CommonJS module on the way has it a level deeper. */
function defaultExport(module: unknown): unknown {
  if (typeof module !== "object" || module === null || !("default" in module)) return undefined;
  const content = module.default;
  const isWrapped = typeof content === "object" && content !== null && "__esModule" in content;
  return isWrapped ? defaultExport(content) : content;
}

function toGroup(
  { name, share = 1, module, sensor, interval, config }: GroupEntry,
  path: string,
  where: string,
): Group {
  const fromFile = (each: string): string => (isAbsolute(each) ? each : join(dirname(path), each));
  return {
    name,
    share,
    ...(module === undefined ? {} : { module: fromFile(module) }),
    ...(sensor === undefined ? {} : { sensor: checkSensor(locateSensor(sensor, fromFile), path, where) }),
    ...(interval === undefined ? {} : { intervalMs: durationMs(interval) }),
    ...(config === undefined ? {} : { config }),
  };
}

function checkSensor(sensor: string, path: string, where: string): string {
  try {
    parseSensor(sensor);
    return sensor;
  } catch (cause) {
    if (!(cause instanceof WasmoteError)) throw cause;
    throw refused(
      `${path}: ${where}.sensor: ${printable(cause.message)}`,
      cause.cure ?? `see ${docsPage("scenarios.md")}`,
      cause,
    );
  }
}

function toFault(entry: FaultEntry): Fault {
  const { kind, at, share, group } = entry;
  return {
    kind,
    atMs: durationMs(at),
    ...("for" in entry && entry.for !== undefined ? { forMs: durationMs(entry.for) } : {}),
    ...(share === undefined ? {} : { share }),
    ...(group === undefined ? {} : { group }),
    ...("skew" in entry ? { skewMs: durationMs(entry.skew) } : {}),
  };
}

/** The first thing that is wrong, as `FILE: faults[2].at is "soon" — write …`. */
function wrong(path: string, issue: z.core.$ZodIssue | undefined, content: unknown): WasmoteError {
  const keys = [...(issue?.path ?? []), ...(issue?.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [])];
  const where = keys.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  const value = keys.reduce<unknown>((at, key) => (isRecord(at) ? at[String(key)] : undefined), content);
  const subject = printable(where.replace(/^\./, "")) || "the scenario";
  return refused(`${path}: ${subject} ${whatIsWrong(issue, keys, value)}`, issue?.message ?? "");
}

function whatIsWrong(issue: z.core.$ZodIssue | undefined, keys: readonly PropertyKey[], value: unknown): string {
  if (keys.at(-1) === "password") return "is given";
  if (issue?.code === "unrecognized_keys") return "is unknown";
  return value === undefined ? "is missing" : `is ${shown(value)}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function shown(value: unknown): string {
  const text = isRecord(value)
    ? Array.isArray(value)
      ? `a list of ${value.length}`
      : "an object"
    : JSON.stringify(value);
  if (text === undefined) return `a ${typeof value}`;
  return printable(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);
}

function unreadable(path: string, cause: unknown): WasmoteError {
  return refused(`can't read ${path}: ${systemCode(cause) ?? cause}`, "check the file's name", cause);
}

function tooLarge(path: string): WasmoteError {
  return refused(`${path} is larger than 1 MiB`, "put tables of readings into files of their own");
}

function refused(message: string, cure: string, cause?: unknown): WasmoteError {
  return new WasmoteError("ESCENARIO", "usage", message, { cure, cause });
}
