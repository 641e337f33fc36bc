import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { openProvision, sealProvision } from "../../host/device/provision.ts";
import { WasmoteError } from "../../host/errors.ts";
import { CERTIFICATE, VALUES } from "./values.ts";

const CAPACITY = 0x4000;

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof WasmoteError) return error.code;
    throw error;
  }
  return "none";
}

/** A partition with that text, and a CRC that is right for it. */
function partition(text: string): Buffer {
  const body = Buffer.from(text);
  const last = Buffer.from(`crc32=${crc32(body).toString(16).padStart(8, "0")}\n`);
  return Buffer.concat([body, last, Buffer.alloc(64, 0xff)]);
}

describe("the provision partition", () => {
  test("is lines of UTF-8, a line with the CRC-32 of all before it, and 0xff to the end", () => {
    const sealed = sealProvision(
      [
        { key: "id", value: "n-7" },
        { key: "wifi_ssid", value: "Käse \\ Brot" },
        { key: "ca", value: CERTIFICATE },
      ],
      CAPACITY,
    );
    const body =
      "wasmote provision 1\nid=n-7\nwifi_ssid=Käse \\\\ Brot\nca=" +
      "-----BEGIN CERTIFICATE-----\\nMIIB/+8=\\n-----END CERTIFICATE-----\\n\n";
    const text = `${body}crc32=${crc32(Buffer.from(body)).toString(16).padStart(8, "0")}\n`;
    expect(sealed.length).toBe(CAPACITY);
    expect(sealed.toString("utf-8", 0, Buffer.byteLength(text))).toBe(text);
    expect(sealed.subarray(Buffer.byteLength(text)).every((byte) => byte === 0xff)).toBe(true);
  });

  test("gives back what was put in, spaces, equals signs and line breaks and all", () => {
    const settings = [
      { key: "password", value: " a=b\\n " },
      { key: "ca", value: CERTIFICATE },
      { key: "app.last", value: " " },
      { key: "wifi_password", value: "" },
    ];
    expect(openProvision(sealProvision(settings, CAPACITY), "it")).toEqual(settings);
  });

  test("has each key once: the last value counts", () => {
    const sealed = sealProvision(
      [
        { key: "id", value: "a" },
        { key: "id", value: "b" },
      ],
      CAPACITY,
    );
    expect(openProvision(sealed, "it")).toEqual([{ key: "id", value: "b" }]);
  });

  test("may be filled to the last byte, and no further", () => {
    const settings = [{ key: "app.a", value: "x".repeat(100) }];
    const exact = Buffer.byteLength("wasmote provision 1\napp.a=\ncrc32=00000000\n") + 100;
    const full = sealProvision(settings, exact);
    expect(full.at(-1)).toBe("\n".charCodeAt(0));
    expect(openProvision(full, "it")).toEqual(settings);
    expect(codeOf(() => sealProvision(settings, exact - 1))).toBe("ETOOLARGE");
  });

  test.each([
    ["a flipped bit", (bytes: Buffer) => bytes.fill("w", 25, 26)],
    ["nothing in it", () => Buffer.alloc(CAPACITY, 0xff)],
    ["its end cut off", (bytes: Buffer) => bytes.subarray(0, 30)],
    ["something behind its end", (bytes: Buffer) => bytes.fill(0, CAPACITY - 1)],
    ["another version", () => partition("wasmote provision 2\nid=7\n")],
    ["a line that is no setting", () => partition("wasmote provision 1\nid\n")],
    ["a backslash that stands for nothing", () => partition("wasmote provision 1\nid=\\t\n")],
  ])("is refused with %s", (_, change) => {
    const bytes = change(sealProvision([{ key: "id", value: "n-7" }], CAPACITY));
    expect(codeOf(() => openProvision(bytes, "it"))).toBe("EPROVISION");
  });

  test("is refused with a setting that the firmware would not take", () => {
    expect(codeOf(() => openProvision(partition("wasmote provision 1\nidd=7\n"), "it"))).toBe("EKEY");
    expect(codeOf(() => openProvision(partition("wasmote provision 1\nid=a b\n"), "it"))).toBe("EVALUE");
  });
});

describe("a setting", () => {
  const refused = (key: string, value: string): string => codeOf(() => sealProvision([{ key, value }], CAPACITY));

  test.each(VALUES)("%s takes what it should and nothing else", (key, taken, others) => {
    for (const value of [...taken, ""]) expect(refused(key, value), value).toBe("none");
    for (const value of others) expect(refused(key, value), value).toBe("EVALUE");
  });

  test.each(["sensor8", "actuator4", "broker3", "app.", "wifi", "", "app.twelve-chars", "app.a/b", "Id"])(
    "%s is none",
    (key) => {
      expect(refused(key, "7")).toBe("EKEY");
    },
  );

  test("is not shown when it is refused", () => {
    expect(() => sealProvision([{ key: "wifi_password", value: "hunter2" }], CAPACITY)).toThrow(
      /^that is no value for wifi_password$/,
    );
  });
});
