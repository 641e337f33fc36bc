/** What `idf.py build` left in its build folder: flasher_args.json and the files that it names. */

import { join, resolve } from "node:path";
import { WasmoteError } from "../errors.ts";
import { checkAppImage } from "./app-image.ts";
import { readInput } from "./files.ts";
import type { Piece } from "./flash-layout.ts";
import { type Partition, readPartitionTable } from "./partition-table.ts";

export interface Build {
  /** As esptool calls it, such as `esp32c3`. */
  readonly chip: string;
  /** As esptool calls it, such as `4MB`. */
  readonly flashSize: string;
  /** What esptool is to be given before the files: the flash's mode, size and frequency. */
  readonly writeFlashArgs: readonly string[];
  /** How esptool resets the board before and after. */
  readonly before: string;
  readonly after: string;
  /** Whether esptool may load its helper program into the board's RAM. */
  readonly stub: boolean;
  readonly pieces: readonly FirmwarePiece[];
  readonly partitions: readonly Partition[];
  /** Where the partition table lies in flash. */
  readonly tableOffset: number;
}

export interface FirmwarePiece extends Piece {
  readonly path: string;
}

const CURE = "give --firmware the build folder of the ESP-IDF project, after idf.py build";

/**
 * Reads a build folder and everything that is to be flashed from it. Throws `ENOFILE`, `EBUILD` for a flasher_args.json that
 * can't be used, `EFIRMWARE` and `ECHIP` for images that could not start, `EPARTITIONS` for a damaged partition table.
 */
export async function readBuildFolder(folder: string): Promise<Build> {
  const path = join(folder, "flasher_args.json");
  const args = new Fields(parse((await readInput(path, "the firmware's list", CURE)).toString("utf-8"), path), path);
  const extra = args.fields("extra_esptool_args");
  const chip = extra.text("chip");
  const pieces = await readPieces(folder, args, path);
  const table = pieces.find(({ name }) => name === "partition-table");
  if (table === undefined) throw unusable(path, "it names no partition-table");
  for (const piece of pieces) {
    if (piece.name === "bootloader" || piece.name === "app") checkAppImage(piece.bytes, piece.path, chip);
  }
  return {
    chip,
    flashSize: args.fields("flash_settings").text("flash_size"),
    writeFlashArgs: args.texts("write_flash_args"),
    before: extra.text("before"),
    after: extra.text("after"),
    stub: extra.isNot("stub", false),
    pieces,
    partitions: readPartitionTable(table.bytes, table.path),
    tableOffset: table.offset,
  };
}

/** The files in the order of their offsets, each under the name that the build gives it, such as `bootloader`. */
async function readPieces(folder: string, args: Fields, path: string): Promise<FirmwarePiece[]> {
  const files = args.fields("flash_files");
  const pieces = files.names().map(async (offset): Promise<FirmwarePiece> => {
    if (!/^0x[0-9a-fA-F]{1,8}$/.test(offset)) throw unusable(path, `"${offset}" is no offset`);
    const file = files.text(offset);
    const name = args.names().find((each) => args.has(each, "file", file)) ?? file;
    const whole = resolve(folder, file);
    return { name, offset: Number(offset), path: whole, bytes: await readInput(whole, `the firmware's ${name}`, CURE) };
  });
  return (await Promise.all(pieces)).toSorted((one, other) => one.offset - other.offset);
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unusable(path, "it is no JSON, or cut short");
  }
}

function unusable(path: string, what: string): WasmoteError {
  return new WasmoteError("EBUILD", "resource", `${path} can't be used: ${what}`, { cure: CURE });
}

/** An object of a JSON file, whose fields are what they should be or the file is refused. */
class Fields {
  readonly #fields: ReadonlyMap<string, unknown>;
  readonly #path: string;

  constructor(value: unknown, path: string, name = "the whole") {
    if (typeof value !== "object" || value === null) throw unusable(path, `${name} is no object`);
    this.#fields = new Map(Object.entries(value));
    this.#path = path;
  }

  names(): string[] {
    return [...this.#fields.keys()];
  }

  fields(name: string): Fields {
    return new Fields(this.#fields.get(name), this.#path, `"${name}"`);
  }

  text(name: string): string {
    return this.#text(this.#fields.get(name), name);
  }

  texts(name: string): string[] {
    const value = this.#fields.get(name);
    if (!Array.isArray(value)) throw unusable(this.#path, `"${name}" is no list`);
    return value.map((each: unknown) => this.#text(each, name));
  }

  /** Whether a field is there, and an object with that very text in it. */
  has(name: string, key: string, text: string): boolean {
    const value = this.#fields.get(name);
    return typeof value === "object" && value !== null && new Map(Object.entries(value)).get(key) === text;
  }

  isNot(name: string, value: unknown): boolean {
    return this.#fields.get(name) !== value;
  }

  #text(value: unknown, name: string): string {
    if (typeof value !== "string") throw unusable(this.#path, `"${name}" is no text`);
    return value;
  }
}
