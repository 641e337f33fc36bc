/** Modules in the text format, also such as no tool would write: functions that are not valid, and whole modules byte by byte. */

import { readFileSync } from "node:fs";
import createWabt from "wabt";

const wabt = await createWabt();

/**
 * The bytes of a module in the text format, which need not be a valid one. Of `(module binary "…")` they are the bytes of the
 * strings, whatever they are.
 */
export function assemble(path: string): Uint8Array {
  const text = readFileSync(path, "utf-8");
  if (/^\(module binary\b/m.test(text)) return literalBytes(text);
  const module = wabt.parseWat(path, text, { bulk_memory: true, multi_value: true });
  try {
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

/** The strings of `(module binary …)`: characters of ASCII, and bytes as `\00`. */
function literalBytes(text: string): Uint8Array {
  const strings = text.replace(/;;.*$/gm, "").match(/"[^"]*"/g) ?? [];
  const hexadecimal = strings
    .map((string) => string.slice(1, -1))
    .join("")
    .replace(/\\([0-9a-f]{2})|([^\\])/g, (_, byte: string | undefined, character: string | undefined) =>
      byte === undefined ? Buffer.from(character ?? "").toString("hex") : byte,
    );
  return Buffer.from(hexadecimal, "hex");
}
