/** The pages say what the code says. Each test compares a page with the source that it describes. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { COMMANDS, optionsOf } from "../../host/cli/table/index.ts";
import { START } from "../../host/cli/table/nodes.ts";
import { UP } from "../../host/cli/table/up.ts";
import { STATES } from "../../host/dashboard/page/src/data/states.ts";
import { NodeInstance } from "../../host/engine/instance.ts";
import { loadModule } from "../../host/engine/module.ts";
import { createNullBoard } from "../../host/hal/null-board.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import { LIMITS } from "../bench/limits.ts";
import { record } from "../bench/wire.ts";
import { compileApp } from "../unit/harness/modules.ts";
import { examplesOf, writeExample } from "./examples.ts";
import { REFERENCE_PAGE, renderReference } from "./reference.ts";

const CONNECT = 0x10;

function read(path: string): string {
  return readFileSync(join(PROJECT_ROOT, path), "utf-8");
}

function filesIn(folder: string, extension: string): string[] {
  return readdirSync(join(PROJECT_ROOT, folder), { recursive: true, encoding: "utf-8" })
    .filter((name) => name.endsWith(extension))
    .map((name) => join(folder, name));
}

/** The text of a section: from its heading to the next of any level, or to the next of at most so many `#`. */
function section(page: string, heading: string, levels = 6): string {
  const start = page.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`there is no heading "${heading}"`);
  const from = start + heading.length + 2;
  const next = page.slice(from).search(new RegExp(`^#{1,${levels}} `, "m"));
  return next < 0 ? page.slice(from) : page.slice(from, from + next);
}

/** The cells of each row of a section's tables, without their heads. */
function rows(text: string): string[][] {
  const tables = text.matchAll(/^\| .*\n\| ?[-:| ]+\n((?:\| .*\n?)*)/gm);
  return [...tables]
    .flatMap(([, body = ""]) => body.trimEnd().split("\n"))
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .map((cells) => cells.slice(1, -1));
}

/** A cell that is nothing but code, without its backticks. */
function code(cell: string | undefined): string {
  return cell?.match(/^`([^`]+)`$/)?.[1] ?? "";
}

describe("README.md", () => {
  const readme = read("README.md");

  test("shows the temperature example as it is", () => {
    const shown = section(readme, "## An application").match(/^```ts\n(.*?)^```$/ms)?.[1];
    expect(shown).toBe(read("examples/temperature/index.ts"));
  });

  test("lists every example, and none that is not there", () => {
    const shown = rows(section(readme, "## Examples")).map(([example = ""]) => example.match(/^\[([\w-]+)\]/)?.[1]);
    expect(shown.toSorted()).toEqual(readdirSync(join(PROJECT_ROOT, "examples")).toSorted());
  });

  test("has every option of `npm start`, and no other, in the order of --help", () => {
    const shown = rows(section(readme, "## Options of `npm start`")).map(([flags]) => code(flags));
    expect(shown).toEqual(Object.values(START.options).map(({ flags }) => flags));
  });

  test("has the defaults of those options", () => {
    const shown = new Map(
      rows(section(readme, "## Options of `npm start`")).map(([flags, value]) => [code(flags), code(value)]),
    );
    for (const definition of Object.values(START.options)) {
      if (!("default" in definition)) continue;
      const { shownDefault, default: value } = definition as { shownDefault?: string; default: unknown };
      expect(shown.get(definition.flags), definition.flags).toBe(shownDefault ?? String(value));
    }
  });

  test("has every script that a user calls, and none that is not there", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const shown = rows(section(readme, "## Scripts")).map(([command]) => code(command));
    const called = Object.keys(scripts)
      .filter((name) => name !== "format" && name !== "prepack")
      .map((name) => (name === "start" || name === "test" ? `npm ${name}` : `npm run ${name}`));
    expect(shown.toSorted()).toEqual(called.toSorted());
  });

  test("has the limits of the figures", () => {
    const shown = rows(section(readme, "## Figures")).map(([figure = "", limit = ""]) => [
      figure.match(/^`([^`]+)`/)?.[1],
      limit.match(/^[<>]= [\d,]+/)?.[0].replace(",", ""),
    ]);
    const limits = LIMITS.map(({ name, bound, limit }) => [name, `${bound === "most" ? "<=" : ">="} ${limit}`]);
    expect(shown).toEqual(limits);
  });
});

