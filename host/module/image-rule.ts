/** The image rule: everything that a node knows lies in the first `imageSize` bytes of its one page of memory. */

import { EXPORTS, IMPORTS } from "../abi.ts";
import { WasmoteError } from "../errors.ts";
import { ByteReader, readSections, type Section, SectionId } from "./binary.ts";
import { readMetadata } from "./metadata.ts";

/** Export and import kinds of the binary format. */
const Kind = { function: 0, memory: 2 } as const;
const Opcode = { end: 0x0b, i32Const: 0x41, i64Const: 0x42, f32Const: 0x43, f64Const: 0x44 } as const;
const I32 = 0x7f;
const FUNCTION_TYPE = 0x60;
const PAGE_BYTES = 65_536;

/** Most parameters and results of one function: boards/core/image.h says why. */
const MOST_TYPE_VALUES = 16;

const NO_OBJECTS =
  "keep state in a class over memory.data(), text in utf8(), and use no `new`, string or array; a constant must be one";

interface Signature {
  readonly parameters: readonly number[];
  readonly results: readonly number[];
}

/** Throws `EMODULE`, `EABI` or `EIMAGE` if a module breaks the ABI or the image rule. */
export function checkImageRule(module: Uint8Array): void {
  const { imageSize } = readMetadata(module);
  if (imageSize === 0 || imageSize % 8 !== 0 || imageSize > PAGE_BYTES) broken(`its image size is ${imageSize}`);
  const sections = readSections(module);
  const find = (id: number): Section | undefined => sections.find((section) => section.id === id);
  if (find(SectionId.start)) broken("it has a start function, which would run outside setup()", NO_OBJECTS);
  checkMemory(find(SectionId.memory));
  checkGlobals(find(SectionId.global));
  checkData(find(SectionId.data), imageSize);
  const types = readTypes(find(SectionId.type));
  const functions = checkImports(find(SectionId.import), types);
  checkExports(find(SectionId.export), [...functions, ...readFunctions(find(SectionId.function), types)]);
}

function checkMemory(section: Section | undefined): void {
  if (!section) broken("it has no memory");
  const reader = new ByteReader(section.contents);
  const count = reader.u32();
  const limited = reader.byte() === 1;
  if (count !== 1 || reader.u32() !== 1 || !limited || reader.u32() !== 1) {
    broken("its memory is not one page that cannot grow");
  }
}

function checkGlobals(section: Section | undefined): void {
  if (!section) return;
  const reader = new ByteReader(section.contents);
  for (let count = reader.u32(); count > 0; count--) {
    reader.byte();
    if (reader.byte() !== 0)
      broken("it has a mutable global, which no image would hold", "make it a field of a class over memory.data()");
    skipConstant(reader);
  }
}

/** Passes over a global's initialiser: one constant instruction and the end marker. */
function skipConstant(reader: ByteReader): void {
  const opcode = reader.byte();
  if (opcode === Opcode.i32Const) reader.i32();
  else if (opcode === Opcode.i64Const) while (reader.byte() >= 0x80);
  else if (opcode === Opcode.f32Const) reader.bytes(4);
  else if (opcode === Opcode.f64Const) reader.bytes(8);
  else broken("a global's initialiser is not a constant");
  if (reader.byte() !== Opcode.end) broken("a global's initialiser is not a constant");
}

function checkData(section: Section | undefined, imageSize: number): void {
  if (!section) return;
  const reader = new ByteReader(section.contents);
  for (let count = reader.u32(); count > 0; count--) {
    if (reader.u32() !== 0) broken("it has a passive data segment");
    const opcode = reader.byte();
    const address = reader.i32();
    if (opcode !== Opcode.i32Const || reader.byte() !== Opcode.end) broken("its data is not at constant addresses");
    const length = reader.u32();
    reader.bytes(length);
    if (address < 0 || address + length > imageSize) broken(`it has data at ${address}, outside its image`);
  }
}

function readTypes(section: Section | undefined): Signature[] {
  const types: Signature[] = [];
  if (!section) return types;
  const reader = new ByteReader(section.contents);
  for (let count = reader.u32(); count > 0; count--) {
    if (reader.byte() !== FUNCTION_TYPE) broken("it has a type that is not a function");
    const parameters = [...reader.bytes(reader.u32())];
    const results = [...reader.bytes(reader.u32())];
    if (parameters.length + results.length > MOST_TYPE_VALUES) {
      broken(`a function has more than ${MOST_TYPE_VALUES} parameters and results`, "pass them in memory");
    }
    types.push({ parameters, results });
  }
  return types;
}

function checkImports(section: Section | undefined, types: Signature[]): Signature[] {
  const functions: Signature[] = [];
  if (!section) return functions;
  const reader = new ByteReader(section.contents);
  for (let count = reader.u32(); count > 0; count--) {
    const module = reader.name();
    const name = reader.name();
    const kind = reader.byte();
    const known = Object.entries(IMPORTS).find(([each]) => each === name)?.[1];
    if (module !== "hal" || kind !== Kind.function || !known) {
      broken(`it imports ${module}.${name}, which is not in the ABI`, `remove what needs ${module}.${name}`);
    }
    const signature = types[reader.u32()] ?? broken("an import has no type");
    if (!isI32(signature, known.length, true)) broken(`its import ${name} has other parameters or results`);
    functions.push(signature);
  }
  return functions;
}

function readFunctions(section: Section | undefined, types: Signature[]): Signature[] {
  const functions: Signature[] = [];
  if (!section) return functions;
  const reader = new ByteReader(section.contents);
  for (let count = reader.u32(); count > 0; count--)
    functions.push(types[reader.u32()] ?? broken("a function has no type"));
  return functions;
}

function checkExports(section: Section | undefined, functions: Signature[]): void {
  const exported = new Map<string, Signature>();
  let memory = false;
  if (section) {
    const reader = new ByteReader(section.contents);
    for (let count = reader.u32(); count > 0; count--) {
      const name = reader.name();
      const kind = reader.byte();
      const index = reader.u32();
      if (kind === Kind.memory && name === "memory") memory = true;
      const signature = functions[index];
      if (kind === Kind.function && signature) exported.set(name, signature);
    }
  }
  if (!memory) broken("it does not export its memory");
  for (const [name, { parameters, result }] of Object.entries(EXPORTS)) {
    const signature =
      exported.get(name) ?? broken(`it does not export ${name}()`, `export ${name} from its entry file`);
    if (!isI32(signature, parameters.length, result)) broken(`its export ${name} has other parameters or results`);
  }
}

function isI32({ parameters, results }: Signature, count: number, result: boolean): boolean {
  return (
    parameters.length === count &&
    results.length === (result ? 1 : 0) &&
    [...parameters, ...results].every((type) => type === I32)
  );
}

function broken(what: string, cure?: string): never {
  throw new WasmoteError("EIMAGE", "module", `the module breaks the rule that a node is an image: ${what}`, {
    ...(cure === undefined ? {} : { cure }),
  });
}
