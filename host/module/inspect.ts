/** What is in a module, and how many bytes each thing takes: of any WebAssembly module, a node's or not. */

import { EXPORTS, IMPORTS } from "../abi.ts";
import { WasmoteError } from "../errors.ts";
import { ByteReader, readSections, SECTION_NAMES, type Section, SectionId } from "./binary.ts";
import { checkImageRule } from "./image-rule.ts";
import { METADATA_SECTION, type Metadata, readMetadata } from "./metadata.ts";

export interface Inspection {
  /** Of the whole file. */
  readonly bytes: number;
  /** What the module says of itself; undefined for one that is no node's. */
  readonly metadata: Metadata | undefined;
  /** Why no host would run it, in words; undefined for a module that keeps the ABI and the image rule. */
  readonly problem: string | undefined;
  /** In file order. `bytes` has the section's own header in it: together with the file's first 8 they are the file. */
  readonly sections: readonly { readonly name: string; readonly bytes: number }[];
  /** Largest first. */
  readonly functions: readonly InspectedFunction[];
  readonly imports: readonly InspectedImport[];
  readonly exports: readonly InspectedExport[];
  /** The image from address 0 on: where it begins as data and where as zeros. Undefined if the module does not say. */
  readonly image: readonly ImagePart[] | undefined;
}

export interface InspectedFunction {
  /** In the module's index space, which the imports begin. */
  readonly index: number;
  /** From the name section, or else the name that it is exported by. */
  readonly name: string | undefined;
  /** Of its body, with its size field. */
  readonly bytes: number;
}

export interface InspectedImport {
  readonly module: string;
  readonly name: string;
  /** `(endpoint: i32) -> i32`, with the names that the ABI has; empty for what is no function. */
  readonly type: string;
  readonly isInAbi: boolean;
}

export interface InspectedExport {
  readonly name: string;
  readonly kind: string;
  readonly type: string;
}

export interface ImagePart {
  readonly address: number;
  readonly bytes: number;
  /** `data` is there in a fresh image, in constants and initial values; `zero` is everything else. */
  readonly kind: "data" | "zero";
  /** The beginning of data, for a glance. */
  readonly contents: Uint8Array;
}

const KINDS = ["function", "table", "memory", "global", "tag"] as const;
const VALUE_TYPES: ReadonlyMap<number, string> = new Map([
  [0x7f, "i32"],
  [0x7e, "i64"],
  [0x7d, "f32"],
  [0x7c, "f64"],
  [0x7b, "v128"],
  [0x70, "funcref"],
  [0x6f, "externref"],
]);
const FUNCTION_TYPE = 0x60;
const Opcode = { end: 0x0b, i32Const: 0x41 } as const;
/** Subsections of the custom section `name`. */
const FUNCTION_NAMES = 1;
const GLANCE_BYTES = 48;

interface Signature {
  readonly parameters: readonly string[];
  readonly results: readonly string[];
}

/** Throws `EMODULE` for bytes that are no WebAssembly module, or end in the middle of one. */
export function inspectModule(module: Uint8Array): Inspection {
  const sections = readSections(module);
  const find = (id: number): Section | undefined => sections.find((section) => section.id === id);
  const types = readTypes(find(SectionId.type));
  const { imports, imported } = readImports(find(SectionId.import), types);
  const own = readList(find(SectionId.function), (reader) => types[reader.u32()]);
  const signatures = [...imported, ...own];
  const exported = readExports(find(SectionId.export), signatures);
  const names = new Map<number, string>(exported.functions);
  for (const [index, name] of readNames(sections)) names.set(index, name);
  const metadata = sections.some(({ name }) => name === METADATA_SECTION) ? readMetadata(module) : undefined;
  return {
    bytes: module.length,
    metadata,
    problem: problemOf(module),
    sections: sections.map((section) => ({ name: sectionName(section), bytes: section.bytes })),
    functions: readFunctions(find(SectionId.code), imported.length, names),
    imports,
    exports: exported.exports,
    image: metadata && imageMap(find(SectionId.data), metadata.imageSize),
  };
}

function problemOf(module: Uint8Array): string | undefined {
  try {
    checkImageRule(module);
    return undefined;
  } catch (error) {
    if (error instanceof WasmoteError) return error.message;
    throw error;
  }
}

function sectionName({ id, name }: Section): string {
  return id === SectionId.custom ? `custom "${name}"` : (SECTION_NAMES[id] ?? `section ${id}`);
}

/** As many things as the section says, each read by `read`. */
function readList<Item>(section: Section | undefined, read: (reader: ByteReader) => Item): Item[] {
  const items: Item[] = [];
  if (!section) return items;
  const reader = new ByteReader(section.contents);
  for (let count = reader.u32(); count > 0; count--) items.push(read(reader));
  return items;
}

