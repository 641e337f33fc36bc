/** Traces in files. Only their owner may read them: they hold all that a node knows, but for its secrets. */

import { closeSync, fchmodSync, openSync, writeSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { systemCode, WasmoteError } from "../errors.ts";
import { Trace } from "./reader.ts";

const OWNER_ONLY = 0o600;
/** A week of a busy node; more is no trace that anybody meant. */
const MAX_BYTES = 1 << 30;

export class TraceFile {
  readonly #path: string;
  readonly #file: number;
  #isOpen = true;

  /** Makes the file, or empties it. Throws `ETRACEFILE` if that can't be done. */
  constructor(path: string) {
    this.#path = path;
    try {
      this.#file = openSync(path, "w", OWNER_ONLY);
      fchmodSync(this.#file, OWNER_ONLY);
    } catch (error) {
      throw failed("written", path, error);
    }
  }

  /** Throws `ETRACEFILE` once, if the file can't be written to; what comes after that is dropped. */
  write(bytes: Uint8Array): void {
    if (!this.#isOpen) return;
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.#file, bytes, done);
    } catch (error) {
      this.close();
      throw failed("written", this.#path, error);
    }
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.#file);
  }
}

/** Throws `ETRACEFILE` if the file can't be read, `ETRACE` or `ETRACEVERSION` if it is no trace. */
export async function readTrace(path: string): Promise<Trace> {
  let bytes: Uint8Array;
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) throw new Error(`it has ${size} bytes`);
    bytes = await readFile(path);
  } catch (error) {
    throw failed("read", path, error);
  }
  return new Trace(bytes);
}

function failed(what: string, path: string, cause: unknown): WasmoteError {
  const why = systemCode(cause) ?? (cause instanceof Error ? cause.message : String(cause));
  return new WasmoteError("ETRACEFILE", "resource", `the trace ${path} can't be ${what}: ${why}`, {
    cure: what === "read" ? "check its path and its permissions" : "give another file, or make room",
    cause,
  });
}
