import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openProvision } from "../../host/device/provision.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import { until } from "../host/modules.ts";
import { freePort } from "../integration/ports.ts";
import { Board } from "./board.ts";
import { Cable } from "./cable.ts";
import { Command, type Outcome, type RunOptions, wasmote } from "./command.ts";

const LATER = "it counts from the next restart on: wasmote config restart\n";
const PASSWORD = "correct \\ horse";

let folder: string;
let certificate: string;
let privateKey: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "wasmote-config-"));
  certificate = join(folder, "ca.pem");
  privateKey = join(folder, "key.pem");
  const subject = ["-subj", "/CN=test", "-days", "1"];
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", privateKey, "-out", certificate];
  execFileSync("openssl", [...request, ...subject], { stdio: "ignore" });
});

afterAll(() => rmSync(folder, { recursive: true }));

/** The one line of stderr that reports an error. */
function errorOf({ stderr }: Outcome): string {
  const lines = stderr.split("\n").filter((line) => line.startsWith("error "));
  expect(lines).toHaveLength(1);
  return lines[0] ?? "";
}

/** A board of each test's own. */
let board: Board;

function config(words: readonly string[], more?: RunOptions): Promise<Outcome> {
  return wasmote(["config", "--port", board.port, ...words], more);
}

describe.each([
  ["quiet", []],
  ["that logs in between, and within its echo", ["--noise", "--log", "3"]],
])("`config` and a board %s", (_, options) => {
  beforeEach(async () => {
    board = new Board();
    await board.start(...options);
  });

  afterEach(() => board.remove());

  test("set, get, list and unset a value", async () => {
    expect(await config(["set", "username", "a user  with spaces "])).toEqual({
      code: 0,
      stdout: "",
      stderr: expect.stringContaining(LATER),
    });
    expect((await config(["get", "username"])).stdout).toBe("a user  with spaces \n");
    const { stdout } = await config(["list"]);
    expect(stdout).toBe("id=node-a1b2c3 (default)\nusername=a user  with spaces \nntp=pool.ntp.org (default)\n");
    expect((await config(["unset", "username"])).code).toBe(0);
    expect(errorOf(await config(["get", "username"]))).toContain("error NOT_SET: username is not set");
  });

  test("carry a certificate that takes many lines, and leave out what is no certificate", async () => {
    const remarked = join(folder, "remarked.pem");
    writeFileSync(
      remarked,
      `# of the workshop\r\n${readFileSync(certificate, "utf-8").replaceAll("\n", "\r\n")}\nbye\n`,
    );
    expect((await config(["set", "ca", `@${remarked}`])).code).toBe(0);
    expect((await config(["set", "cert", "--file", certificate])).code).toBe(0);
    expect((await config(["get", "ca"])).stdout).toBe(readFileSync(certificate, "utf-8"));
    expect(await board.shows("cert")).toBe(readFileSync(certificate, "utf-8"));
  });

  test("carry a value of the longest kind, with characters of several bytes and backslashes at every seam", async () => {
    const value = "\\ü€😀\u2028n".repeat(70);
    await config(["set", "app.text", "--stdin"], { input: value });
    expect(await board.shows("app.text")).toBe(value);
  });
});

