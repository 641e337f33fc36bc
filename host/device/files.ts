/** Files that the commands for devices read and write: bounded, and with one line when that fails. */

import { createHash } from "node:crypto";
import { mkdir, open, rename, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemCode, WasmoteError } from "../errors.ts";
import { IS_CHECKOUT, PROJECT_ROOT } from "../project.ts";

/** As much as the largest flash that ESP-IDF knows. */
const MAX_BYTES = 128 * 1024 * 1024;

/** The folder of an installed package is not for writing into. */
const SCRATCH = IS_CHECKOUT ? join(PROJECT_ROOT, "build", "flash") : join(tmpdir(), "wasmote-flash");

/** Reads a whole file. `what` says in the error what it was to be; `cure` where to get it. Throws `ENOFILE`. */
export async function readInput(path: string, what: string, cure: string): Promise<Buffer> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      if (size > MAX_BYTES) throw new Error(`it has ${size} bytes`);
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new WasmoteError("ENOFILE", "usage", `can't read ${what} ${path}: ${reason(cause)}`, { cure, cause });
  }
}

/** Writes a file that only its owner may read if it is `secret`. Throws `EWRITE`. */
export async function writeOutput(path: string, bytes: Uint8Array, secret = false): Promise<void> {
  try {
    if (!secret) return await writeFile(path, bytes);
    const file = await open(path, "w", 0o600);
    try {
      // The mode above is only for a file that was not there.
      await file.chmod(0o600);
      await file.writeFile(bytes);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new WasmoteError("EWRITE", "resource", `can't write ${path}: ${reason(cause)}`, {
      cure: "choose another path, in a folder that exists and is yours",
      cause,
    });
  }
}

/**
 * Keeps bytes in a file for another program, and returns its path. It is named after its contents: a command that was printed
 * can be run later, and two that run at once do not disturb each other. Throws `EWRITE`.
 */
export async function writeScratch(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(SCRATCH, `${name}-${createHash("sha256").update(bytes).digest("hex").slice(0, 12)}.bin`);
  const unfinished = `${path}.${process.pid}`;
  try {
    await mkdir(SCRATCH, { recursive: true });
    await writeFile(unfinished, bytes);
    await rename(unfinished, path);
    return path;
  } catch (cause) {
    throw new WasmoteError("EWRITE", "resource", `can't write ${path}: ${reason(cause)}`, {
      cure: `make ${SCRATCH} yours to write to`,
      cause,
    });
  }
}

function reason(cause: unknown): string {
  return systemCode(cause) ?? (cause instanceof Error ? cause.message : String(cause));
}
