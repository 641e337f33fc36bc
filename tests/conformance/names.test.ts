import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PROJECT_ROOT } from "../../host/project.ts";
import { collectNames } from "./names.ts";

/** Inside the project, so that its test files find vitest. */
let root: string;
beforeEach(() => {
  mkdirSync(join(PROJECT_ROOT, "build"), { recursive: true });
  root = mkdtempSync(join(PROJECT_ROOT, "build", "conformance-"));
  // Without one of its own it would have the project's configuration.
  writeFileSync(join(root, "vitest.config.ts"), "export default {};\n");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(file: string, ...lines: string[]): void {
  writeFileSync(join(root, file), `import { describe, test } from "vitest";\n${lines.join("\n")}\n`);
}

test("all tests are found with the suites around them, those of tables and loops one by one", () => {
  write(
    "a.test.ts",
    `console.log("[not a name]");`,
    `test("alone", () => {});`,
    `describe.each([{ name: "v8" }, { name: "wasm3" }])("under $name", () => {`,
    `  test.concurrent("beside others", () => {});`,
    `  test.each([1, 2])("number %i", () => {});`,
    `  for (const what of ["loop"]) test(\`of a \${what}\`, () => {});`,
    `});`,
  );
  const under = (name: string): string[] =>
    ["beside others", "number 1", "number 2", "of a loop"].map((test) => `under '${name}' > ${test}`);
  expect(collectNames(root)).toEqual(
    ["alone", ...under("v8"), ...under("wasm3")].map((name) => ({ name, file: "a.test.ts" })),
  );
});

test("no test is run", () => {
  write("a.test.ts", `test("fails", () => process.exit(3));`);
  expect(collectNames(root)).toEqual([{ name: "fails", file: "a.test.ts" }]);
});

test("a test that is skipped is none", () => {
  write(
    "a.test.ts",
    `test.skip("skipped", () => {});`,
    `test.todo("to do");`,
    `describe.skip("suite", () => { test("in a skipped suite", () => {}); });`,
    `test("run", () => {});`,
  );
  expect(collectNames(root).map(({ name }) => name)).toEqual(["run"]);
});

test("a file that does not load is an error that names it, for its tests are unknown", () => {
  write("a.test.ts", `test("good", () => {});`);
  write("b.test.ts", `throw new Error("broken");`);
  expect(() => collectNames(root)).toThrow(/^vitest can't list the tests\n.*broken.*b\.test\.ts/s);
});
