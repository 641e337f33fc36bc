/** The custom section `wasmote` that every module carries: docs/abi.md, "Metadata". */

import { createHash } from "node:crypto";
import { ABI_VERSION } from "../abi.ts";
import { WasmoteError } from "../errors.ts";
import { readSections, SectionId } from "./binary.ts";

export const METADATA_SECTION = "wasmote";
const METADATA_BYTES = 20;
const WASM_HEADER_BYTES = 8;

export interface Metadata {
  readonly abiVersion: number;
  /** Bytes from address 0 that are the node. */
  readonly imageSize: number;
  /** Two modules share it only if an image of one is valid in the other. */
  readonly layoutId: number;
  /** 16 hexadecimal digits. */
  readonly buildId: string;
}

/** Returns the module with its metadata as the first section. */
export function addMetadata(module: Uint8Array, layout: { imageSize: number; layoutId: number }): Uint8Array {
  const name = Buffer.from(METADATA_SECTION);
  const payload = Buffer.alloc(METADATA_BYTES);
  payload.writeUInt16LE(ABI_VERSION, 0);
  payload.writeUInt32LE(layout.imageSize, 4);
  payload.writeUInt32LE(layout.layoutId, 8);
  createHash("sha256").update(module).digest().copy(payload, 12, 0, 8);
  const section = Buffer.concat([
    Buffer.from([SectionId.custom, 1 + name.length + payload.length, name.length]),
    name,
    payload,
  ]);
  return Buffer.concat([module.subarray(0, WASM_HEADER_BYTES), section, module.subarray(WASM_HEADER_BYTES)]);
}

/** Reads the metadata of a module, its first section; throws `EMODULE` if it has none or it is damaged, `EABI` if this host can't speak it. */
export function readMetadata(module: Uint8Array): Metadata {
  const [section] = readSections(module);
  const isMetadata = section?.id === SectionId.custom && section.name === METADATA_SECTION;
  if (!isMetadata || section.contents.length !== METADATA_BYTES) {
    throw new WasmoteError("EMODULE", "module", "not a wasmote module: it carries no metadata", {
      cure: "build it with `npm run build`",
    });
  }
  const payload = Buffer.from(section.contents);
  const abiVersion = payload.readUInt16LE(0);
  if (abiVersion !== ABI_VERSION) {
    throw new WasmoteError(
      "EABI",
      "module",
      `the module speaks ABI version ${abiVersion}, this host speaks version ${ABI_VERSION}`,
      { cure: "build the module with this version of wasmote" },
    );
  }
  return {
    abiVersion,
    imageSize: payload.readUInt32LE(4),
    layoutId: payload.readUInt32LE(8),
    buildId: payload.subarray(12).toString("hex"),
  };
}