describe("`config` and a board", () => {
  beforeEach(async () => {
    board = new Board();
    await board.start();
  });

  afterEach(() => board.remove());

  test("keep what was set over a restart", async () => {
    await config(["set", "id", "n-7"]);
    expect(await config(["restart"])).toMatchObject({ code: 0, stdout: "" });
    expect(await board.shows("id")).toBe("n-7");
  });

  test("take a secret from stdin, and show it nowhere", async () => {
    const set = await config(["set", "wifi_password", "--stdin"], { input: `${PASSWORD}\n` });
    expect(set).toEqual({ code: 0, stdout: "", stderr: expect.stringContaining(LATER) });
    expect(board.stored).toContain("wifi_password=correct \\\\ horse\n");
    expect((await config(["list", "--json"])).stdout).not.toContain(PASSWORD);
  });

  test("import a file of settings: comments, escapes, a file's contents, and nothing to unset", async () => {
    const path = join(folder, "settings");
    await config(["set", "mqtt", "5"]);
    writeFileSync(path, `# comment\n\nwifi_ssid=a \\\\ b\nca=@ca.pem\nkey=@key.pem\nmqtt=\nwifi_password=hunter22\n`);
    expect(await config(["import", path])).toMatchObject({ code: 0, stdout: "" });
    expect(await board.shows("wifi_ssid")).toBe("a \\ b");
    expect(await board.shows("ca")).toBe(readFileSync(certificate, "utf-8"));
    expect(await board.shows("mqtt")).toBe("NOT_SET");
    const { stdout } = await config(["status"]);
    expect(stdout).toContain("network: up");
    expect(stdout).toContain("problem: key is set without cert");
  });

  test("end what somebody has typed half, without running it", async () => {
    writeFileSync(board.port, "set id typed-half");
    expect(await board.shows("id")).toBe("node-a1b2c3");
  });

  test("answer in JSON with --json", async () => {
    const json = async (...words: string[]): Promise<unknown> =>
      JSON.parse((await config([...words, "--json"])).stdout);
    expect(await json("set", "id", "n-7")).toEqual({ set: ["id"] });
    expect(await json("get", "id")).toEqual({ settings: [{ key: "id", value: "n-7", default: false }] });
    expect(await json("list")).toMatchObject({ settings: [{ key: "id" }, { key: "ntp", default: true }] });
    await board.ask("set password x");
    await board.ask("set key -----BEGIN");
    const problem = ["key is not complete", "password is set without", "key is set without"].map((text) =>
      expect.stringContaining(text),
    );
    expect(await json("status")).toMatchObject({ status: { state: "running", id: "n-7", problem } });
    expect(await json("module")).toMatchObject({ module: { "slot 1": "empty" } });
    expect(await json("heap")).toMatchObject({ heap: { free: expect.stringMatching(/^\d+ bytes$/) } });
    expect(await json("unset", "id")).toEqual({ unset: "id" });
    expect(await json("restart")).toEqual({ restarted: true });
  });

  test.each([
    [["set", "intervall", "5"], 'error UNKNOWN_KEY: there is no setting "intervall"; did you mean interval?'],
    [["set", "interval", "5"], "error INVALID: interval must be a whole number from 100 to 86400000"],
    [["set", "interval", ""], "error USAGE: write it as: set <key> <value>"],
    [["get", "idd"], 'error UNKNOWN_KEY: there is no setting "idd"; '],
    [["unset", "idd"], 'error UNKNOWN_KEY: there is no setting "idd"; '],
    [["set", "app.text", "x".repeat(1_001)], "error TOO_LONG: app.text has 1001 bytes; it may have 1000 at most"],
  ])("show the board's own error after %j", async (words, message) => {
    const outcome = await config(words);
    expect(errorOf(outcome)).toContain(message);
    expect(outcome).toMatchObject({ code: 1, stdout: "" });
  });

  test("say what no board could take before any of it is sent", async () => {
    const half = join(folder, "half.pem");
    writeFileSync(half, readFileSync(certificate, "utf-8").slice(0, 500));
    expect(errorOf(await config(["set", "ca", "--file", half]))).toContain("error EVALUE: that is no value for ca — ");
    expect(errorOf(await config(["set", "id", "--stdin"], { input: "a\u0007" }))).toContain(
      "error EVALUE: the value for id has a control character — ",
    );
    expect(await board.shows("ca")).toBe("NOT_SET");
    expect(await board.shows("id")).toBe("node-a1b2c3");
  });
});

