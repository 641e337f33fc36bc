/** `new`: a project from the template in templates/project. */

import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { systemCode, WasmoteError } from "../../errors.ts";
import { PROJECT_ROOT } from "../../project.ts";
import { printNote } from "../output.ts";
import { usage } from "../parse.ts";

const TEMPLATE = join(PROJECT_ROOT, "templates", "project");
/** npm packs no file that is called .gitignore. */
const RENAMED: Readonly<Record<string, string>> = { gitignore: ".gitignore" };

/** What this reads of the package's own package.json. */
interface Package {
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** Throws `EUSAGE` for a folder that holds something, or whose name no package can have, and `EWRITE`. */
export async function newProject(folder: string): Promise<void> {
  const path = resolve(folder);
  const own = JSON.parse(await readFile(join(PROJECT_ROOT, "package.json"), "utf-8")) as Package;
  const versions = { ...own.devDependencies, ...own.dependencies, wasmote: own.version };
  const name = basename(path);
  checkName(name, versions);
  await checkEmpty(path, folder);
  const words: Readonly<Record<string, string>> = { ...versions, node: own.engines.node, name };
  try {
    for (const file of await filesOf(TEMPLATE)) await writeFrom(file, path, words);
  } catch (cause) {
    throw new WasmoteError("EWRITE", "resource", `can't write to ${path}: ${systemCode(cause) ?? cause}`, {
      cure: "choose a folder that is yours",
      cause,
    });
  }
  const shown = relative(process.cwd(), path);
  process.stdout.write(`${shown === "" ? "." : shown}\n`);
  printNote(`${name} is there. Next: ${shown === "" ? "" : `cd ${shown} && `}npm install && npm test`);
}

function checkName(name: string, taken: Readonly<Record<string, string>>): void {
  const cure = "use 1 to 40 of a-z 0-9 -, with a letter first, as in `wasmote new my-node`";
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(name)) throw usage(`"${name}" is no name for a project`, cure);
  // npm installs no package into one of the same name.
  if (Object.hasOwn(taken, name)) throw usage(`the project can't have the name of the package "${name}"`, cure);
}

async function checkEmpty(path: string, folder: string): Promise<void> {
  const names = await readdir(path).catch((cause) => {
    if (systemCode(cause) === "ENOENT") return [];
    throw new WasmoteError("EUSAGE", "usage", `${folder} can't be used: ${systemCode(cause) ?? cause}`, {
      cure: "name a folder that is empty, or not there yet",
      cause,
    });
  });
  const [first] = names;
  if (first === undefined) return;
  throw usage(`${folder} is not empty: it has ${first}`, "name a folder that is empty, or not there yet");
}

/** Every file below a folder, as paths in it. */
async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

/** Copies one file of the template, with `{{word}}` replaced. */
async function writeFrom(file: string, folder: string, words: Readonly<Record<string, string>>): Promise<void> {
  const text = (await readFile(join(TEMPLATE, file), "utf-8")).replaceAll(/\{\{([\w@/-]+)\}\}/g, (_, word: string) => {
    const value = words[word];
    if (value === undefined) throw new Error(`the template has {{${word}}} in ${file}`);
    return value;
  });
  const target = join(folder, dirname(file), RENAMED[basename(file)] ?? basename(file));
  await mkdir(dirname(target), { recursive: true });
  // "wx": whoever put a file there meanwhile keeps it.
  await writeFile(target, text, { flag: "wx" });
}
