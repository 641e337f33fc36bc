/** What shells complete: asked of the table, and typed at a terminal. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { complete } from "../../host/cli/complete.ts";
import { SHELLS, type Shell } from "../../host/cli/shells.ts";
import { COMMANDS, optionsOf } from "../../host/cli/table/index.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import { Terminal } from "./terminal.ts";

function values(...typed: string[]): string[] {
  return complete(typed).words.map(({ value }) => value);
}

describe("what could come next", () => {
  test("is every command at first, and those that begin with what was typed", () => {
    expect(values("")).toEqual([...new Set(COMMANDS.map(({ name }) => name.split(" ")[0]))]);
    expect(values("fla")).toEqual(["flash", "flash-image"]);
    expect(values("nothing-like-it")).toEqual([]);
  });

  test.each(COMMANDS.map((definition) => [definition.name, definition] as const))(
    "behind `%s` is each of its options",
    (name, definition) => {
      const flags = optionsOf(definition).map(({ flags: text }) => text.match(/--[\w-]+/)?.[0]);
      expect(values(...name.split(" "), "-")).toEqual([...flags, "--help"]);
    },
  );

  test("are the choices of an option, behind a space or a `=`, and of an argument", () => {
    expect(values("run", "--engine", "")).toEqual(["v8", "wasm3"]);
    expect(complete(["run", "--engine=w"])).toMatchObject({ words: [{ value: "wasm3" }], prefix: "--engine=" });
    expect(values("config", "s")).toEqual(["set", "status"]);
    expect(values("config", "--port", "/dev/ttyUSB0", "s")).toEqual(["set", "status"]);
  });

  test("is nothing where only the user knows: an id, the second argument of `config`", () => {
    expect(values("run", "--id", "")).toEqual([]);
    expect(values("config", "set", "")).toEqual([]);
  });

  test("are the options where nothing else is left", () => {
    expect(values("start", "")).toContain("--duration");
    expect(values("inspect", "a.wasm", "")).toEqual(["--functions", "--json", "--verbose", "--help"]);
  });

  test.each([
    [["inspect", ""], "files"],
    [["run", "--ca", ""], "files"],
    [["run", "--ca=x"], "files"],
    [["new", ""], "folders"],
    [["flash", "--firmware", ""], "folders"],
    [["run", "--id", "7", "b"], "files"],
  ])("%j is a matter of %s", (typed, kind) => {
    expect(complete(typed).kind).toBe(kind);
  });

  test("are none behind an unknown command or option", () => {
    expect(values("xyz", "")).toEqual([]);
    expect(values("run", "--xyz=")).toEqual([]);
  });

  test("are only choices that the option takes", () => {
    for (const { parse, choices, flags } of COMMANDS.flatMap((each) => optionsOf(each))) {
      for (const choice of choices ?? []) expect(() => parse?.(choice), `${flags} ${choice}`).not.toThrow();
    }
  });
});

describe.each(SHELLS)("%s", (shell) => {
  let folder: string;
  let terminal: Terminal | undefined;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "wasmote-completion-"));
    // Completes as the command does, and shows what it was called with instead of doing it.
    const main = `"${process.execPath}" --import "${import.meta.resolve("tsx")}" "${join(PROJECT_ROOT, "host", "cli", "main.ts")}"`;
    const script = `#!/bin/sh\ncase $1 in completion) exec ${main} "$@" ;; esac\nprintf '<%s>' "$@"\necho\n`;
    writeFileSync(join(folder, "wasmote"), script, { mode: 0o755 });
    writeFileSync(join(folder, "sunflower.wasm"), "");
  });

  afterEach(() => terminal?.close());

  // A shell that is about to end still writes its history.
  afterAll(() => rmSync(folder, { recursive: true, maxRetries: 10 }));

  /** How each is started, and then told what its prompt is and where completions are. */
  const START: Readonly<Record<Shell, { command: string; prompt: string; load: string }>> = {
    bash: { command: "bash --norc -i", prompt: "PS1='rea''dy> '", load: "source <(wasmote completion bash)" },
    zsh: {
      command: "zsh -f -i",
      prompt: "PROMPT='rea''dy> '",
      load: "autoload -Uz compinit; compinit -u -D; source <(wasmote completion zsh)",
    },
    fish: {
      command: "fish --no-config -i",
      prompt: "function fish_prompt; echo -n 'rea''dy> '; end",
      load: "wasmote completion fish | source",
    },
  };

  test("completes commands, options, their choices and files at Tab", async () => {
    const { command, prompt, load } = START[shell];
    const { PATH = "" } = process.env;
    const env = { PATH: `${folder}${delimiter}${PATH}`, HOME: folder, XDG_CONFIG_HOME: folder };
    terminal = new Terminal(command, folder, env);
    // Keys that come while a command runs are lost to some shells: none is typed before the prompt is there.
    terminal.type(`${prompt}\r`);
    await terminal.see("ready> ");
    terminal.type(`${load}\r`);
    await terminal.see("ready> ");
    terminal.type("wasmote insp\t");
    await terminal.see("inspect ");
    terminal.type("--func\t");
    await terminal.see("--functions ");
    terminal.type("5 sunfl\t");
    await terminal.see("sunflower.wasm");
    terminal.type("\r");
    await terminal.see("<inspect><--functions><5><sunflower.wasm>");
    await terminal.see("ready> ");
    terminal.type("wasmote run --engine w\t");
    await terminal.see("wasm3");
    terminal.type("--ca sunfl\t");
    await terminal.see("sunflower.wasm");
    terminal.type("\r");
    await terminal.see("<run><--engine><wasm3><--ca><sunflower.wasm>");
    await terminal.see("ready> ");
    terminal.type("wasmote run --engine=w\t");
    await terminal.see("=wasm3");
    terminal.type("\r");
    await terminal.see("<run><--engine=wasm3>");
  });
});