describe("a secret", () => {
  beforeEach(async () => {
    board = new Board();
    await board.start();
  });

  afterEach(() => board.remove());

  test("that is typed at a terminal is not shown there, and is what the board gets", async () => {
    const command = `${process.execPath} --import tsx host/cli/main.ts config --port ${board.port} set wifi_password`;
    const terminal = spawn("socat", ["-", `EXEC:${command},pty,setsid,ctty,stderr`], { cwd: PROJECT_ROOT });
    let shown = "";
    terminal.stdout.setEncoding("utf-8").on("data", (text: string) => {
      shown += text;
    });
    await until("it asks", () => shown.includes("wifi_password: "), 20_000);
    terminal.stdin.write("wrong\u0015hunter23\u007f2\r");
    await until("it is set", () => shown.includes("it counts"), 20_000);
    terminal.kill();
    expect(shown).not.toMatch(/hunter|wrong/);
    expect(board.stored).toContain("wifi_password=hunter22\n");
  });

  test("on the command line is taken with a warning that does not show it", async () => {
    const { code, stderr } = await config(["set", "wifi_password", "hunter22"]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^warning: wifi_password on the command line is for every user of this machine to see; /);
    expect(stderr).not.toContain("wifi_password=hunter22\n");
    expect(board.stored).toContain("wifi_password=hunter22\n");
  });

  test("is asked for at a terminal only", async () => {
    const outcome = await wasmote(["config", "--port", "/dev/ttyNone", "set", "wifi_password"]);
    expect(errorOf(outcome)).toContain("error EUSAGE: wifi_password is asked for at a terminal, and this is none — ");
    expect(outcome.code).toBe(2);
  });
});

describe("`config --out`", () => {
  let out: string;

  beforeEach(() => {
    out = join(folder, "provision.bin");
    rmSync(out, { force: true });
  });

  test("writes settings that a board takes over at its next start", async () => {
    const settings = join(folder, "settings");
    writeFileSync(settings, "id=factory-1\nwifi_ssid=a \\\\ b\nca=@ca.pem\n");
    const args = ["--out", out, "--from", settings, "--set", "interval=5000", "--set", "id=n-8"];
    const { code, stderr } = await wasmote(["config", ...args]);
    expect(code).toBe(0);
    expect(stderr).toContain(`${out} sets id, wifi_ssid, ca, interval; wasmote flash --provision ${out} takes it`);
    expect(statSync(out).size).toBe(0x4000);
    expect(statSync(out).mode & 0o777).toBe(0o600);

    board = new Board();
    await board.start("--provision", out);
    expect(await board.shows("id")).toBe("n-8");
    expect(await board.shows("wifi_ssid")).toBe("a \\ b");
    expect(await board.shows("interval")).toBe("5000");
    expect(await board.shows("ca")).toBe(readFileSync(certificate, "utf-8"));
    await board.remove();
  });

  test("takes the private key from its file, without a warning, and a password with one", async () => {
    const { stderr } = await wasmote(["config", "--out", out, "--set", `key=@${privateKey}`, "--set", "password=pw"]);
    expect(stderr).toMatch(/^warning: password on the command line/);
    expect(openProvision(readFileSync(out), "it")).toEqual([
      { key: "key", value: readFileSync(privateKey, "utf-8") },
      { key: "password", value: "pw" },
    ]);
  });

  test.each([
    [["--set", "idd=7"], 'error EKEY: there is no setting "idd" — use one of id, '],
    [["--set", "id=a b"], "error EVALUE: that is no value for id — give it 1 to 23 of "],
    [["--set", "ca=@/no/such"], "error ENOFILE: can't read /no/such for ca: ENOENT — "],
    [["--from", "/no/such"], "error ENOFILE: can't read the settings /no/such: ENOENT — "],
    [["--from", "package.json"], "error ESETTINGS: line 1 of package.json is no setting — write key=value"],
    [[], "error EUSAGE: there are no settings for the file — "],
  ])("refuses %j", async (args, message) => {
    const outcome = await wasmote(["config", "--out", out, ...args]);
    expect(errorOf(outcome)).toContain(message);
    expect(outcome.code).toBe(2);
    expect(() => statSync(out)).toThrow("ENOENT");
  });
});

