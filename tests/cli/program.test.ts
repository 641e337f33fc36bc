/** The command line as a whole: help, suggestions, errors, and `new`. */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { COMMAND_GROUPS, type CommandDefinition, command } from "../../host/cli/command.ts";
import { formatError, formatErrorWithCauses } from "../../host/cli/output.ts";
import { createProgram } from "../../host/cli/program.ts";
import { COMMANDS, GROUPS } from "../../host/cli/table/index.ts";
import { WasmoteError } from "../../host/errors.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import { Command, wasmote } from "../device/command.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "wasmote-program-"));
});

afterAll(() => rmSync(folder, { recursive: true }));

describe("help", () => {
  test("lists every command under the heading of its group, with examples", async () => {
    const { code, stdout } = await wasmote(["--help"]);
    expect(code).toBe(0);
    for (const { name, group } of COMMANDS) {
      const section = stdout.split(`\n${group ?? "Other"}:\n`)[1]?.split("\n\n")[0];
      expect(section, name).toMatch(new RegExp(`^ {2}${name.split(" ")[0]} `, "m"));
    }
    expect(stdout.match(/^\w+:$/gm)?.filter((each) => each !== "Options:" && each !== "Examples:")).toEqual(
      COMMAND_GROUPS.filter((group) => COMMANDS.some((each) => each.group === group)).map((group) => `${group}:`),
    );
    expect(stdout).toContain("\nExamples:\n  wasmote start ");
  });

  test("is what comes of no command at all, on stderr and with 2", async () => {
    const { code, stdout, stderr } = await wasmote([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toBe((await wasmote(["--help"])).stdout);
  });

  test("names commands and groups that there are", () => {
    for (const name of Object.keys(GROUPS)) {
      expect(COMMANDS.some((each) => each.name.startsWith(`${name} `))).toBe(true);
    }
    expect(new Set(COMMANDS.map(({ name }) => name)).size).toBe(COMMANDS.length);
  });

  test("--version is that of package.json", async () => {
    const { version } = JSON.parse(readFileSync(join(PROJECT_ROOT, "package.json"), "utf-8")) as { version: string };
    expect(await wasmote(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });
});

test("whoever pipes the output into `head` sees no error", async () => {
  const command = new Command(["--help"]);
  command.stopReading();
  const { code, stderr } = await command.outcome();
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

describe("a mistake", () => {
  test.each([
    [["bild"], "unknown command 'bild' — did you mean build?"],
    [["inspct", "x"], "unknown command 'inspct' — did you mean inspect?"],
    [["qqqqqq"], "unknown command 'qqqqqq' — see --help"],
    [["build", "--debugnames"], "unknown option '--debugnames' — did you mean --debug-names?"],
    [["build", "--qqqqqqqq"], "unknown option '--qqqqqqqq' — see --help"],
    [["build", "--use", "NODE_QUEUE"], '"NODE_QUEUE" is no option of the node — write --use NODE_QUEUE=64'],
    [["build", "a.ts", "b.ts"], "too many arguments for 'build'. Expected 1 argument but got 2. — see --help"],
    [["inspect", "x", "--functions", "all"], '"all" is no count — use a whole number from 0'],
    [["completion", "tcsh"], 'there is no shell "tcsh" — use bash or zsh or fish'],
    [["new"], "missing required argument 'folder' — see --help"],
  ])("%j is one line and exit code 2", async (args, message) => {
    const { code, stdout, stderr } = await wasmote(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^error EUSAGE: [^\n]+\n$/);
    expect(stderr).toContain(message);
  });

  test("--verbose says where it arose and what caused it, before the command as behind it", async () => {
    const plain = await wasmote(["inspect", "/no/such.wasm"]);
    expect(plain.stderr).toMatch(/^error ENOMODULE: [^\n]+\n$/);
    for (const args of [
      ["--verbose", "inspect", "/no/such.wasm"],
      ["inspect", "/no/such.wasm", "--verbose"],
    ]) {
      const { code, stderr } = await wasmote(args);
      expect(code).toBe(plain.code);
      expect(stderr.startsWith(plain.stderr)).toBe(true);
      expect(stderr).toMatch(/\n +at .*readModule/);
      expect(stderr).toMatch(/\ncaused by Error: ENOENT: no such file or directory/);
    }
  });
});

describe("a group of commands", () => {
  /** What a command line prints on stderr, and which commands ran. */
  async function parse(...args: string[]): Promise<{ stderr: string; ran: string[] }> {
    const ran: string[] = [];
    const make = (name: string): CommandDefinition =>
      command({ name, group: "Fleets", summary: "", arguments: [], options: {}, run: () => void ran.push(name) });
    let stderr = "";
    const program = createProgram([make("fleet run"), make("fleet list"), make("up")], { fleet: "many nodes" });
    for (const each of [program, ...program.commands]) {
      each.configureOutput({ writeErr: (text) => (stderr += text) });
    }
    await program.parseAsync(args, { from: "user" }).catch(() => {});
    return { stderr, ran };
  }

  test("is chosen by its words", async () => {
    expect(await parse("fleet", "list")).toEqual({ stderr: "", ran: ["fleet list"] });
  });

  test("suggests the nearest of its own commands", async () => {
    const { stderr, ran } = await parse("fleet", "rn");
    expect(ran).toEqual([]);
    expect(stderr).toBe("error EUSAGE: unknown command 'rn' — did you mean run?\n");
    expect((await parse("fleet", "up")).stderr).toBe("error EUSAGE: unknown command 'up' — see --help\n");
    expect((await parse("flet", "run")).stderr).toContain("did you mean fleet?");
  });

  test("shows its commands if it is left alone", async () => {
    const { stderr } = await parse("fleet");
    expect(stderr).toContain("many nodes");
    expect(stderr).toMatch(/^ {2}list/m);
  });
});

describe("an error", () => {
  test("that nobody meant to throw is one line too, and says what to do", () => {
    expect(formatError(new TypeError("x is\nnot y"))).toBe(
      "error EINTERNAL: TypeError: x is\\x0anot y — this is a defect of wasmote: run it again with --verbose, and report what it says",
    );
  });

  test("with causes in a circle ends", () => {
    const error = new Error("round");
    error.cause = error;
    expect(formatErrorWithCauses(error).match(/caused by/g)).toHaveLength(8);
  });

  test("shows each of its causes", () => {
    const cause = new Error("inner", { cause: "a text" });
    const text = formatErrorWithCauses(new WasmoteError("EX", "usage", "outer", { cause }));
    expect(text).toMatch(/^error EX: outer\n(?: +at .*\n)+caused by Error: inner\n(?: +at .*\n)+caused by a text$/);
  });
});

describe("`wasmote new`", () => {
  test("makes every file of the template, with the project's name and this version in its package.json", async () => {
    const { code, stdout, stderr } = await wasmote(["new", "my-node"], { cwd: folder });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "my-node\n" });
    expect(stderr).toContain("cd my-node && npm install && npm test");
    const made = readdirSync(join(folder, "my-node"), { recursive: true, encoding: "utf-8" });
    const template = readdirSync(join(PROJECT_ROOT, "templates", "project"), { recursive: true, encoding: "utf-8" });
    expect(made.toSorted()).toEqual(template.map((name) => name.replace(/^gitignore$/, ".gitignore")).toSorted());
    const own = JSON.parse(readFileSync(join(PROJECT_ROOT, "package.json"), "utf-8")) as {
      engines: unknown;
      version: string;
    };
    const manifest: unknown = JSON.parse(readFileSync(join(folder, "my-node", "package.json"), "utf-8"));
    expect(manifest).toMatchObject({
      name: "my-node",
      engines: own.engines,
      devDependencies: { wasmote: own.version },
    });
    for (const name of ["README.md", "package.json", "scenario.json"]) {
      expect(readFileSync(join(folder, "my-node", name), "utf-8")).not.toContain("{{");
    }
  });

  test("uses an empty folder that is there, also the current one", async () => {
    const path = join(folder, "here");
    mkdirSync(path);
    const { code, stdout } = await wasmote(["new", "."], { cwd: path });
    expect({ code, stdout }).toEqual({ code: 0, stdout: ".\n" });
    expect(readdirSync(path)).toContain("asconfig.json");
  });

  test("leaves a folder alone that holds something, and a file", async () => {
    const path = join(folder, "full");
    mkdirSync(path);
    writeFileSync(join(path, "mine"), "mine");
    const { code, stderr } = await wasmote(["new", "full"], { cwd: folder });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error EUSAGE: full is not empty: it has mine — [^\n]+\n$/);
    expect(readdirSync(path)).toEqual(["mine"]);
    const file = await wasmote(["new", "full/mine"], { cwd: folder });
    expect(file.code).toBe(2);
    expect(file.stderr).toMatch(/^error EUSAGE: full\/mine can't be used: ENOTDIR — [^\n]+\n$/);
  });

  test.each(["My-Node", "a b", "7up", "x".repeat(41), "a.b", "wasmote", "vitest", "näh"])(
    "refuses the name %j in one line, and makes nothing",
    async (name) => {
      const { code, stderr } = await wasmote(["new", name], { cwd: folder });
      expect(code).toBe(2);
      expect(stderr).toMatch(/^error EUSAGE: [^\n]+ — use 1 to 40 of a-z 0-9 -[^\n]+\n$/);
      expect(readdirSync(folder)).not.toContain(name);
    },
  );
});
