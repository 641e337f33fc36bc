/** A board's settings: which keys there are, which are secret, and what a value may be. The firmware checks them again. */

import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { systemCode, WasmoteError } from "../errors.ts";
import { parseEndpoint } from "../hal/endpoint.ts";
import { readInput } from "./files.ts";

/** One setting; the value is as the board is to have it, line breaks and all. */
export interface Setting {
  readonly key: string;
  readonly value: string;
}

/** A setting as a board shows it: a secret as `***`. */
export interface ShownSetting extends Setting {
  /** The value on one line. */
  readonly shown: string;
  /** Whether nothing is set, and this is what counts instead. */
  readonly isDefault: boolean;
}

interface Rule {
  readonly keys: RegExp;
  readonly secret?: boolean;
  /** Whether it is PEM: more than a line, and given by the name of a file rather than typed. */
  readonly pem?: "CERTIFICATE" | "PRIVATE KEY";
  readonly isValid: (value: string) => boolean;
  /** What a value must be, for a message. */
  readonly shape: string;
}

/** The longest key that the board's storage takes, in bytes. */
const MAX_KEY_BYTES = 15;
/** The longest value that it takes. */
const MAX_VALUE_BYTES = 3_999;
const MAX_APPLICATION_BYTES = 1_000;
const MAX_URL_BYTES = 2_048;
const MAX_INTERVAL_MS = 86_400_000;
const MIN_INTERVAL_MS = 100;

const RULES: readonly Rule[] = [
  { keys: /^id$/, isValid: matches(/^[0-9A-Za-z_-]{1,23}$/), shape: "1 to 23 of the characters 0-9 A-Z a-z - _" },
  { keys: /^wifi_ssid$/, isValid: bytes(32), shape: "1 to 32 bytes" },
  {
    keys: /^wifi_password$/,
    secret: true,
    isValid: matches(/^(?:[ -~]{8,63}|[0-9a-fA-F]{64})$/),
    shape: "8 to 63 characters of ASCII, or 64 hexadecimal digits; leave it empty for an open network",
  },
  { keys: /^broker2?$/, isValid: isBroker, shape: "an address like mqtt://host:port, mqtts://, ws:// or wss://" },
  { keys: /^username$/, isValid: bytes(64), shape: "1 to 64 bytes" },
  { keys: /^password$/, secret: true, isValid: bytes(64), shape: "1 to 64 bytes" },
  { keys: /^interval$/, isValid: isInterval, shape: "milliseconds, 100 to 86400000" },
  { keys: /^mqtt$/, isValid: matches(/^(?:3\.1\.1|5)$/), shape: "3.1.1 or 5" },
  {
    keys: /^(?:ca|cert)$/,
    pem: "CERTIFICATE",
    isValid: (value) => labelsOf(value).length > 0 && labelsOf(value).every((label) => label === "CERTIFICATE"),
    shape: `certificates in PEM, of at most ${MAX_VALUE_BYTES} bytes`,
  },
  {
    keys: /^key$/,
    secret: true,
    pem: "PRIVATE KEY",
    isValid: (value) => /^(?:RSA |EC )?PRIVATE KEY$/.test(labelsOf(value).join()),
    shape: "a private key in PEM without a passphrase",
  },
  { keys: /^ntp$/, isValid: matches(/^[\w.:-]{1,253}$/), shape: "the name or address of a time server" },
  {
    keys: /^sensor[0-7]$/,
    isValid: matches(
      /^(?:sht3x|bme280|internal|ds18b20|constant)(?:,(?:sda|scl|address|quantity|pin|value)=[0-9A-Za-z.-]+)*$/,
    ),
    shape: "a probe and how it is wired, such as sht3x,sda=5,scl=6,address=0x44,quantity=temperature",
  },
  {
    keys: /^actuator[0-3]$/,
    isValid: matches(/^gpio(?:,(?:pin|active)=[0-9a-z]+)*$/),
    shape: "how it is wired, such as gpio,pin=8,active=high",
  },
  {
    keys: /^app\.[\w.-]+$/,
    isValid: bytes(MAX_APPLICATION_BYTES),
    shape: `at most ${MAX_APPLICATION_BYTES} bytes without control characters`,
  },
];

/** The keys that there are, for messages. */
export const KEYS = [
  ...["id", "wifi_ssid", "wifi_password", "broker", "broker2", "username", "password", "interval", "mqtt"],
  ...["ca", "cert", "key", "ntp", "sensor0 to sensor7", "actuator0 to actuator3", "app.<name>"],
];

/** Whether nobody may see the value. */
export function isSecret(key: string): boolean {
  return ruleOf(key)?.secret === true;
}

/** Whether the value is PEM. */
export function isPem(key: string): boolean {
  return ruleOf(key)?.pem !== undefined;
}

/**
 * Throws `EKEY` for a key that there is not, `EVALUE` for a value that it does not take; an empty one unsets it. No message
 * shows the value.
 */
export function checkSetting({ key, value }: Setting): void {
  const rule = ruleOf(key);
  if (rule === undefined) {
    throw new WasmoteError("EKEY", "usage", `there is no setting "${key}"`, { cure: `use one of ${KEYS.join(", ")}` });
  }
  const control = rule.pem ? /[^\P{Cc}\n]/u : /\p{Cc}/u;
  if (value === "" || (bytes(MAX_VALUE_BYTES)(value) && !control.test(value) && rule.isValid(value))) return;
  throw new WasmoteError("EVALUE", "usage", `that is no value for ${key}`, { cure: `give it ${rule.shape}` });
}

