/** `flash-image`: firmware, module and settings as one image of the whole flash, for an emulator or a factory line. */

import { readBuildFolder } from "../../device/build-folder.ts";
import { writeOutput } from "../../device/files.ts";
import { checkPieces, hex, mergePieces, type Piece, parseFlashSize } from "../../device/flash-layout.ts";
import { modulePieces, provisionPiece } from "../../device/payload.ts";
import { printNote } from "../output.ts";
import { usage } from "../parse.ts";
import type { FlashImageValues } from "../table/boards.ts";

/** Resolves when the image is written; without esptool and without a board. */
export async function flashImage(options: FlashImageValues): Promise<void> {
  const { firmware, module, provision, out } = options;
  if (firmware === undefined) throw usage("an image needs a firmware", "name its build folder with --firmware");
  if (out === undefined) throw usage("the image has no name", "name a file with --out flash.bin");
  const build = await readBuildFolder(firmware);
  const { partitions, tableOffset } = build;
  const bytes = parseFlashSize(options.size ?? build.flashSize);
  const pieces: Piece[] = [
    ...build.pieces,
    ...(module === undefined ? [] : await modulePieces(module, partitions, { slot: 0 })),
    ...(provision === undefined ? [] : [await provisionPiece(provision, partitions)]),
  ];
  checkPieces(pieces, { partitions, tableOffset, bytes });
  await writeOutput(out, mergePieces(pieces, bytes), provision !== undefined);
  const listed = pieces.map(({ name, offset, bytes: { length } }) => ({ name, offset, bytes: length }));
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ out, chip: build.chip, bytes, pieces: listed })}\n`);
  } else {
    for (const { name, offset, bytes: length } of listed)
      printNote(`${hex(offset).padStart(8)}  ${name}, ${length} bytes`);
    printNote(`${out}: ${bytes} bytes for ${build.chip}`);
  }
}
