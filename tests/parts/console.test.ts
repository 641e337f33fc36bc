import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { answers, ask, temporaryFolder, type, VARIANTS } from "./parts.ts";

const PROMPT = "wasmote> ";
const CERTIFICATE = "-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----\n";
const escaped = (value: string): string => value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");

describe("the line editor", () => {
  test("echoes what is typed, and answers between two prompts", () => {
    expect(type("get ntp\r")).toBe(`${PROMPT}get ntp\r\n= (default) ntp=pool.ntp.org\r\n= ok\r\n${PROMPT}`);
  });

  test.each([
    ["CR", "\r"],
    ["LF", "\n"],
    ["CR LF", "\r\n"],
  ])("takes %s as one end of a line", (_, end) => {
    expect(type(`heap${end}heap${end}`).split(PROMPT)).toHaveLength(4);
    expect(answers(type(`heap${end}`))).toHaveLength(3);
  });

  test("an empty line, and one of spaces, gives another prompt and no answer", () => {
    expect(type("\r\r\n\n  \r")).toBe(`${PROMPT}\r\n${PROMPT}\r\n${PROMPT}\r\n${PROMPT}  \r\n${PROMPT}`);
  });

  test.each([
    ["backspace", "\b"],
    ["delete", "\x7f"],
  ])("%s takes back one character, of any length in UTF-8, and stops at the beginning", (_, key) => {
    const typed = `\bxü€😀${key.repeat(5)}get ntp\r`;
    expect(type(typed)).toBe(
      `${PROMPT}xü€😀${"\b \b".repeat(4)}get ntp\r\n= (default) ntp=pool.ntp.org\r\n= ok\r\n${PROMPT}`,
    );
  });

  test("Ctrl-C forgets the line", () => {
    expect(type("restart\x03\r")).toBe(`${PROMPT}restart^C\r\n${PROMPT}\r\n${PROMPT}`);
  });

  test("Ctrl-U empties the line", () => {
    expect(type("xyz\x15heap\r")).toContain(`${PROMPT}xyz${"\b \b".repeat(3)}heap\r\n= free`);
  });

  test("arrow keys, function keys, tabs and other control characters do nothing", () => {
    expect(answers(type("get\x1b[A\x1bOP\x1b[1;5C\x1b[3~\x1bx\t\0\x01\x1a ntp\r"))).toEqual([
      "(default) ntp=pool.ntp.org",
      "ok",
    ]);
    // A line's end ends an escape sequence too.
    expect(answers(type("get ntp\x1b[\rget ntp\x1b\r"))).toHaveLength(4);
  });

  test("takes a line of 256 bytes", () => {
    const value = "x".repeat(256 - "set app.x ".length);
    expect(answers(type(`set app.x ${value}\rget app.x\r`))).toEqual(["ok", `app.x=${value}`, "ok"]);
  });

  test("refuses a longer one whole, and goes on behind it", () => {
    const error = "error LINE_TOO_LONG a line has 256 bytes at most; append the rest of a long value";
    const long = `set app.x ${"x".repeat(257 - "set app.x ".length)}`;
    expect(answers(type(`${long}\rget app.x\r`))).toEqual([
      error,
      "error NOT_SET app.x is not set; set app.x <value> sets it",
    ]);
    // What is taken back of it does not make it a good one.
    expect(answers(type(`${long}\b\b\b\r`))).toEqual([error]);
    expect(answers(type(`${"x".repeat(100_000)}\r`))).toEqual([error]);
    expect(answers(type(`${long}\x03get ntp\r`))).toHaveLength(2);
    expect(answers(type(`${long}\x15get ntp\r`))).toHaveLength(2);
  });

  test("shows a star for each character of a secret, and of what may be one", () => {
    const echo = (line: string): string => type(`${line}\r`).split("\r\n")[0]?.slice(PROMPT.length) ?? "";
    expect(echo("set password hünter2")).toBe("set password *******");
    expect(echo("  append   wifi_password  a b")).toBe("  append   wifi_password ****");
    expect(echo("set key x")).toBe("set key *");
    expect(echo("set pasword hunter2")).toBe("set pasword *******");
    expect(echo("append pasword hunter2")).toBe("append pasword *******");
    expect(echo("ste password hunter2")).toBe("ste password *******");
    expect(echo("set username hunter2")).toBe("set username hunter2");
    expect(echo("get password")).toBe("get password");
    // Taken back and typed again, it is as secret as before.
    expect(echo("set username x\x15set password x")).toMatch(/set password \*$/);
  });
});

