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

interface Rule {
  readonly keys: RegExp;
  readonly secret?: boolean;
  /** Whether it is PEM: more than a line, and given by the name of a file rather than typed. */
  readonly pem?: boolean;
  /** Whether it may have line breaks. */
  readonly lines?: boolean;
  readonly isValid: (value: string) => boolean;
  /** What a value must be, for a message. */
  readonly shape: string;
}

/** The longest key that the board's storage takes, in bytes. */
const MAX_KEY_BYTES = 15;
const MAX_INTERVAL_MS = 86_400_000;
const MIN_INTERVAL_MS = 100;
/** More than a chain of certificates has, and less than a board has memory for. */
const MAX_VALUE_BYTES = 8_192;

const RULES: readonly Rule[] = [
  { keys: /^id$/, isValid: matches(/^[0-9A-Za-z_-]{1,23}$/), shape: "1 to 23 of the characters 0-9 A-Z a-z - _" },
  { keys: /^wifi_ssid$/, isValid: bytes(1, 32), shape: "1 to 32 bytes" },
  {
    keys: /^wifi_password$/,
    secret: true,
    isValid: (value) => value === "" || bytes(8, 63)(value) || /^[0-9a-fA-F]{64}$/.test(value),
    shape: "8 to 63 bytes, or 64 hexadecimal digits, or nothing for an open network",
  },
  { keys: /^broker2?$/, isValid: isEndpoint, shape: "an address like mqtt://host:port, mqtts://, ws:// or wss://" },
  { keys: /^username$/, isValid: bytes(1, 64), shape: "1 to 64 bytes" },
  { keys: /^password$/, secret: true, isValid: bytes(1, 64), shape: "1 to 64 bytes" },
  { keys: /^interval$/, isValid: isInterval, shape: "milliseconds, 100 to 86400000" },
  { keys: /^mqtt$/, isValid: matches(/^(?:3\.1\.1|5)$/), shape: "3.1.1 or 5" },
  {
    keys: /^(?:ca|cert)$/,
    pem: true,
    lines: true,
    isValid: matches(/^-----BEGIN CERTIFICATE-----\n.*\n-----END CERTIFICATE-----\n?$/s),
    shape: "certificates in PEM, -----BEGIN …----- and all",
  },
  {
    keys: /^key$/,
    secret: true,
    pem: true,
    lines: true,
    isValid: matches(/^-----BEGIN (?:RSA |EC )?PRIVATE KEY-----\n.*\n-----END (?:RSA |EC )?PRIVATE KEY-----\n?$/s),
    shape: "a private key in PEM without a passphrase, -----BEGIN …----- and all",
  },
  { keys: /^ntp$/, isValid: matches(/^[0-9A-Za-z.:-]{1,253}$/), shape: "the name or address of a time server" },
  {
    keys: /^(?:sensor[0-7]|actuator[0-3])$/,
    isValid: matches(/^[a-z][a-z0-9]*(?:,[a-z]+=[0-9A-Za-z]+)*$/),
    shape:
      "a driver and its options, such as sht3x,sda=5,scl=6,address=0x44,quantity=temperature or gpio,pin=8,active=high",
  },
  {
    keys: /^app\..+$/,
    lines: true,
    isValid: bytes(0, MAX_VALUE_BYTES),
    shape: `at most ${MAX_VALUE_BYTES} bytes without control characters`,
  },
];

/** The keys that there are, for messages. */
const KEYS =
  "id, wifi_ssid, wifi_password, broker, broker2, username, password, interval, mqtt, ca, cert, key, ntp, sensor0 to sensor7, actuator0 to actuator3, app.<name>";

/** Whether nobody may see the value. A key that does not exist might be a mistyped secret's. */
export function isSecret(key: string): boolean {
  const rule = ruleOf(key);
  return rule === undefined || rule.secret === true;
}

/** Throws `EKEY` for a key that there is not, `EVALUE` for a value that it does not take. No message shows the value. */
export function checkSetting({ key, value }: Setting): void {
  const rule = ruleOf(key);
  if (rule === undefined) {
    throw new WasmoteError("EKEY", "usage", `there is no setting "${key}"`, {
      cure: `use one of ${KEYS}, of at most ${MAX_KEY_BYTES} bytes`,
    });
  }
  const control = rule.lines ? /[^\P{Cc}\n]/u : /\p{Cc}/u;
  if (Buffer.byteLength(value) <= MAX_VALUE_BYTES && !control.test(value) && rule.isValid(value)) return;
  throw new WasmoteError("EVALUE", "usage", `that is no value for ${key}`, { cure: `give it ${rule.shape}` });
}

/**
 * A value as it was given: of `ca`, `cert` and `key`, `@path` stands for the contents of that file. A path is taken from
 * `folder`. Throws `ENOFILE`.
 */
export function resolveValue(key: string, given: string, folder: string): string {
  if (!ruleOf(key)?.pem || !given.startsWith("@")) return given;
  return readValueFile(resolve(folder, given.slice(1)), key);
}

/** The text of a file that holds one value, with the line ends of Unix. Throws `ENOFILE`. */
export function readValueFile(path: string, key: string): string {
  try {
    return readFileSync(path, "utf-8").replaceAll("\r\n", "\n");
  } catch (cause) {
    throw new WasmoteError("ENOFILE", "usage", `can't read ${path} for ${key}: ${systemCode(cause) ?? cause}`, {
      cure: "give the path of the file that holds the value",
      cause,
    });
  }
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
    const { key, value } = setting;
    const resolved = { key, value: resolveValue(key, value, dirname(path)) };
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

function bytes(least: number, most: number): (value: string) => boolean {
  return (value) => Buffer.byteLength(value) >= least && Buffer.byteLength(value) <= most;
}

function isEndpoint(value: string): boolean {
  try {
    parseEndpoint(value);
    return true;
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
