/** The package as a user gets it: packed, and installed by npm into a folder outside the project. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { PROJECT_ROOT } from "../../host/project.ts";

/** What npm and vitest tell the programs that they start about the project that these are in. */
const OF_THIS_PROJECT =
  /^(npm_(package_|lifecycle_|command|config_(local_prefix|prefix|allow_scripts))|VITEST|VITE_|NODE_OPTIONS$|INIT_CWD$)/;

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
export class Job {
  stdout = "";
  stderr = "";
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;

  constructor(cwd: string, command: string, args: readonly string[]) {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !OF_THIS_PROJECT.test(name)));
    const child = spawn(command, args, { cwd, env: { ...env, NO_COLOR: "1" }, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.setEncoding("utf-8").on("data", (text: string) => {
      this.stdout += text;
    });
    child.stderr.setEncoding("utf-8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.#child = child;
    this.#ended = new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", resolve);
    });
  }

  /** The first line on stdout, waited for. Throws if the command ends without one. */
  async firstLine(): Promise<string> {
    const ended = this.#ended.then((code) => {
      throw new Error(`it ended with ${code} and no line\n${this.stdout}${this.stderr}`);
    });
    ended.catch(() => {});
    while (!this.stdout.includes("\n")) await Promise.race([ended, once(this.#child.stdout as Readable, "data")]);
    return this.stdout.slice(0, this.stdout.indexOf("\n"));
  }

  interrupt(): void {
    this.#child.kill("SIGINT");
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  async outcome(): Promise<Outcome> {
    const code = await this.#ended;
    return { code, stdout: this.stdout, stderr: this.stderr };
  }
}

/** Runs a command to its end. */
export function run(cwd: string, command: string, ...args: string[]): Promise<Outcome> {
  return new Job(cwd, command, args).outcome();
}

/** The same for a command that has to succeed. Returns its stdout. */
export async function runWell(cwd: string, command: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(cwd, command, ...args);
  if (code === 0) return stdout;
  throw new Error(`${command} ${args.join(" ")} ended with ${code}\n${stdout}${stderr}`);
}

export class InstalledPackage {
  /** An empty folder but for what npm put there. */
  readonly folder: string;
  readonly tarball: string;
  /** Paths in the package. */
  readonly files: readonly string[];

  private constructor(folder: string, tarball: string, files: readonly string[]) {
    this.folder = folder;
    this.tarball = tarball;
    this.files = files;
  }

  static async make(): Promise<InstalledPackage> {
    const root = await mkdtemp(join(tmpdir(), "wasmote-package-"));
    const folder = join(root, "empty");
    await mkdir(folder);
    await runWell(PROJECT_ROOT, "npm", "pack", "--silent", "--pack-destination", root);
    const { name, version } = JSON.parse(await readFile(join(PROJECT_ROOT, "package.json"), "utf-8")) as {
      name: string;
      version: string;
    };
    const tarball = join(root, `${name}-${version}.tgz`);
    const listed = await runWell(root, "tar", "-tzf", tarball);
    await runWell(folder, "npm", "install", "--prefer-offline", tarball);
    const files = listed
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.replace(/^package\//, ""));
    return new InstalledPackage(folder, tarball, files);
  }

  /** Writes a file into a folder and runs it with Node.js. Returns its stdout. */
  async script(folder: string, text: string): Promise<string> {
    const path = join(folder, "script.mjs");
    await writeFile(path, text);
    return runWell(folder, process.execPath, path);
  }

  async remove(): Promise<void> {
    await rm(join(this.folder, ".."), { recursive: true });
  }
}