describe("a command", () => {
  test("help shows every command and setting, each line as an answer", () => {
    const lines = ask("help");
    for (const word of [
      "help",
      "list",
      "get <key>",
      "set <key> <value>",
      "append <key> <more>",
      "unset <key>",
      "status",
    ]) {
      expect(lines.filter((line) => line.startsWith(`${word} `))).toHaveLength(1);
    }
    for (const word of [
      "heap",
      "module",
      "restart",
      "factory-reset",
      "id",
      "wifi_password",
      "sensor0 to sensor7",
      "app.<name>",
    ]) {
      expect(lines.filter((line) => line.startsWith(`${word} `))).toHaveLength(1);
    }
    expect(lines.at(-1)).toBe("ok");
  });

  test("set, get and unset", () => {
    expect(ask("set interval 5000", "get interval", "unset interval", "get interval", "unset interval")).toEqual([
      "ok",
      "interval=5000",
      "ok",
      "ok",
      "error NOT_SET interval is not set; set interval <value> sets it",
      "ok",
    ]);
  });

  test("set takes the rest of the line as it is, after one space", () => {
    expect(ask("set   wifi_ssid  my = Wi-Fi ", "get wifi_ssid")).toEqual(["ok", "wifi_ssid= my = Wi-Fi ", "ok"]);
  });

  test("what is set counts instead of the default, and unset brings the default back", () => {
    expect(ask("get id", "set id 7", "get id", "unset id", "get id")).toEqual([
      "(default) id=node-a1b2c3",
      "ok",
      "ok",
      "id=7",
      "ok",
      "ok",
      "(default) id=node-a1b2c3",
      "ok",
    ]);
  });

  test("a value that is refused leaves the old one in place", () => {
    expect(ask("set mqtt 5", "set mqtt 4", "get mqtt")).toEqual([
      "ok",
      "error INVALID mqtt must be 3.1.1 or 5",
      "mqtt=5",
      "ok",
    ]);
  });

  test("list shows what is set in the table's order, defaults, and no secret", () => {
    const lines = ask(
      "set app.b 2",
      "set app.a 1",
      "set sensor1 internal",
      "set password hunter2",
      "set wifi_password hunter22",
      "set broker wss://host/mqtt?token=hunter2",
      `set ca ${escaped(CERTIFICATE)}`,
      `set key ${escaped(CERTIFICATE).replaceAll("CERTIFICATE", "PRIVATE KEY")}`,
      "list",
    );
    expect(lines.slice(8)).toEqual([
      "(default) id=node-a1b2c3",
      "wifi_password=***",
      "broker=wss://host/mqtt?***",
      "password=***",
      `ca=(PEM, ${CERTIFICATE.length} bytes)`,
      "key=***",
      "(default) ntp=pool.ntp.org",
      "sensor1=internal",
      "app.b=2",
      "app.a=1",
      "ok",
    ]);
  });

  test("get shows PEM as set takes it", () => {
    expect(ask(`set ca ${escaped(CERTIFICATE)}`, "get ca")).toEqual(["ok", `ca=${escaped(CERTIFICATE)}`, "ok"]);
  });

  test("append puts a value together, of whatever length, and says so while it is not complete", () => {
    const value = CERTIFICATE.replace("TUlJQg==", `${"TUlJ".repeat(16)}\n`.repeat(50).trimEnd());
    const pieces = escaped(value).match(/(?:\\\\|\\n|[^\\]){1,200}/g) ?? [];
    const lines = ask(...pieces.map((piece) => `append ca ${piece}`), "get ca", "list");
    const incomplete = ["ca is not complete: its END line is missing; append the rest", "ok"];
    expect(pieces.length).toBeGreaterThan(10);
    expect(lines.slice(0, 2 * (pieces.length - 1))).toEqual(pieces.slice(1).flatMap(() => incomplete));
    expect(lines.slice(2 * (pieces.length - 1), -4)).toEqual(["ok", `ca=${escaped(value)}`, "ok"]);
    expect(lines.at(-3)).toBe(`ca=(PEM, ${value.length} bytes)`);
  });

  test("append beyond what can be stored changes nothing", () => {
    const piece = `append ca ${"TUlJ".repeat(60)}`;
    const lines = ask("set ca -----BEGIN CERTIFICATE-----\\n", ...new Array<string>(17).fill(piece), "get ca");
    expect(lines.at(-3)).toBe("error TOO_LONG ca would have more than the 3999 bytes that can be stored");
    expect(lines.at(-2)).toBe(`ca=-----BEGIN CERTIFICATE-----\\n${"TUlJ".repeat(60 * 16)}`);
    expect(ask("set id 12345678901234567890123", "append id 4", "get id").slice(1)).toEqual([
      "error TOO_LONG id has 24 bytes; it may have 23 at most",
      "id=12345678901234567890123",
      "ok",
    ]);
  });

  test("append to what is not set sets it, and does not append to a default", () => {
    expect(ask("append id 7", "get id")).toEqual(["ok", "id=7", "ok"]);
  });

  test("a backslash is written as two, a line feed as \\n, and anything else behind one is an error", () => {
    const error = "error ESCAPE in a value, write \\\\ for a backslash and \\n for a line feed";
    expect(ask("set username a\\\\b", "get username")).toEqual(["ok", "username=a\\\\b", "ok"]);
    expect(ask("set username a\\b", "set username a\\", "append username \\t")).toEqual([error, error, error]);
    expect(ask("set username a\\nb")).toEqual([
      "error INVALID username holds a control character; type it again without",
    ]);
  });

  test.each([
    ["hepl", 'error UNKNOWN_COMMAND there is no command "hepl"; did you mean help?'],
    ["factory_reset", 'error UNKNOWN_COMMAND there is no command "factory_reset"; did you mean factory-reset?'],
    ["reboot", 'error UNKNOWN_COMMAND there is no command "reboot"; help lists them'],
    ["SET id 7", 'error UNKNOWN_COMMAND there is no command "SET"; help lists them'],
    ["x".repeat(200), `error UNKNOWN_COMMAND there is no command "${"x".repeat(24)}"; help lists them`],
    ["set", "error USAGE write it as: set <key> <value>"],
    ["set id", "error USAGE write it as: set <key> <value>"],
    ["set id ", "error USAGE write it as: set <key> <value>"],
    ["get", "error USAGE write it as: get <key>"],
    ["get id ntp", "error USAGE write it as: get <key>"],
    ["restart now", "error USAGE write it as: restart"],
    ["factory-reset please", "error USAGE write it as: factory-reset"],
    ["get intervall", 'error UNKNOWN_KEY there is no setting "intervall"; did you mean interval?'],
    ["unset intervall", 'error UNKNOWN_KEY there is no setting "intervall"; did you mean interval?'],
    ["append intervall 5", 'error UNKNOWN_KEY there is no setting "intervall"; did you mean interval?'],
  ])("%s is answered by one line with a cure", (line, answer) => {
    expect(ask(line)).toEqual([answer]);
  });

  test("status names settings that don't go together", () => {
    const problems = (...lines: string[]): string[] =>
      ask(...lines, "status").flatMap((line) => (line.startsWith("problem: ") ? [line.slice(9)] : []));
    const cert = `set cert ${escaped(CERTIFICATE)}`;
    const key = `set key ${escaped(CERTIFICATE).replaceAll("CERTIFICATE", "PRIVATE KEY")}`;
    expect(problems("set id 7", "set username u", "set password p", cert, key)).toEqual([]);
    expect(problems(cert)).toEqual(["cert is set without key; set its private key too"]);
    expect(problems(key)).toEqual(["key is set without cert; set the certificate that it belongs to, too"]);
    expect(problems("set password p")).toEqual(["password is set without username; MQTT 3.1.1 needs both"]);
    expect(problems("set wifi_password 12345678")).toEqual([
      "wifi_password is set without wifi_ssid; set the Wi-Fi's name too",
    ]);
    expect(problems("set ca -----BEGIN")).toEqual(["ca is not complete: its END line is missing; append the rest"]);
  });

  test("status names pins that are used twice, and lets probes share a bus", () => {
    const problems = (...lines: string[]): string[] =>
      ask(...lines, "status").flatMap((line) => (line.startsWith("problem: ") ? [line.slice(9)] : []));
    const twice = (a: string, b: string, pin: number): string =>
      `${a} and ${b} both use GPIO ${pin}, for different things; wire one of them elsewhere`;
    const sht3x = "set sensor0 sht3x,sda=5,scl=6";
    expect(
      problems(
        sht3x,
        "set sensor1 sht3x,sda=5,scl=6,quantity=humidity",
        "set sensor2 bme280,sda=5,scl=6",
        "set sensor3 internal",
        "set sensor4 constant,value=1",
        "set sensor5 constant,value=2",
        "set actuator0 gpio,pin=0",
      ),
    ).toEqual([]);
    expect(problems(sht3x, "set sensor1 bme280,sda=6,scl=5")).toEqual([
      twice("sensor0", "sensor1", 6),
      twice("sensor0", "sensor1", 5),
    ]);
    expect(problems(sht3x, "set sensor1 bme280,sda=5,scl=7")).toEqual([twice("sensor0", "sensor1", 5)]);
    expect(problems(sht3x, "set actuator0 gpio,pin=6")).toEqual([twice("sensor0", "actuator0", 6)]);
    expect(problems("set sensor0 ds18b20,pin=4", "set sensor1 ds18b20,pin=4")).toEqual([
      twice("sensor0", "sensor1", 4),
    ]);
    expect(problems("set actuator0 gpio,pin=4", "set actuator3 gpio,pin=4")).toEqual([
      twice("actuator0", "actuator3", 4),
    ]);
    expect(problems(sht3x, "set sensor1 sht3x,sda=7,scl=8", "set sensor2 sht3x,sda=0,scl=1")).toEqual([
      "sensor1 needs one more pair of I2C lines than an esp32c3 has; wire it to the lines of another",
    ]);
  });

  test("status names what another chip had stored", () => {
    const store = join(temporaryFolder(), "settings");
    type("set sensor0 internal\r", { flags: ["--store", store] });
    expect(answers(type("status\r", { flags: ["--store", store, "--chip", "esp32"] }))).toContain(
      "problem: sensor0: internal: the esp32 has no temperature sensor of its own; wire a probe",
    );
  });

  test("a full or failing storage is an error, and the old value stays", () => {
    const full = "error FULL there is no room left for app.x; unset what is not needed, or shorten ca and cert";
    const flags = ["--room", "20"];
    expect(answers(type(`set app.x 0123456789\rset app.x ${"y".repeat(16)}\rget app.x\r`, { flags }))).toEqual([
      "ok",
      full,
      "app.x=0123456789",
      "ok",
    ]);
    const missing = join(temporaryFolder(), "missing", "settings");
    expect(answers(type("set id 7\r", { flags: ["--store", missing] }))).toEqual([
      "error STORAGE id could not be stored; restart, and try factory-reset if that does not help",
    ]);
  });

  test("restart keeps what was set, factory-reset forgets it", () => {
    expect(ask("set id 7", "restart", "get id", "factory-reset", "get id")).toEqual([
      "ok",
      "ok",
      "id=7",
      "ok",
      "ok",
      "(default) id=node-a1b2c3",
      "ok",
    ]);
  });
});

