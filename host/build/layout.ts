/** Reads from the compiler where the node's state lies: how large the image is, and what tells two layouts apart. */

import { createHash } from "node:crypto";
import { Class, Global, type Program, PropertyPrototype } from "assemblyscript";

/** The exported constant of assembly/image-end.ts that carries the end of the static data. */
const IMAGE_END = "imageEnd";
const LIBRARY_PREFIX = "~lib/";
const IMAGE_ALIGNMENT = 8;

/** What this file needs of the compiler's Binaryen module. */
export interface CompiledModule {
  getExport(name: string): number;
  removeExport(name: string): void;
  getGlobal(name: string): number;
  emitText(): string;
}

export interface ImageLayout {
  readonly imageSize: number;
  readonly layoutId: number;
}

/**
 * Takes the image's layout out of a compiled, not yet optimised module, together with the export that only served to
 * bring it here.
 */
export function takeImageLayout(program: Program, module: CompiledModule): ImageLayout {
  const text = module.emitText();
  const end = text.match(/\(global \$~lib\/memory\/__heap_base i32 \(i32\.const (\d+)\)\)/)?.[1];
  if (end === undefined) throw new Error(`the compiler gave no ${IMAGE_END}`);
  module.removeExport(IMAGE_END);
  const imageSize = Math.ceil(Number(end) / IMAGE_ALIGNMENT) * IMAGE_ALIGNMENT;
  const data = text.match(/^ \(data .*$/gm) ?? [];
  const description = [`size ${imageSize}`, ...data, ...describeState(program, text)].join("\n");
  const layoutId = createHash("sha256").update(description).digest().readUInt32LE(0);
  return { imageSize, layoutId };
}

/** One line for each field of each class in the image, and for each constant that is an address. */
function describeState(program: Program, text: string): string[] {
  const values = new Map([...text.matchAll(/\(global \$(\S+) i32 \(i32\.const (\d+)\)\)/g)].map((m) => [m[1], m[2]]));
  const lines: string[] = [];
  for (const element of program.instancesByName.values()) {
    if (!(element instanceof Class) || element.internalName.startsWith(LIBRARY_PREFIX)) continue;
    for (const member of element.members?.values() ?? []) {
      const field = member instanceof PropertyPrototype ? member.instance : null;
      if (field?.isField) lines.push(`${field.internalName}: ${field.type.toString()} @ ${field.memoryOffset}`);
    }
  }
  for (const element of program.elementsByName.values()) {
    if (!(element instanceof Global) || element.internalName.startsWith(LIBRARY_PREFIX)) continue;
    const { type, internalName } = element;
    const address = values.get(internalName);
    if (address !== undefined && (type.isReference || type.toString() === "usize")) {
      lines.push(`${internalName}: ${type.toString()} = ${address}`);
    }
  }
  return lines.sort();
}
