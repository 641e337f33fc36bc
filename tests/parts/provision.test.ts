import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Bytes, bytes, oneRecord, records, u16 } from "./parts.ts";

const ERASED = 0xff;

/** A text with its last line, written from the format's description. */
function seal(lines: readonly string[], title = "wasmote provision 1"): Buffer {
  const body = Buffer.from([title, ...lines, ""].join("\n"));
  return Buffer.concat([body, Buffer.from(`crc32=${crc32(body).toString(16).padStart(8, "0")}\n`)]);
}

/** A partition of 16 KiB that begins with a text. */
function partition(text: Bytes): Buffer {
  return Buffer.concat([bytes(text), Buffer.alloc(0x4000, ERASED)], 0x4000);
}

function asRecord(text: Bytes, pieceBytes = 256): Buffer {
  return Buffer.concat([u16(pieceBytes), bytes(text)]);
}

/** What is said of a text. */
function read(text: Bytes, pieceBytes?: number): string {
  return oneRecord("provision", asRecord(text, pieceBytes));
}

const hex = (text: string): string => Buffer.from(text).toString("hex");
const GOOD = "the provision text is good";
const CUT_OFF = "the provision text ends too early; write it again, with its last line crc32=";
const DAMAGED = "the provision text is damaged, its CRC is wrong; write it again";
const FOREIGN = "0; the partition provision holds something else; write a provision text to it, or erase it";

const LINES = ["wifi_ssid=Büro", "wifi_password=a\\\\b cdef", "interval=", "app.note=x=y"];
const SET = `wifi_ssid=${hex("Büro")} wifi_password=${hex("a\\b cdef")} interval= app.note=${hex("x=y")} 4; ${GOOD}`;

