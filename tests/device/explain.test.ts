import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { explain, explained } from "../../host/node/explain.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import { ERRORS } from "../abi/contract.ts";
import { until } from "../host/modules.ts";
import { Command } from "./command.ts";

function read(path: string): string {
  return readFileSync(join(PROJECT_ROOT, path), "utf-8");
}

describe("the numbers of a node's log in words", () => {
  test.each([
    ["link closed: -11", "the broker closed it"],
    ["link closed: -9", "nothing listens there"],
    ["broker refuses: 4", "user name or password is wrong"],
    ["broker refuses: 135", "not authorised"],
    ["disconnected: 0", "the broker gives no reason"],
    ["disconnected: 142", "another client has taken this identifier over"],
    ["refused: 151", "a quota is used up"],
    ["bad packet: 49", "the broker's PUBLISH breaks the standard"],
    ["readings dropped: 3", "so many in all, because the queue was full"],
  ])("%s means: %s", (text, words) => {
    expect(explain(text)).toBe(words);
    expect(explained(text)).toBe(`${text} (${words})`);
  });

  test("every error of the ABI can close a link, and has words", () => {
    expect(ERRORS.length).toBeGreaterThan(10);
    for (const { name, value } of ERRORS) expect(explain(`link closed: ${value}`), name).toBeDefined();
    expect(explain("link closed: -17")).toBeUndefined();
  });

  test("every reason code that the module knows has words", () => {
    const codes = [...read("assembly/mqtt/reason.ts").matchAll(/export const \w+: i32 = (0x[89a][0-9a-f]);/g)];
    expect(codes.length).toBeGreaterThan(15);
    for (const [text, code] of codes) expect(explain(`disconnected: ${Number(code)}`), text).toBeDefined();
  });

  test("every line that ends in a number, by docs/behaviour.md, has words", () => {
    const lines = [...read("docs/behaviour.md").matchAll(/^\| `([a-z ]+): N` \|/gm)].map(([, line]) => line);
    expect(lines.length).toBeGreaterThan(8);
    for (const line of lines) {
      const number = line === "link closed" ? -10 : 0x87;
      expect(explain(`${line}: ${number}`), line).toBeDefined();
    }
  });

  test("`run` prints them with what a node logs", async () => {
    const options = ["--id", "7", "--broker", "mqtt://127.0.0.1:1"];
    const run = new Command(["run", join(PROJECT_ROOT, "build", "temperature.wasm"), ...options]);
    await until("the link fails", () => run.stderr.includes("link closed: -9 (nothing listens there)\n"), 20_000);
    run.interrupt();
    expect((await run.outcome()).code).toBe(0);
  });

  test.each(["online", "link closed: soon", "link closed: -1 or so", "my link closed: -9", "bad packet: 256", ""])(
    "%j stays as it is",
    (text) => {
      expect(explained(text)).toBe(text);
    },
  );
});
