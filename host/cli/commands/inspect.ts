/** `inspect`: what is in a module, and how many bytes each part takes. */

import { stat } from "node:fs/promises";
import { readModule } from "../../engine/module.ts";
import { WasmoteError } from "../../errors.ts";
import { type ImagePart, type Inspection, inspectModule } from "../../module/inspect.ts";
import { printable } from "../../node/log.ts";
import { printNote } from "../output.ts";
import type { InspectValues } from "../table/projects.ts";

/** Far more than any node has. */
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_GAP = 4;
/** Names come from the file: a line stays a line. */
const MAX_NAME = 80;

/** Throws `EMODULE` for a file that is no WebAssembly module. */
export async function inspect(path: string, options: InspectValues): Promise<void> {
  const size = await stat(path).then(
    (each) => each.size,
    () => 0,
  );
  if (size > MAX_BYTES) {
    throw new WasmoteError("EMODULE", "usage", `${path} has ${size} bytes: that is no node's module`, {
      cure: "give the path of a .wasm file that `wasmote build` made",
    });
  }
  const found = inspectModule(await readModule(path));
  const lines = options.json ? [JSON.stringify(toJson(path, found))] : describe(path, found, options.functions);
  process.stdout.write(`${lines.join("\n")}\n`);
  if (found.problem !== undefined) printNote(`no host runs it: ${printable(found.problem)}`);
  if (!options.json && options.functions > 0 && found.functions.every(({ name }) => isExported(found, name))) {
    printNote("only exported functions have names; `wasmote build --debug-names` keeps all of them");
  }
}

function isExported({ exports }: Inspection, name: string | undefined): boolean {
  return name === undefined || exports.some((each) => each.name === name);
}

function toJson(path: string, found: Inspection): unknown {
  const image = found.image?.map(({ address, bytes, kind }) => ({ address, bytes, kind }));
  return { module: path, ...found, image };
}

function describe(path: string, found: Inspection, functions: number): string[] {
  const { metadata, image } = found;
  const head = `${path}: ${found.bytes} bytes`;
  return [
    metadata === undefined ? `${head}, no node's module` : `${head}, image ${metadata.imageSize} bytes`,
    ...(metadata === undefined
      ? []
      : [`ABI ${metadata.abiVersion}, build ${metadata.buildId}, layout ${hex(metadata.layoutId)}`]),
    ...section("Sections", found.sections.map(sized)),
    ...section(
      `Functions: ${found.functions.length}, ${sum(found.functions)} bytes, the largest first`,
      found.functions.slice(0, functions).map(({ index, name, bytes }) => sized({ name: name ?? `#${index}`, bytes })),
    ),
    ...section(
      "Imports",
      found.imports.map(
        (each) =>
          `  ${shown(`${each.module}.${each.name}`)}${each.type}${each.isInAbi ? "" : "   which is not in the ABI"}`,
      ),
    ),
    ...section(
      "Exports",
      found.exports.map(({ name, kind, type }) => `  ${shown(name)}${type === "" ? `: ${kind}` : type}`),
    ),
    ...section("Image, address and bytes", (image ?? []).filter(isShown).map(imageLine)),
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", title, ...lines];
}

function sized({ name, bytes }: { name: string; bytes: number }): string {
  return `${String(bytes).padStart(7)}  ${shown(name)}`;
}

/** The gaps between constants, most of them the upper bytes of lengths, would be half of the lines. */
function isShown({ kind, bytes }: ImagePart): boolean {
  return kind === "data" || bytes > MAX_GAP;
}

function imageLine({ address, bytes, kind, contents }: ImagePart): string {
  const start = `${String(address).padStart(7)} ${String(bytes).padStart(6)}  `;
  return kind === "zero" ? `${start}zero` : `${start}data  ${glance(contents)}`;
}

/** Bytes as text, with a dot for what is none. */
function glance(contents: Uint8Array): string {
  return [...contents].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
}

function shown(name: string): string {
  const text = printable(name);
  return text.length > MAX_NAME ? `${text.slice(0, MAX_NAME - 1)}…` : text;
}

function sum(items: readonly { readonly bytes: number }[]): number {
  return items.reduce((total, { bytes }) => total + bytes, 0);
}

function hex(id: number): string {
  return id.toString(16).padStart(8, "0");
}