describe("a provision text", () => {
  test("spelled out byte by byte is taken", () => {
    const body = "wasmote provision 1\nid=node-7\n";
    expect(crc32(body).toString(16)).toBe("d0055d5d");
    expect(read(partition(`${body}crc32=d0055d5d\n`))).toBe(`id=${hex("node-7")} 1; ${GOOD}`);
  });

  test("is taken in pieces of any size", () => {
    const text = partition(seal(LINES));
    for (const pieceBytes of [1, 2, 3, 7, 64, 256, 4096, 65535]) expect(read(text, pieceBytes)).toBe(SET);
  });

  test("without a line feed at its end, or without erased flash behind it, is taken", () => {
    const text = seal(LINES);
    expect(read(text)).toBe(SET);
    expect(read(text.subarray(0, -1))).toBe(SET);
    expect(read(partition(text.subarray(0, -1)))).toBe(SET);
  });

  test("without a setting sets nothing", () => {
    expect(read(partition(seal([])))).toBe(`0; ${GOOD}`);
  });

  test("holds PEM on one line", () => {
    const pem = "-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----\n";
    expect(read(seal([`ca=${pem.replaceAll("\n", "\\n")}`]))).toBe(`ca=${hex(pem)} 1; ${GOOD}`);
  });

  test("is nothing in erased flash, and none where there is something else", () => {
    expect(read(partition(""))).toBe("0; there is no provision text");
    expect(read("")).toBe("0; there is no provision text");
    expect(read(Buffer.alloc(64))).toBe(FOREIGN);
    expect(read("WASMOTE provision 1\n")).toBe(FOREIGN);
    // A byte order mark.
    expect(read(`\uFEFF${seal(LINES)}`)).toBe(FOREIGN);
  });

  test.each(["2", "1 ", "1\r", "", "11", "x".repeat(5000)])("of version %j is refused", (version) => {
    expect(read(seal([], `wasmote provision ${version}`))).toBe(
      "0; the provision text is not of version 1; write it with tools of this firmware's version",
    );
  });

  test("that was cut off anywhere sets nothing", () => {
    const text = seal(LINES);
    // Up to the last digit of its CRC: behind that it is whole.
    const cuts = Array.from({ length: text.length - 2 }, (_, length) => text.subarray(0, length + 1));
    for (const line of records(
      "provision",
      cuts.map((cut) => asRecord(partition(cut))),
    )) {
      expect([CUT_OFF, DAMAGED]).toContain(line.replace(/^\d; /, ""));
    }
    for (const line of records(
      "provision",
      cuts.map((cut) => asRecord(cut)),
    )) {
      expect([CUT_OFF, DAMAGED]).toContain(line.replace(/^\d; /, ""));
    }
  });

  test("with any single bit flipped sets nothing", () => {
    const text = seal(LINES);
    const flipped = Array.from({ length: (text.length - 1) * 8 }, (_, bit) => {
      const copy = Buffer.from(text);
      copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      return asRecord(partition(copy));
    });
    for (const line of records("provision", flipped)) expect(line).toMatch(/^\d; (?!the provision text is good)/);
  });

  test("whose CRC is written otherwise is refused", () => {
    const [body = "", crc = ""] = seal(["id=7"])
      .toString()
      .split(/(?=crc32=)/);
    expect(crc).toMatch(/[a-f]/);
    for (const other of [crc.toUpperCase().replace("CRC", "crc"), "crc32=\n", "crc32=0\n", `${crc.trimEnd()}0\n`]) {
      expect(read(body + other)).toBe(`1; ${DAMAGED}`);
    }
  });

  test("with something behind it is refused", () => {
    const behind = "something stands behind the provision text; erase the partition before writing to it";
    for (const rest of ["\n", "\0", "id=8\n", "\xff\xffx"]) {
      expect(read(Buffer.concat([seal(["id=7"]), Buffer.from(rest, "latin1")]))).toBe(`1; ${behind}`);
    }
  });

  const NO_LINE = "is not key=value, or is too long; in a value \\\\ is a backslash and \\n a line feed";
  test.each([
    ["no equals sign", "interval", NO_LINE],
    ["an empty line", "", NO_LINE],
    ["a remark", "# mine", NO_LINE],
    ["a key of 16 bytes", `${"k".repeat(16)}=1`, NO_LINE],
    ["a space in its key", "app.a b=1", NO_LINE],
    ["a single backslash", "app.x=a\\tb", NO_LINE],
    ["a backslash at its end", "app.x=a\\", NO_LINE],
    ["a NUL", "app.x=a\0b", NO_LINE],
    ["4000 bytes", `app.x=${"x".repeat(4000)}`, NO_LINE],
    ["an unknown key", "intervall=1000", 'there is no setting "intervall"; did you mean interval?'],
    ["an unknown key without a value", "intervall=", 'there is no setting "intervall"; did you mean interval?'],
    ["a wrong value", "interval=5", "interval must be a whole number from 100 to 86400000"],
    ["half a PEM", "ca=-----BEGIN CERTIFICATE-----\\n", "ca is not complete: its END line is missing; append the rest"],
    ["a carriage return", "id=7\r", "id must be 1 to 23 of 0-9 A-Z a-z - _"],
    ["what is not UTF-8", "app.x=\ud800", "OK"],
  ])("with a line that has %s sets nothing, and the line is named", (_, line, why) => {
    const answer = read(seal(["id=7", line, "mqtt=5"]));
    // Node writes a lone surrogate as U+FFFD, which is good: the bytes are spelled out below.
    if (why === "OK") expect(answer).toMatch(/good$/);
    else
      expect(answer).toMatch(
        new RegExp(`^1; line 3 of the provision text:? ${why.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`),
      );
  });

  test("never shows a secret's value when it refuses it", () => {
    const answer = read(seal(["password=hunter2\u0001"]));
    expect(answer).toBe("0; line 2 of the provision text: password holds a control character; type it again without");
  });

  test("of which 100,000 are random never crashes the reader, and none is taken that should not be", () => {
    const key = fc.constantFrom("id", "interval", "app.x", "ca", "sensor0", "broker", "crc32", "nonsense", "");
    const value = fc.oneof(fc.string(), fc.constantFrom("7", "1000", "\\n", "\\", "mqtt://host", "sht3x,sda=5,scl=6"));
    const line = fc.tuple(key, value).map(([name, text]) => `${name}=${text}`);
    const sealed = fc.array(line, { maxLength: 5 }).map((lines) => seal(lines));
    const changed = fc
      .tuple(sealed, fc.nat(), fc.nat(255))
      .map(([text, at, byte]) => Buffer.from(text).fill(byte, at % text.length, (at % text.length) + 1));
    const titled = fc
      .uint8Array({ maxLength: 60 })
      .map((rest) => Buffer.concat([Buffer.from("wasmote provision 1\n"), rest]));
    const texts = fc.oneof(sealed, changed, titled, fc.uint8Array({ maxLength: 60 }));
    const samples = fc.sample(fc.tuple(texts, fc.integer({ min: 1, max: 20 })), { numRuns: 100_000, seed: 3 });
    const lines = records(
      "provision",
      samples.map(([text, pieceBytes]) => asRecord(text, pieceBytes)),
    );
    let good = 0;
    samples.forEach(([text], index) => {
      if (!lines[index]?.endsWith(GOOD)) return;
      good++;
      const end = Buffer.from(text).lastIndexOf("crc32=");
      const crc = crc32(Buffer.from(text).subarray(0, end)).toString(16).padStart(8, "0");
      if (Buffer.from(text).subarray(end).toString("latin1").trimEnd() !== `crc32=${crc}`) {
        throw new Error(Buffer.from(text).toString("hex"));
      }
    });
    expect(good).toBeGreaterThan(1000);
  });
});