/** Types behind one that is no function's are unknown: how long that one is only its proposal knows. */
function readTypes(section: Section | undefined): Signature[] {
  const types: Signature[] = [];
  if (!section) return types;
  const reader = new ByteReader(section.contents);
  const list = (): string[] => [...reader.bytes(reader.u32())].map((code) => VALUE_TYPES.get(code) ?? "?");
  for (let count = reader.u32(); count > 0 && reader.byte() === FUNCTION_TYPE; count--) {
    types.push({ parameters: list(), results: list() });
  }
  return types;
}

function readImports(
  section: Section | undefined,
  types: readonly Signature[],
): { imports: InspectedImport[]; imported: (Signature | undefined)[] } {
  const imported: (Signature | undefined)[] = [];
  const imports = readList(section, (reader): InspectedImport => {
    const module = reader.name();
    const name = reader.name();
    const kind = KINDS[reader.byte()];
    if (kind === "function") {
      const signature = types[reader.u32()];
      imported.push(signature);
      const known = module === "hal" ? entry(IMPORTS, name) : undefined;
      return { module, name, type: typeText(signature, known), isInAbi: known !== undefined };
    }
    skipImport(reader, kind);
    return { module, name, type: "", isInAbi: false };
  });
  return { imports, imported };
}

function skipImport(reader: ByteReader, kind: (typeof KINDS)[number] | undefined): void {
  if (kind === "tag") {
    reader.byte();
    reader.u32();
  } else if (kind === "global") {
    reader.bytes(2);
  } else {
    if (kind === "table") reader.byte();
    const hasMaximum = (reader.byte() & 1) === 1;
    reader.u32();
    if (hasMaximum) reader.u32();
  }
}

function readExports(
  section: Section | undefined,
  signatures: readonly (Signature | undefined)[],
): { exports: InspectedExport[]; functions: [number, string][] } {
  const functions: [number, string][] = [];
  const exports = readList(section, (reader): InspectedExport => {
    const name = reader.name();
    const kind = KINDS[reader.byte()] ?? "unknown";
    const index = reader.u32();
    if (kind !== "function") return { name, kind, type: "" };
    functions.push([index, name]);
    return { name, kind, type: typeText(signatures[index], entry(EXPORTS, name)?.parameters) };
  });
  return { exports, functions };
}

/** Names by function index, of a module that was built with them. What the section says beyond that is left out. */
function readNames(sections: readonly Section[]): Map<number, string> {
  const names = new Map<number, string>();
  const section = sections.find(({ id, name }) => id === SectionId.custom && name === "name");
  if (section === undefined) return names;
  const reader = new ByteReader(section.contents);
  while (!reader.done) {
    const id = reader.byte();
    const contents = new ByteReader(reader.bytes(reader.u32()));
    if (id !== FUNCTION_NAMES) continue;
    for (let count = contents.u32(); count > 0; count--) names.set(contents.u32(), contents.name());
  }
  return names;
}

function readFunctions(
  section: Section | undefined,
  firstIndex: number,
  names: ReadonlyMap<number, string>,
): InspectedFunction[] {
  let index = firstIndex;
  const functions = readList(section, (reader): InspectedFunction => {
    const start = reader.position;
    reader.bytes(reader.u32());
    const each = { index, name: names.get(index), bytes: reader.position - start };
    index++;
    return each;
  });
  return functions.sort((one, other) => other.bytes - one.bytes || one.index - other.index);
}

/** Undefined where data is not at constant addresses in the image, in order. */
function imageMap(section: Section | undefined, imageBytes: number): ImagePart[] | undefined {
  const parts: ImagePart[] = [];
  let end = 0;
  const zeros = (to: number): void => {
    if (to > end) parts.push({ address: end, bytes: to - end, kind: "zero", contents: new Uint8Array() });
  };
  const reader = new ByteReader(section?.contents ?? new Uint8Array([0]));
  for (let count = reader.u32(); count > 0; count--) {
    if (reader.u32() !== 0 || reader.byte() !== Opcode.i32Const) return undefined;
    const address = reader.i32();
    if (reader.byte() !== Opcode.end) return undefined;
    const contents = reader.bytes(reader.u32());
    if (address < end || address + contents.length > imageBytes) return undefined;
    zeros(address);
    parts.push({ address, bytes: contents.length, kind: "data", contents: contents.subarray(0, GLANCE_BYTES) });
    end = address + contents.length;
  }
  zeros(imageBytes);
  return parts;
}

function typeText(signature: Signature | undefined, names: readonly string[] | undefined): string {
  if (signature === undefined) return "";
  const { parameters, results } = signature;
  const shown = parameters.map((type, i) => (names?.[i] === undefined ? type : `${names[i]}: ${type}`));
  return `(${shown.join(", ")})${results.length === 0 ? "" : ` -> ${results.join(", ")}`}`;
}

function entry<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
