import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { until } from "../host/modules.ts";
import { Cable } from "./cable.ts";
import { Command, wasmote } from "./command.ts";

let cable: Cable;
let monitor: Command;

beforeEach(async () => {
  cable = new Cable();
  await cable.plug();
});

afterEach(async () => {
  monitor?.kill();
  await cable.remove();
});

async function listen(...options: string[]): Promise<void> {
  monitor = new Command(["monitor", "--port", cable.port, ...options]);
  await until("it listens", () => monitor.stderr.includes("listening to"), 20_000);
}

describe("`monitor`", () => {
  test("prints what the board says, explains the module's numbers, and ends with 0 at Ctrl-C", async () => {
    await listen();
    cable.say(
      "\u001b[0;32mI (1234) main: hello\u001b[0m\r\nW (1300) module: link closed: -11\r\nrst:0x1 (POWERON)\r\n",
    );
    await until("it printed", () => monitor.stdout.includes("POWERON"));
    monitor.interrupt();
    const { code, stdout } = await monitor.outcome();
    expect(stdout).toBe(
      "I (1234) main: hello\nW (1300) module: link closed: -11 (the broker closed it)\nrst:0x1 (POWERON)\n",
    );
    expect(code).toBe(0);
  });

  test("prints JSON with --json", async () => {
    await listen("--json");
    cable.say("E (9) module: broker refuses: 5\nplain\n");
    await until("it printed", () => monitor.stdout.includes("plain"));
    const [log, plain] = monitor.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { time: string });
    const explanation = "not authorised";
    const message = "broker refuses: 5";
    expect(log).toEqual({ time: log?.time, level: "error", uptimeMs: 9, tag: "module", message, explanation });
    expect(plain).toEqual({ time: plain?.time, text: "plain" });
    expect(new Date(log?.time ?? "").toISOString()).toBe(log?.time);
  });

  test("puts this machine's time before each line with --timestamps", async () => {
    await listen("--timestamps");
    cable.say("I (9) main: x\n");
    await until("it printed", () => monitor.stdout.includes("\n"));
    expect(monitor.stdout).toMatch(/^\d\d:\d\d:\d\d\.\d{3} {2}I \(9\) main: x\n$/);
  });

  test("waits for a port that vanishes, says so, and goes on when it is back", async () => {
    await listen();
    cable.say("I (1) main: before\nI (2) main: cut of");
    await until("it printed", () => monitor.stdout.includes("before"));
    await cable.pull();
    await until("it noticed", () => monitor.stderr.includes(`${cable.port} is gone; waiting for it`));
    await cable.plug();
    await until("it is back", () => monitor.stderr.includes(`${cable.port} is back`));
    cable.say("I (3) main: after\n");
    await until("it printed", () => monitor.stdout.includes("after"));
    expect(monitor.stdout).toBe("I (1) main: before\nI (2) main: cut of\nI (3) main: after\n");
  });

  test("notices that the port is gone though nothing fails", async () => {
    await listen();
    cable.hide();
    await until("it noticed", () => monitor.stderr.includes("is gone"));
    cable.show();
    await until("it is back", () => monitor.stderr.includes("is back"));
    cable.say("I (3) main: after\n");
    await until("it printed", () => monitor.stdout === "I (3) main: after\n");
  });

  test("ends with 0 at Ctrl-C while the port is gone", async () => {
    await listen();
    await cable.pull();
    await until("it noticed", () => monitor.stderr.includes("is gone"));
    monitor.interrupt();
    expect((await monitor.outcome()).code).toBe(0);
  });

  test("says that a port without DTR and RTS can't reset the board, and listens", async () => {
    await listen("--reset");
    await until("it says so", () => monitor.stderr.includes("this port can't reset the board: press its button"));
    cable.say("I (1) main: up\n");
    await until("it printed", () => monitor.stdout === "I (1) main: up\n");
  });
});

describe("what `monitor` can't do is one line, and not 0", () => {
  test("a port that another program uses", async () => {
    await listen();
    const { code, stderr } = await wasmote(["monitor", "--port", cable.port]);
    expect(stderr).toBe(
      `error EBUSY: another program uses ${cable.port} — end the monitor, terminal or IDE that has it open\n`,
    );
    expect(code).toBe(1);
  });

  test.each([
    ["/dev/ttyNone", 2, "error ENOPORT: there is no port /dev/ttyNone — connect the board"],
    ["/etc/hostname", 2, "error EPORT: can't use /etc/hostname: it is no serial port — "],
    ["socket://127.0.0.1:1", 2, "error EPORT: can't use socket://127.0.0.1:1: ECONNREFUSED — "],
  ])("the port %s", async (port, code, message) => {
    const outcome = await wasmote(["monitor", "--port", port]);
    expect(outcome.stderr).toContain(message);
    expect(outcome.stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(outcome.code).toBe(code);
  });
});
