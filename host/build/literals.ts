/**
 * `utf8("…")` in AssemblyScript: text that costs its own bytes and nothing else.
 *
 * A string literal of the language would bring UTF-16, a 20-byte header and the runtime. The build replaces each call by
 * the address of a constant in MQTT's own form of a string, two length bytes before the UTF-8 [MQTT-1.5.3], which a
 * packet can take as it is.
 */

const LITERAL_CALL = /\butf8\((?:"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)')\)/g;
/** A constant of such text, which is to be left out where nothing uses it. */
const CONSTANT = /^(?:export )?const \w+ = [^;\n]*\butf8\(/gm;
const MAX_BYTES = 0xffff;

/** Returns the source with every `utf8("…")` replaced; line numbers stay as they are. */
export function expandUtf8Literals(source: string): string {
  return source
    .replace(CONSTANT, "@lazy $&")
    .replace(LITERAL_CALL, (_call, double: string | undefined, single: string | undefined) => {
      // JSON's strings are those of TypeScript in double quotes, but for a few escapes that no text here needs.
      const literal =
        double ?? single?.replace(/\\.|"/g, (sign) => (sign === "\\'" ? "'" : sign === '"' ? '\\"' : sign));
      const text: unknown = JSON.parse(`"${literal}"`);
      const bytes = Buffer.from(String(text), "utf-8");
      if (bytes.length > MAX_BYTES) throw new Error(`utf8() takes at most ${MAX_BYTES} bytes, not ${bytes.length}`);
      return `changetype<Text>(memory.data<u8>([${[bytes.length >> 8, bytes.length & 0xff, ...bytes].join(",")}]))`;
    });
}
