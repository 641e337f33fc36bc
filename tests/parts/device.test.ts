import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { constants, open } from "node:fs/promises";
import { join } from "node:path";
import { ReadStream } from "node:tty";
import { crc32 } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { program } from "../boards/programs.ts";
import { answers, temporaryFolder } from "./parts.ts";

const folder = temporaryFolder();
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

let devices = 0;

/** A device on a pseudo-terminal; its line is there when this returns. */
async function startDevice(...flags: string[]): Promise<{ link: string; stop: () => Promise<number | null> }> {
  const link = join(folder, `line-${devices++}`);
  const child = spawn(program("parts", "sanitize"), ["device", "--link", link, ...flags], { stdio: "inherit" });
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  ends.push(() => child.kill("SIGKILL"));
  while (!existsSync(link)) await new Promise((resolve) => setTimeout(resolve, 10));
  return {
    link,
    stop: () => {
      child.kill("SIGTERM");
      return ended;
    },
  };
}

/** Somebody who has the line open. */
async function plugIn(link: string): Promise<Plug> {
  const file = await open(link, constants.O_RDWR | constants.O_NOCTTY);
  return new Plug(new ReadStream(file.fd), (text) => file.write(text));
}

class Plug {
  said = "";
  readonly #stream: ReadStream;
  readonly #write: (text: string) => Promise<unknown>;

  constructor(stream: ReadStream, write: (text: string) => Promise<unknown>) {
    this.#stream = stream;
    this.#write = write;
    stream.on("data", (data) => (this.said += data));
    stream.on("error", () => stream.destroy());
    ends.push(() => stream.destroy());
  }

  /** Types, and waits until what was said since then matches. The test's own timeout bounds it. */
  async type(text: string, until: RegExp): Promise<string> {
    this.said = "";
    await this.#write(text);
    while (!until.test(this.said)) await new Promise((resolve) => setTimeout(resolve, 10));
    return this.said;
  }

  unplug(): void {
    this.#stream.destroy();
  }
}

const END = /= (ok|error .*)\r\n(.*\r\n)*.*wasmote> /;

describe("a device on a serial line", () => {
  test("boots, answers, restarts with what was set, and can be unplugged and plugged in", async () => {
    const { link, stop } = await startDevice("--store", join(folder, "kept"));
    const first = await plugIn(link);
    expect(await first.type("set id 7\r", END)).toContain("set id 7\r\n= ok\r\n");
    expect(await first.type("restart\r", /id 7\r\nwasmote> /)).toMatch(
      /^restart\r\n= ok\r\nESP-ROM:.*\r\nrst:.*\r\nI \(\d+\) wasmote: on an esp32c3\r\nI \(\d+\) wasmote: id 7\r\nwasmote> $/,
    );
    first.unplug();
    const second = await plugIn(link);
    expect(answers(await second.type("get id\r", END))).toEqual(["id=7", "ok"]);
    expect(await stop()).toBe(0);
    expect(existsSync(link)).toBe(false);
  });

  test("logs at any time, but never within a line of an answer", async () => {
    const { link } = await startDevice("--noise", "--log", "5");
    const plug = await plugIn(link);
    const said = await plug.type("set interval 5000\rlist\r", /ntp=.*\r\n(.*\r\n)*= ok\r\n/);
    expect(said).toMatch(/set inI \(\d+\) module: reading \d+\r\n/);
    expect(answers(said)).toEqual([
      "ok",
      "(default) id=node-a1b2c3",
      "interval=5000",
      "(default) ntp=pool.ntp.org",
      "ok",
    ]);
  });

  test("that is mute reads and says nothing", async () => {
    const { link } = await startDevice("--mute", "--log", "20");
    const plug = await plugIn(link);
    const said = await plug.type("get id\r", /reading 3\r\n/);
    expect(said).not.toContain("get");
    expect(answers(said)).toEqual([]);
  });
});

describe("the partition provision", () => {
  function partition(...lines: string[]): Buffer {
    const body = `wasmote provision 1\n${lines.map((line) => `${line}\n`).join("")}`;
    const text = Buffer.from(`${body}crc32=${crc32(body).toString(16).padStart(8, "0")}\n`);
    return Buffer.concat([text, Buffer.alloc(0x4000, 0xff)], 0x4000);
  }

  /** Boots with a partition and a store, and returns what the store and the partition then hold, and what was said. */
  async function boot(contents: Buffer, before = ""): Promise<{ store: string; partition: Buffer; said: string }> {
    const store = join(folder, `store-${devices}`);
    const file = join(folder, `partition-${devices}`);
    writeFileSync(store, before);
    writeFileSync(file, contents);
    const { link, stop } = await startDevice("--store", store, "--provision", file);
    const said = await (await plugIn(link)).type("heap\r", END);
    await stop();
    return { store: readFileSync(store, "utf-8"), partition: readFileSync(file), said };
  }

  const ERASED = Buffer.alloc(0x4000, 0xff);

  test("is taken over once, beside what was set before, and erased", async () => {
    const {
      store,
      partition: left,
      said,
    } = await boot(partition("id=9", "password=a\\\\b", "mqtt="), "id=1\nmqtt=5\nntp=x\n");
    expect(store.split("\n").sort()).toEqual(["", "id=9", "ntp=x", "password=a\\\\b"]);
    expect(left.equals(ERASED)).toBe(true);
    expect(said).toMatch(/I \(\d+\) provision: the provision text is good\r\n/);
    expect(said).toMatch(/wasmote: id 9\r\n/);
  });

  test("with one wrong line changes nothing, and stays for whoever looks for the cause", async () => {
    const wrong = partition("id=9", "interval=5");
    const { store, partition: left, said } = await boot(wrong, "id=1\n");
    expect(store).toBe("id=1\n");
    expect(left.equals(wrong)).toBe(true);
    expect(said).toMatch(/E \(\d+\) provision: line 3 of the provision text: interval must be a whole number/);
  });

  test("that is erased says nothing", async () => {
    const { store, said } = await boot(ERASED, "id=1\n");
    expect(store).toBe("id=1\n");
    expect(said).not.toContain("provision");
  });
});
