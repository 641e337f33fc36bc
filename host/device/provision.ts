/**
 * The provision partition: settings that a board takes over at its next start, and then erases.
 *
 *     wasmote provision 1
 *     key=value             any number of them; \\ is a backslash, \n a line break
 *     crc32=xxxxxxxx        of all bytes before this line
 *
 * UTF-8, each line ended by a line break, then 0xff to the end.
 */

import { crc32 } from "node:zlib";
import { WasmoteError } from "../errors.ts";
import { checkSetting, escapeValue, parseLine, type Setting } from "./settings.ts";

const FIRST_LINE = "wasmote provision 1";

/** Settings as a partition of so many bytes. Of two settings of one key the last counts. Throws `EKEY`, `EVALUE`, `ETOOLARGE`. */
export function sealProvision(settings: readonly Setting[], capacity: number): Buffer {
  settings.forEach(checkSetting);
  const values = new Map(settings.map(({ key, value }) => [key, value]));
  const lines = [...values].map(([key, value]) => `${key}=${escapeValue(value)}\n`);
  const body = Buffer.from(`${FIRST_LINE}\n${lines.join("")}`);
  const text = Buffer.concat([body, Buffer.from(`crc32=${hex8(crc32(body))}\n`)]);
  if (text.length > capacity) {
    throw new WasmoteError(
      "ETOOLARGE",
      "usage",
      `the settings take ${text.length} bytes, the board holds ${capacity}`,
      {
        cure: "give fewer or smaller certificates",
      },
    );
  }
  return Buffer.concat([text], capacity).fill(0xff, text.length);
}

/** What a file made by `sealProvision` sets. `path` names it. Throws `EPROVISION` if it is damaged, `EKEY`, `EVALUE`. */
export function openProvision(partition: Uint8Array, path: string): Setting[] {
  const bytes = Buffer.from(partition);
  const end = bytes.indexOf(0xff);
  const text = end < 0 ? bytes : bytes.subarray(0, end);
  const [, head, crc] = text.toString("latin1").match(/^(.*\n)crc32=([0-9a-f]{8})\n$/s) ?? [];
  if (head === undefined) throw damaged(path, "it is cut short, or no such file");
  if (end >= 0 && bytes.subarray(end).some((byte) => byte !== 0xff)) throw damaged(path, "something follows its end");
  const body = bytes.subarray(0, head.length);
  if (crc !== hex8(crc32(body))) throw damaged(path, "its CRC does not match");
  const [first, ...lines] = body.toString("utf-8").slice(0, -1).split("\n");
  if (first !== FIRST_LINE) throw damaged(path, `it does not begin with "${FIRST_LINE}"`);
  return lines.map((line) => {
    const setting = parseLine(line);
    if (setting === undefined) throw damaged(path, "a line of it is no setting");
    checkSetting(setting);
    return setting;
  });
}

function hex8(value: number): string {
  return value.toString(16).padStart(8, "0");
}

function damaged(path: string, what: string): WasmoteError {
  return new WasmoteError("EPROVISION", "usage", `${path} sets nothing: ${what}`, {
    cure: "make it again: wasmote config --out FILE --from SETTINGS",
  });
}