describe("the console under hostile input", () => {
  const noise = fc.uint8Array({ minLength: 1, maxLength: 400 }).map((bytes) => Buffer.from(bytes));
  const word = fc
    .constantFrom(
      "set",
      "get",
      "append",
      "list",
      "help",
      "password",
      "ca",
      "app.x",
      "sensor0",
      " ",
      "\\n",
      "\\",
      "\x15",
      "\x7f",
      "\x1b[",
      "\r",
      "ü",
      "hunter2",
      "-----BEGIN CERTIFICATE-----\\n",
    )
    .map((text) => Buffer.from(text));
  const input = fc.array(fc.oneof(noise, word, word, word), { maxLength: 40 }).map((parts) => Buffer.concat(parts));

  test("answers every line that is not empty with one last line, and writes no control character of its own", () => {
    for (const variant of VARIANTS) {
      fc.assert(
        fc.property(input, (bytes) => {
          const output = type(Buffer.concat([bytes, Buffer.from("\x03set app.end 1\r")]), { variant });
          expect(output.endsWith(`\r\n= ok\r\n${PROMPT}`)).toBe(true);
          // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what this is about
          expect(output).not.toMatch(/[\x00-\x07\x0b\x0c\x0e-\x1f\x7f]/);
          for (const line of output.split("\r\n")) expect(line).not.toContain("\n");
        }),
        { numRuns: 150 },
      );
    }
  });

  test("never shows a secret once it is set", () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 40 }), (parts) => {
        const bytes = Buffer.concat([
          Buffer.from("set password Geheim7\r"),
          ...parts,
          Buffer.from("\x03list\rget password\rhelp\rstatus\r"),
        ]);
        expect(type(bytes)).not.toContain("Geheim7");
      }),
      { numRuns: 100 },
    );
  });
});
