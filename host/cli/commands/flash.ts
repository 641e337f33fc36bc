/** `flash`: puts firmware, module and settings on a board, by means of esptool. */

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { type Build, readBuildFolder } from "../../device/build-folder.ts";
import { esptoolArguments, type FlashJob, findEsptool, runEsptool, shellLine } from "../../device/esptool.ts";
import { writeScratch } from "../../device/files.ts";
import { checkPieces, type Piece, PROJECT_PARTITIONS, parseFlashSize } from "../../device/flash-layout.ts";
import { modulePieces, provisionPiece } from "../../device/payload.ts";
import { choosePort, noPort } from "../../device/serial-port.ts";
import { WasmoteError } from "../../errors.ts";
import { printNote } from "../output.ts";
import { usage } from "../parse.ts";
import type { FlashValues } from "../table/boards.ts";

/** How a board is reset when there is no firmware that says it. */
const RESET = { before: "default_reset", after: "hard_reset", stub: true, writeFlashArgs: [] };

/** A piece that lies in a file, as esptool wants it. */
interface FilePiece extends Piece {
  readonly path: string;
}

/** Resolves when the board has it all and was reset, or, with `--dry-run`, when the command is printed. */
export async function flash(options: FlashValues): Promise<void> {
  const { firmware, module, provision } = options;
  if (firmware === undefined && module === undefined && provision === undefined) {
    throw usage("there is nothing to flash", "give --firmware BUILD_FOLDER, --module FILE, or both");
  }
  if (options.erase && firmware === undefined) {
    throw usage("--erase would leave the board without a firmware", "give --firmware BUILD_FOLDER too");
  }
  const build = firmware === undefined ? undefined : await readBuildFolder(firmware);
  const pieces = [...(build?.pieces ?? []), ...(await ownPieces(options, build))];
  if (build !== undefined) checkPieces(pieces, { ...build, bytes: parseFlashSize(build.flashSize) });
  const job: FlashJob = {
    ...(build ?? RESET),
    chip: chipFor(options, build),
    port: options.dryRun ? options.port : await readyPort(options.port),
    baud: options.baud,
    erase: options.erase ?? false,
    files: pieces,
  };
  const command = [...esptool(options), ...esptoolArguments(job)];
  if (!options.dryRun) {
    await runEsptool(command, job);
    printNote(`flashed ${pieces.map(({ name }) => name).join(", ")}`);
  }
  if (options.json) {
    const listed = pieces.map(({ name, offset, path, bytes: { length } }) => ({ name, offset, bytes: length, path }));
    process.stdout.write(`${JSON.stringify({ flashed: !options.dryRun, command, pieces: listed })}\n`);
  } else if (options.dryRun) {
    process.stdout.write(`${shellLine(command)}\n`);
  }
}

/** What does not come from the build folder, in files of its own. */
async function ownPieces({ module, provision, slot, sequence }: FlashValues, build?: Build): Promise<FilePiece[]> {
  const partitions = build?.partitions ?? PROJECT_PARTITIONS;
  const pieces = module === undefined ? [] : await modulePieces(module, partitions, { slot, sequence });
  const files = await Promise.all(
    pieces.map(async (piece) => ({ ...piece, path: await writeScratch(piece.name, piece.bytes) })),
  );
  // The settings are in a file already, and secret: there is no need for another copy.
  if (provision !== undefined)
    files.push({ ...(await provisionPiece(provision, partitions)), path: resolve(provision) });
  return files;
}

/** The chip that the firmware is for, if it is the one that was asked for. */
function chipFor({ chip }: FlashValues, build?: Build): string {
  if (build === undefined || chip === undefined || chip === build.chip) return build?.chip ?? chip ?? "auto";
  throw new WasmoteError("ECHIP", "usage", `the firmware was built for ${build.chip}, not for ${chip}`, {
    cure: `build it for that chip: idf.py set-target ${chip} && idf.py build`,
  });
}

/** A command that is only printed may be for another machine. */
function esptool({ esptool: wanted, dryRun }: FlashValues): string[] {
  try {
    return findEsptool(wanted);
  } catch (error) {
    if (!dryRun) throw error;
    printNote("there is no esptool here: this command is for where there is one");
    return ["esptool.py"];
  }
}

/** The port that is meant. A path that is not there is noticed before esptool asks for it several times. */
async function readyPort(asked: string | undefined): Promise<string> {
  const port = await choosePort(asked);
  if (port.startsWith("/") && !existsSync(port)) throw await noPort(port);
  return port;
}