describe("what `config` can't do is one line, and not 0", () => {
  test.each([
    [[], "error EUSAGE: there is nothing to do — give an action, list, get, set, "],
    [["lst"], 'error EUSAGE: there is no action "lst" — use list, get, '],
    [["get"], "error EUSAGE: get needs a key — "],
    [["import"], "error EUSAGE: import needs a file — "],
    [["get", "id", "7"], 'error EUSAGE: get takes no "7" — '],
    [["set", "id"], "error EUSAGE: there is no value for id — "],
    [["set", "id", "7", "--stdin"], "error EUSAGE: there are 2 values for id — "],
    [["list", "--out", "x"], "error EUSAGE: list is for a board, --out, --set and --from are for a file — "],
    [["list", "--port", "/dev/ttyNone"], "error ENOPORT: there is no port /dev/ttyNone — "],
    [["import", "/no/such"], "error ENOFILE: can't read the settings /no/such: ENOENT — "],
  ])("%j", async (args, message) => {
    const outcome = await wasmote(["config", ...args]);
    expect(errorOf(outcome)).toContain(message);
    expect(outcome).toMatchObject({ code: 2, stdout: "" });
  });

  describe("no answer", () => {
    /** What `list` says of a port at which something else than a board says something, or nothing. */
    async function listWhile(says: (cable: Cable) => void): Promise<string> {
      const cable = new Cable();
      await cable.plug();
      const timer = setInterval(() => says(cable), 200);
      const outcome = await wasmote(["config", "--port", cable.port, "list"]);
      clearInterval(timer);
      await cable.remove();
      expect(outcome.code).toBe(1);
      return errorOf(outcome).replaceAll(cable.port, "PORT");
    }

    test.concurrent("at all", async () => {
      expect(await listWhile(() => {})).toContain("error ENOANSWER: nothing answers at PORT — is it this port, ");
    });

    test.concurrent("that is text", async () => {
      const noise = Buffer.from(Array.from({ length: 64 }, (_, index) => (index * 37) % 256)).toString("latin1");
      expect(await listWhile((cable) => cable.say(noise))).toContain(
        "error ENOANSWER: what PORT sends is no text at this speed — give the board's own with --baud",
      );
    });

    test.concurrent("of this project's firmware", async () => {
      expect(await listWhile((cable) => cable.say("I (12) other: hello\r\nlogin: "))).toContain(
        "error ENOANSWER: what answers at PORT is not the console of wasmote — flash this project's firmware",
      );
    });
  });

  test("a port that vanishes before it has answered", async () => {
    const cable = new Cable();
    await cable.plug();
    const command = new Command(["config", "--port", cable.port, "list"]);
    await until("it waits", () => command.stderr.includes("waiting for the prompt"), 20_000);
    await cable.pull();
    expect(errorOf(await command.outcome())).toBe(`error ENOANSWER: ${cable.port} vanished — connect the board again`);
    await cable.remove();
  });

  test("a board that is unplugged before it has answered", async () => {
    const cable = new Cable();
    await cable.plug();
    let answered = false;
    let asked = false;
    cable.listen((heard) => {
      if (!answered && heard.includes("\u0003")) cable.say("^C\r\nwasmote> ");
      answered ||= heard.includes("\u0003");
      asked ||= heard.includes("list\n");
    });
    const command = new Command(["config", "--port", cable.port, "list"]);
    await until("it has asked", () => asked, 20_000);
    await cable.pull();
    const outcome = await command.outcome();
    expect(errorOf(outcome)).toBe(`error ENOANSWER: ${cable.port} vanished — connect the board again`);
    expect(outcome.code).toBe(1);
    await cable.remove();
  });
});

test("`config` reaches an emulator's serial line by its TCP port", async () => {
  board = new Board();
  await board.start();
  const port = await freePort();
  const bridge = spawn("socat", [`TCP-LISTEN:${port},bind=127.0.0.1,reuseaddr,fork`, `OPEN:${board.port},raw,echo=0`]);
  try {
    let outcome: Outcome = { code: null, stdout: "", stderr: "" };
    for (let attempt = 0; attempt < 10 && outcome.code !== 0; attempt++) {
      outcome = await wasmote(["config", "--port", `socket://127.0.0.1:${port}`, "get", "id"]);
    }
    expect(outcome.stdout).toBe("node-a1b2c3\n");
  } finally {
    bridge.kill();
  }
  await board.remove();
});
