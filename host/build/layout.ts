/** Reads from the compiler where the node's state lies: how large the image is, and what tells two layouts apart. */

import { createHash } from "node:crypto";
import { posix } from "node:path";
import { Class, Global, type Program, PropertyPrototype } from "assemblyscript";
import { libraryFiles, libraryPrefix } from "assemblyscript/asc";

/** The exported constant of assembly/image-end.ts that carries the end of the static data. */
const IMAGE_END = "imageEnd";
const IMAGE_ALIGNMENT = 8;
/** What the SDK's files are called in a layout, wherever they lie. */
const SDK_NAME = "~wasmote/";

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

/** Where the compiler finds the sources, as paths from its base folder with slashes. */
export interface SourceFolders {
  /** The folder of the application's entry file. */
  readonly app: string;
  /** The folders of the SDK, with a slash at their ends: it may be known by several names. */
  readonly sdk: readonly string[];
}

/**
 * Takes the image's layout out of a compiled, not yet optimised module, together with the export that only served to
 * bring it here. The layout is the same wherever the application and the SDK lie.
 */
export function takeImageLayout(program: Program, module: CompiledModule, folders: SourceFolders): ImageLayout {
  const text = module.emitText();
  const end = text.match(/\(global \$~lib\/memory\/__heap_base i32 \(i32\.const (\d+)\)\)/)?.[1];
  if (end === undefined) throw new Error(`the compiler gave no ${IMAGE_END}`);
  module.removeExport(IMAGE_END);
  const imageSize = Math.ceil(Number(end) / IMAGE_ALIGNMENT) * IMAGE_ALIGNMENT;
  const data = text.match(/^ \(data .*$/gm) ?? [];
  const state = describeState(program, text)
    .map((line) => withoutFolders(line, folders))
    .sort();
  const description = [`size ${imageSize}`, ...data, ...state].join("\n");
  const layoutId = createHash("sha256").update(description).digest().readUInt32LE(0);
  return { imageSize, layoutId };
}

/** One line for each field of each class in the image, and for each constant that is an address. */
function describeState(program: Program, text: string): string[] {
  const values = new Map([...text.matchAll(/\(global \$(\S+) i32 \(i32\.const (\d+)\)\)/g)].map((m) => [m[1], m[2]]));
  const lines: string[] = [];
  for (const element of program.instancesByName.values()) {
    if (!(element instanceof Class) || isStandard(element)) continue;
    for (const member of element.members?.values() ?? []) {
      const field = member instanceof PropertyPrototype ? member.instance : null;
      if (field?.isField) lines.push(`${field.internalName}: ${field.type.toString()} @ ${field.memoryOffset}`);
    }
  }
  for (const element of program.elementsByName.values()) {
    if (!(element instanceof Global) || isStandard(element)) continue;
    const { type, internalName } = element;
    const address = values.get(internalName);
    if (address !== undefined && (type.isReference || type.toString() === "usize")) {
      lines.push(`${internalName}: ${type.toString()} = ${address}`);
    }
  }
  return lines;
}

/** Whether something comes from the compiler's own library. The SDK, and other packages, have names like that too. */
function isStandard({ declaration }: Class | Global): boolean {
  const { internalPath } = declaration.range.source;
  return (
    internalPath.startsWith(libraryPrefix) && Object.hasOwn(libraryFiles, internalPath.slice(libraryPrefix.length))
  );
}

/** A line with the SDK's names as such, and the application's as they are seen from its entry file. */
function withoutFolders(line: string, { app, sdk }: SourceFolders): string {
  return line.replaceAll(/[^\s<>,|&():=@]*\/[^\s<>,|&():=@]*/g, (name) => {
    const folder = sdk.find((each) => name.startsWith(each));
    if (folder !== undefined) return SDK_NAME + name.slice(folder.length);
    return name.startsWith(libraryPrefix) ? name : posix.relative(app, name);
  });
}
