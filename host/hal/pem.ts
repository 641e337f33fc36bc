/** Reads certificates and keys from PEM files, and refuses what is none before anything connects. */

import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { systemCode, WasmoteError } from "../errors.ts";

/** Several times as much as a system's whole list of authorities; what is larger is no such file. */
const MAX_BYTES = 1024 * 1024;

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** Returns the file's text if it holds certificates and each can be parsed; throws `ETLS` otherwise. `flag` names who wants it. */
export function readCertificates(path: string, flag: string): { text: string; first: X509Certificate } {
  const text = readPem(path, flag);
  const [first, ...others] = (text.match(CERTIFICATE) ?? []).map((block) => parseCertificate(block, path, flag));
  const count = text.split("-----BEGIN CERTIFICATE-----").length - 1;
  if (first === undefined || count !== others.length + 1) {
    throw refused(`${path} holds ${first === undefined ? "no certificate" : "a certificate that is cut short"}`, flag);
  }
  return { text, first };
}

/** Returns the text of a file that holds an unencrypted private key; throws `ETLS` otherwise. */
export function readPrivateKey(path: string, flag: string): { text: string; key: KeyObject } {
  const text = readPem(path, flag);
  if (/ENCRYPTED/.test(text)) {
    throw new WasmoteError("ETLS", "usage", `the private key in ${path} is encrypted`, {
      cure: "store it without a passphrase, readable by its owner alone: openssl pkey -in OLD -out NEW",
    });
  }
  try {
    return { text, key: createPrivateKey(text) };
  } catch {
    throw refused(`${path} holds no private key`, flag);
  }
}

function parseCertificate(block: string, path: string, flag: string): X509Certificate {
  try {
    return new X509Certificate(block);
  } catch {
    throw refused(`${path} holds a certificate that can't be parsed`, flag);
  }
}

function readPem(path: string, flag: string): string {
  let text: string | undefined;
  try {
    text = readBounded(path);
  } catch (cause) {
    throw refused(`can't read ${path}: ${systemCode(cause) ?? cause}`, flag);
  }
  if (text === undefined) throw refused(`${path} is too large to hold certificates`, flag);
  return text;
}

/** A path may name a device that never ends, so the file's size can't be asked for. Returns undefined for more than `MAX_BYTES`. */
function readBounded(path: string): string | undefined {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(MAX_BYTES + 1);
    let length = 0;
    for (let read = 1; read > 0 && length < bytes.length; length += read) {
      read = readSync(file, bytes, length, bytes.length - length, null);
    }
    return length > MAX_BYTES ? undefined : bytes.toString("latin1", 0, length);
  } finally {
    closeSync(file);
  }
}

function refused(what: string, flag: string): WasmoteError {
  return new WasmoteError("ETLS", "usage", what, { cure: `give ${flag} a PEM file, -----BEGIN …----- and all` });
}