/**
 * A value as it was given: of `ca`, `cert` and `key`, `@path` stands for the contents of that file, whose path is taken from
 * `folder`. Throws `ENOFILE`.
 */
export function resolveValue({ key, value }: Setting, folder: string): Setting {
  const isPath = isPem(key) && value.startsWith("@");
  return isPath ? { key, value: readValueFile(resolve(folder, value.slice(1)), key) } : { key, value };
}

/**
 * The text of a file that holds one value. Of PEM files only the blocks that are wanted are taken: tools write remarks
 * between them, which boards have no room for. Throws `ENOFILE`.
 */
export function readValueFile(path: string, key: string): string {
  let text: string;
  try {
    text = readFileSync(path, "utf-8").replaceAll("\r\n", "\n");
  } catch (cause) {
    throw new WasmoteError("ENOFILE", "usage", `can't read ${path} for ${key}: ${systemCode(cause) ?? cause}`, {
      cure: "give the path of the file that holds the value",
      cause,
    });
  }
  const label = ruleOf(key)?.pem;
  if (label === undefined) return text.replace(/\n$/, "");
  const blocks = text.match(
    new RegExp(`-----BEGIN (?:\\w+ )?${label}-----\n[^-]+-----END (?:\\w+ )?${label}-----`, "g"),
  );
  return blocks === null ? text : `${blocks.join("\n")}\n`;
}

/**
 * Reads a file of `key=value` lines: `\n` in a value is a line break and `\\` a backslash, empty lines and lines that begin
 * with `#` are passed over. Throws `ENOFILE`, `ESETTINGS` with the number of the line, `EKEY`, `EVALUE`.
 */
export async function readSettingsFile(path: string): Promise<Setting[]> {
  const text = (await readInput(path, "the settings", "give a file of key=value lines")).toString("utf-8");
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === "" || line.startsWith("#")) return [];
    const setting = parseLine(line);
    if (setting === undefined) throw badLine(path, index + 1);
    const resolved = resolveValue(setting, dirname(path));
    checkSetting(resolved);
    return [resolved];
  });
}

/** One `key=value` line, or undefined if it is none. */
export function parseLine(line: string): Setting | undefined {
  const [, key, escaped] = line.match(/^([^=]+)=(.*)$/s) ?? [];
  const value = escaped === undefined ? undefined : unescapeValue(escaped);
  return key === undefined || value === undefined ? undefined : { key: key.trim(), value };
}

/** A line of what the console shows, `key=value` or `(default) key=value`, or undefined if it is none. */
export function parseShown(line: string): ShownSetting | undefined {
  const [, marked, text = ""] = line.match(/^(\(default\) )?(.*)$/s) ?? [];
  const setting = parseLine(text);
  if (setting === undefined) return undefined;
  return { ...setting, shown: text.slice(text.indexOf("=") + 1), isDefault: marked !== undefined };
}

/** A value on one line. */
export function escapeValue(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

/** The opposite; undefined if a backslash stands before anything but `n` or another. */
function unescapeValue(escaped: string): string | undefined {
  if (!/^(?:[^\\]|\\[\\n])*$/.test(escaped)) return undefined;
  return escaped.replaceAll(/\\(.)/g, (_, character) => (character === "n" ? "\n" : "\\"));
}

function ruleOf(key: string): Rule | undefined {
  return Buffer.byteLength(key) > MAX_KEY_BYTES ? undefined : RULES.find(({ keys }) => keys.test(key));
}

function matches(pattern: RegExp): (value: string) => boolean {
  return (value) => pattern.test(value);
}

function bytes(most: number): (value: string) => boolean {
  return (value) => Buffer.byteLength(value) <= most;
}

/** The labels of a text that is nothing but whole blocks of PEM; none if it is anything else. */
function labelsOf(text: string): string[] {
  const blocks = [...text.matchAll(/-----BEGIN ([A-Z ]+)-----\n([^-]+)-----END \1-----(?:\n|$)/g)];
  const isBase64 = (body: string): boolean =>
    /^(?:[\dA-Za-z+/]{4})*(?:[\dA-Za-z+/]{2}(?:==|[\dA-Za-z+/]=))?$/.test(body);
  const isWhole = blocks.map(([block]) => block).join("") === text;
  const isSound = blocks.every(([, , body = ""]) => isBase64(body.replaceAll("\n", "")));
  return isWhole && isSound ? blocks.map(([, label = ""]) => label) : [];
}

/** An address without credentials: those have settings of their own. */
function isBroker(value: string): boolean {
  try {
    parseEndpoint(value);
    return bytes(MAX_URL_BYTES)(value) && !/^[^?]*@/.test(value);
  } catch {
    return false;
  }
}

function isInterval(value: string): boolean {
  return /^\d{3,8}$/.test(value) && Number(value) >= MIN_INTERVAL_MS && Number(value) <= MAX_INTERVAL_MS;
}

function badLine(path: string, line: number): WasmoteError {
  return new WasmoteError("ESETTINGS", "usage", `line ${line} of ${path} is no setting`, {
    cure: "write key=value, a backslash as \\\\ and a line break as \\n; # begins a comment",
  });
}
