/** Espressif's esptool: finds it, makes its command lines, runs it, and turns what it says into one line. */

import { spawn } from "node:child_process";
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { WasmoteError } from "../errors.ts";
import { printable } from "../node/log.ts";
import { hex } from "./flash-layout.ts";
import { portError } from "./serial-port.ts";

/** What esptool is to write, and how it is to talk to the board. */
export interface FlashJob {
  /** As esptool calls it; `auto` if any will do. */
  readonly chip: string;
  /** esptool looks for the board itself if there is none. */
  readonly port: string | undefined;
  readonly baud: number;
  readonly before: string;
  readonly after: string;
  readonly stub: boolean;
  /** Erase the whole flash first. */
  readonly erase: boolean;
  readonly writeFlashArgs: readonly string[];
  readonly files: readonly { readonly offset: number; readonly path: string }[];
}

/** Version 5 and version 4. */
const ESPTOOL_NAMES = ["esptool", "esptool.py"];

/** As much of what esptool said last as its errors need. */
const TAIL_CHARACTERS = 4_000;

/** The command and its first arguments, as the user wants it or where ESP-IDF puts it. Throws `ENOESPTOOL`. */
export function findEsptool(wanted: string | undefined): string[] {
  if (wanted !== undefined) return splitWords(wanted);
  const { PATH = "", IDF_PATH, IDF_PYTHON_ENV_PATH } = process.env;
  const folders = PATH.split(delimiter).filter((folder) => folder !== "");
  const candidates = ESPTOOL_NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  const found = candidates.find(isExecutable);
  if (found !== undefined) return [found];
  const script = join(IDF_PATH ?? "", "components", "esptool_py", "esptool", "esptool.py");
  if (IDF_PATH !== undefined && existsSync(script)) {
    return [IDF_PYTHON_ENV_PATH === undefined ? "python3" : join(IDF_PYTHON_ENV_PATH, "bin", "python"), script];
  }
  throw noEsptool("there is no esptool here");
}

/** Arguments that versions 4 and 5 of esptool both take. */
export function esptoolArguments(job: FlashJob): string[] {
  return [
    ...["--chip", job.chip],
    ...(job.port === undefined ? [] : ["--port", job.port]),
    ...["--baud", String(job.baud)],
    ...["--before", job.before, "--after", job.after],
    ...(job.stub ? [] : ["--no-stub"]),
    "write_flash",
    ...(job.erase ? ["--erase-all"] : []),
    ...job.writeFlashArgs,
    ...job.files.flatMap(({ offset, path }) => [hex(offset), path]),
  ];
}

/** A command as a POSIX shell reads it back, word for word. */
export function shellLine(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" ");
}

/**
 * Runs esptool and shows what it says on stderr. Throws what went wrong in one line: `ENOESPTOOL`, `ENOPORT`, `EACCES`,
 * `EBUSY`, `ECHIP`, `ENOANSWER`, or `EESPTOOL` for anything else.
 */
export async function runEsptool([command = "", ...args]: readonly string[], job: FlashJob): Promise<void> {
  // Python would keep the progress to itself until its buffer is full.
  const env = { ...process.env, PYTHONUNBUFFERED: "1" };
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env });
  let tail = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf-8").on("data", (text: string) => {
      process.stderr.write(text);
      tail = (tail + text).slice(-TAIL_CHARACTERS);
    });
  }
  const code = await new Promise<number | string>((resolve, reject) => {
    child.on("error", (cause) => reject(noEsptool(`can't run ${command}: ${cause.message}`)));
    child.on("close", (status, signal) => resolve(signal ?? status ?? 1));
  });
  if (code !== 0) throw await explain(tail, code, job);
}

/** What esptool's last words mean. */
async function explain(tail: string, code: number | string, { port = "", chip }: FlashJob): Promise<WasmoteError> {
  const error = (name: string, message: string, cure: string): WasmoteError =>
    new WasmoteError(name, "device", message, { cure });
  const [, there] = tail.match(/This chip is ([\w-]+),? not /) ?? [];
  if (there !== undefined) {
    return error(
      "ECHIP",
      `the board's chip is ${there}, not ${chip}`,
      "build the firmware for it, or name it with --chip",
    );
  }
  if (/No module named/.test(tail)) return noEsptool("the esptool here is not whole");
  const known = await portError(port, tail);
  if (known !== undefined) return known;
  if (/Failed to connect|No serial data received|Timed out waiting for packet/i.test(tail)) {
    const cure = "hold BOOT, press RESET, let go of BOOT and try again; is it the right --port?";
    return error("ENOANSWER", `the loader of the board at ${port} does not answer`, cure);
  }
  const [, fatal = `it ended with ${code}`] = tail.match(/A fatal error occurred: ([^\n]*)/) ?? [];
  return error("EESPTOOL", `esptool failed: ${printable(fatal.trim())}`, "look at what it printed above");
}

function noEsptool(message: string): WasmoteError {
  return new WasmoteError("ENOESPTOOL", "resource", message, {
    cure: "run ESP-IDF's export.sh, or pip install esptool, or name one with --esptool COMMAND",
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    // ESP-IDF has a folder of that name, too.
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** `python3 -m esptool` is three words; a path to a file is one, and quotes keep words together. */
function splitWords(command: string): string[] {
  if (existsSync(command)) return [command];
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? "",
  );
}