describe("docs/application.md", () => {
  const table = rows(section(read("docs/application.md"), "## Options"));

  const options = read("assembly/options.ts");

  /** The compile-time options with the numbers of their defaults, which may depend on other options. */
  const defaults = [...options.matchAll(/isDefined\((NODE_\w+)\)\s+\?[^:]+(:[^;]+);$/gm)].map(
    ([, name = "", expression = ""]): [string, number[]] => [
      name,
      // Each stands behind a `?` or a `:`; other numbers are compared with.
      numbers(
        [...expression.matchAll(/[?:] \(?(?:\w+ \|\| \w+[^?]*\? )?(-?[\d_]+|true|false)/g)].map(([, each]) => each),
      ),
    ],
  );

  /** In their order; where there are several, 0 is what an option that is off adds. */
  function numbers(values: readonly (string | undefined)[]): number[] {
    const all = values.map((value = "") =>
      /true|false/.test(value) ? +(value === "true") : Number(value.replaceAll(/[_,]/g, "")),
    );
    return (all.length > 1 ? all.filter((value) => value !== 0) : all).toSorted((a, b) => a - b);
  }

  test("has every compile-time option of assembly/options.ts, and no other", () => {
    expect(defaults.map(([name]) => name)).toEqual(
      [...options.matchAll(/isDefined\((\w+)\)/g)].map(([, name]) => name),
    );
    expect(table.map(([name]) => code(name))).toEqual(defaults.map(([name]) => name));
  });

  test("has their defaults", () => {
    const shown = table.map(([name, , value = ""]) => [
      code(name),
      numbers(value.replaceAll(/`[^`]*`/g, "").match(/-?\b\d+\b/g) ?? []),
    ]);
    expect(shown).toEqual(defaults);
  });

  test("has every call of assembly/index.ts, and none that is not there", () => {
    const calls: string[] = [];
    for (const [, namespace, body = ""] of read("assembly/index.ts").matchAll(
      /^export namespace (\w+) \{(.*?)^\}/gms,
    )) {
      for (const [, name] of body.matchAll(/export function (\w+)\(/g)) calls.push(`${namespace}.${name}`);
    }
    const shown = rows(section(read("docs/application.md"), "## The API", 2)).flatMap(([call = ""]) =>
      [...call.matchAll(/`(\w+\.\w+)\(/g)].map(([, name]) => name),
    );
    expect(shown.toSorted()).toEqual(calls.toSorted());
  });

  const examples = examplesOf(read("docs/application.md"));

  test("shows each part of the API at work", () => {
    const shown = examples.map(({ code: text }) => text).join("");
    for (const part of ["node", "sensor", "actuator", "message", "outgoing", "upload", "will", "auth"]) {
      expect(shown).toContain(`${part}.`);
    }
  });

  test.each(examples.map((example, index) => [example.title, index, example] as const))(
    "shows an example that compiles, and connects: %s",
    async (_, index, example) => {
      const wasm = await compileApp(writeExample(example, `example-${index}`), example.options);
      const board = createNullBoard();
      const { sent } = record(board);
      const node = new NodeInstance(loadModule(wasm), board);
      node.setup();
      let nowMs = 0;
      for (let step = 0; step < 20; step++) nowMs += node.step(nowMs);
      expect(sent[0]?.[0]).toBe(CONNECT);
    },
  );
});

describe("docs/behaviour.md", () => {
  const behaviour = read("docs/behaviour.md");

  /** The text of each `utf8()` constant of a source, by name. */
  function textsOf(source: string): Map<string, string> {
    const constants = source.matchAll(/^(?:export )?const (\w+) = utf8\(["'](.+)["']\);$/gm);
    return new Map([...constants].map(([, name = "", text = ""]) => [name, text]));
  }

  /** Sources of the SDK by path, but for index.ts: there an application says what it likes. */
  const sources = new Map(
    filesIn("assembly", ".ts")
      .filter((file) => !file.endsWith("/index.ts") && !file.endsWith("/log.ts"))
      .map((file) => [file, read(file)]),
  );

  /** A function that logs a text which it is given, at one level, with a number behind it or without. */
  interface Sayer {
    readonly level: string;
    readonly suffix: string;
  }

  /** `say`, `sayNumber` and whatever hands its own parameter on to them. */
  function sayers(): Map<string, Sayer> {
    const found = new Map<string, Sayer>();
    for (const source of sources.values()) {
      for (const [, name = "", parameters = "", body = ""] of source.matchAll(
        /^(?:export )?function (\w+)\(([^)]*)\)[^{]*\{\n(.*?)^\}/gms,
      )) {
        for (const [, suffix, level = "", text = ""] of body.matchAll(/\bsay(Number)?\(Level\.(\w+), (\w+)/g)) {
          if (parameters.includes(`${text}: Text`)) found.set(name, { level, suffix: suffix ? "N" : "" });
        }
      }
    }
    return found;
  }

  /** `text: level` of each line that the SDK logs, as `link closed: N: warning` where a number follows. */
  function loggedLines(): string[] {
    const lines = new Set<string>();
    const handing = sayers();
    for (const [file, source] of sources) {
      const own = textsOf(source);
      const textOf = (name: string): string | undefined => {
        const from = source.match(new RegExp(`import \\{[^}]*\\b${name}\\b[^}]*\\} from "(.+)"`))?.[1];
        const texts = from === undefined ? own : textsOf(read(join(dirname(file), `${from}.ts`)));
        return texts.get(name);
      };
      // Only log.ts calls the host's log().
      expect(source.replaceAll(/function log\(/g, ""), file).not.toMatch(/\blog\(/);
      const say = (level: string, suffix: string, expression: string): void => {
        // One name, or one of two: `what ? ONE : OTHER`.
        const names = expression.match(/\b[A-Z][A-Z_]+\b/g) ?? [];
        const texts = names.map(textOf).filter((text) => text !== undefined);
        for (const text of texts) lines.add(`${text}${suffix}: ${level.toLowerCase()}`);
        // Or a parameter, for which the callers are asked, or a property of the broker's.
        const isHandedOn = /^(?:why|text|propertyText\(.*)$/.test(expression);
        if (texts.length === 0 && !isHandedOn)
          throw new Error(`${file}: logs ${expression}, which is no utf8() constant`);
      };
      // A level that depends on the broker's code is `error` for every code that tells of a failure.
      for (const [, suffix, level = "ERROR", expression = ""] of source.matchAll(
        /\bsay(Number)?\((?:Level\.(\w+)|level), ([^,;]+?)(?:, [^;]+)?\);/g,
      )) {
        say(level, suffix ? "N" : "", expression);
      }
      for (const [name, { level, suffix }] of handing) {
        for (const [, argument = ""] of source.matchAll(new RegExp(`\\b${name}\\(([A-Z_]+)\\)`, "g"))) {
          say(level, suffix, argument);
        }
      }
    }
    return [...lines].toSorted();
  }

  test("explains every line that a node logs, with its level, and none that it does not", () => {
    const shown = rows(section(behaviour, "## Log")).map(([text, level]) => `${code(text)}: ${level}`);
    expect(loggedLines().length).toBeGreaterThan(5);
    expect(shown.toSorted()).toEqual(loggedLines());
  });

  test("has every topic suffix that a node publishes on", () => {
    const topics = rows(section(behaviour, "## Topics")).map(([topic]) => code(topic));
    for (const topic of ["temperature", "error", "status"]) {
      expect(
        read("assembly/node/status.ts") + read("assembly/node/sensor.ts") + read("assembly/node/reading.ts"),
      ).toContain(`utf8("${topic}")`);
      expect(topics).toContain(`sensor/<id>/${topic}`);
    }
  });
});

describe("docs/boards.md", () => {
  test("has every flag of wasmote-posix, and no other", () => {
    const flags = [...read("boards/posix/options.c").matchAll(/^ {4}\{"(--[\w-]+)", (?:"(\w+(?:=\w+)?)"|NULL),/gm)].map(
      ([, name, value]) => (value === undefined ? name : `${name} ${value}`),
    );
    expect(flags.length).toBeGreaterThan(10);
    const shown = rows(section(read("docs/boards.md"), "## Running a node")).flatMap(([cell = ""]) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, flag]) => flag),
    );
    expect(shown).toEqual(flags);
  });
});

describe("docs/dashboard.md", () => {
  const page = read("docs/dashboard.md");

  test("has every option of `wasmote up`, and no other, in the order of --help, with its default", () => {
    const shown = rows(section(page, "## See it")).map(([flags, value]) => [code(flags), code(value)]);
    expect(shown.map(([flags]) => flags)).toEqual(Object.values(UP.options).map(({ flags }) => flags));
    const defaults = Object.values(UP.options)
      .filter((definition) => "default" in definition)
      .map((definition) => [definition.flags, definition.shownDefault ?? String(definition.default)]);
    expect(shown).toEqual(expect.arrayContaining(defaults));
  });

  test("has every state that the page shows, with its meaning", () => {
    const plain = (text = ""): string => text.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1");
    const shown = rows(section(page, "## Read the state of a node")).map(([state, meaning]) => [state, plain(meaning)]);
    expect(shown).toEqual(Object.values(STATES).map(({ label, meaning }) => [label, meaning]));
  });
});

describe("docs/durability.md", () => {
  test("has figures of flash wear that follow from its slots and erasures", () => {
    const text = section(read("docs/durability.md"), "### What it costs the flash");
    const number = (pattern: RegExp): number => Number(text.match(pattern)?.[1]?.replaceAll(",", ""));
    const writes = number(/takes some ([\d,]+) erasures/) * number(/has (\d+) slots/);
    expect(writes).toBe(3_200_000);
    const unit: Record<string, number> = { s: 1, min: 60 };
    const table = rows(text);
    expect(table).toHaveLength(5);
    for (const [interval = "", ...cells] of table) {
      const [count, name = ""] = interval.split(" ");
      for (const [index, each] of [1, 2].entries()) {
        const daily = (each * 86_400) / (Number(count) * (unit[name] ?? Number.NaN));
        const years = Number((writes / daily / 365).toPrecision(writes / daily / 365 < 0.1 ? 1 : 2));
        expect(cells.slice(2 * index, 2 * index + 2)).toEqual([
          daily.toLocaleString("en"),
          `${years} ${years === 1 ? "year" : "years"}`,
        ]);
      }
    }
  });
});

describe("docs/cli.md", () => {
  test("is what the table of commands says: npm run docs -- --write", () => {
    expect(read(REFERENCE_PAGE)).toBe(renderReference());
  });
});

describe("docs/project.md", () => {
  const page = read("docs/project.md");

  test("shows the files of the template as they are", () => {
    const shown = new Map(
      [...page.matchAll(/^`([^`]+)`[^\n]*:\n\n```\w+\n(.*?)^```$/gms)].map(([, file = "", text = ""]) => [file, text]),
    );
    expect([...shown.keys()]).toEqual(["assembly/index.ts", "asconfig.json", "tests/node.test.ts"]);
    for (const [file, text] of shown) expect(text, file).toBe(read(join("templates", "project", file)));
  });

  test("names commands and options that there are", () => {
    const lines = [...page.matchAll(/^(?:npx )?wasmote (.+)$/gm)].map(([, words = ""]) =>
      words.replace(/ {2,}.*$/, ""),
    );
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) {
      const definition = COMMANDS.find(({ name }) => `${line} `.startsWith(`${name} `));
      const known = definition ? optionsOf(definition).map(({ flags }) => flags.match(/--[\w-]+/)?.[0]) : [];
      expect(definition, line).toBeDefined();
      for (const [flag] of line.matchAll(/--[a-z-]+/g)) expect(known, line).toContain(flag);
    }
  });

  test("has everything that the package exports, and nothing else", () => {
    const exported = [...read("host/index.ts").matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, names = ""]) =>
      names.split(",").map((name) => name.trim()),
    );
    const values = exported.filter(
      (name) => name !== "" && !name.startsWith("type ") && /^[a-z]|^WasmoteError$/.test(name),
    );
    const shown = rows(section(page, "## From Node.js")).map(([call = ""]) => call.match(/^`(?:new )?(\w+)/)?.[1]);
    expect(shown.toSorted()).toEqual(values.toSorted());
  });
});

describe("links", () => {
  const pages = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    ...filesIn("docs", ".md"),
    ...filesIn("examples", ".md"),
  ];

  /** The name that a heading has in a link. */
  function anchor(heading: string): string {
    return heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-");
  }

  function anchors(page: string): string[] {
    const text = page.replaceAll(/^```.*?^```$/gms, "");
    return [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = ""]) => anchor(heading));
  }

  /** Every relative link of a page that leads nowhere. */
  function deadLinks(page: string): string[] {
    const text = read(page).replaceAll(/^```.*?^```$/gms, "");
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
    return links.filter((link) => {
      if (/^[a-z]+:/.test(link)) return false;
      const [path = "", fragment] = link.split("#");
      const target = path === "" ? page : relative(PROJECT_ROOT, join(PROJECT_ROOT, dirname(page), path));
      if (!existsSync(join(PROJECT_ROOT, target))) return true;
      return fragment !== undefined && !anchors(read(target)).includes(fragment);
    });
  }

  test.each(pages)("of %s lead somewhere", (page) => {
    expect(deadLinks(page)).toEqual([]);
  });

  test("lead from README.md to every page of docs/", () => {
    const readme = read("README.md");
    for (const page of filesIn("docs", ".md")) expect(readme).toContain(`](${page})`);
  });
});
