/** What is wrong with certificates, keys and names is said before anything connects. */

import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, expect, test, vi } from "vitest";
import { WasmoteError } from "../../host/errors.ts";
import { parseEndpoint } from "../../host/hal/endpoint.ts";
import { loadTls, type TlsSettings, tlsOptions } from "../../host/hal/tls.ts";
import { Authority, type Identity, newPath, openssl } from "../integration/certificates.ts";

let authority: Authority;
let identity: Identity;

beforeAll(() => {
  authority = new Authority();
  identity = authority.issue("sensor-7");
});

function file(contents: string): string {
  const path = newPath("txt");
  writeFileSync(path, contents);
  return path;
}

/** The one line that `loadTls` refuses settings with. */
function refusal(settings: TlsSettings): WasmoteError {
  try {
    loadTls(settings);
  } catch (error) {
    if (!(error instanceof WasmoteError)) throw error;
    expect(error).toMatchObject({ code: "ETLS", fault: "usage" });
    expect(error.cure).toBeTruthy();
    expect(`${error.message} ${error.cure}`).not.toMatch(/\n|BEGIN (EC |RSA )?PRIVATE/);
    return error;
  }
  throw new Error("it was not refused");
}

test("certificates, a key and a name that fit are taken, and verification is on", () => {
  const tls = loadTls({ ca: authority.ca, ...identity, servername: "broker.example", alpn: "mqtt" });
  expect(tlsOptions(parseEndpoint("mqtts://127.0.0.1"), tls)).toMatchObject({
    servername: "broker.example",
    ALPNProtocols: ["mqtt"],
    rejectUnauthorized: true,
  });
});

test("an environment that switches verification off has no say", () => {
  vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
  expect(tlsOptions(parseEndpoint("mqtts://broker"), loadTls({ ca: authority.ca })).rejectUnauthorized).toBe(true);
  vi.unstubAllEnvs();
});

test("the nodes of a fleet share one context", () => {
  const [one, other] = [0, 1].map(() => loadTls({ ca: authority.ca, ...identity }).context());
  expect(one).toBe(other);
  expect(loadTls({ ca: authority.ca }).context()).not.toBe(one);
});

test("a file that is not there, or is a folder, is named with the reason", () => {
  expect(refusal({ ca: "/no/such.pem" }).message).toBe("can't read /no/such.pem: ENOENT");
  expect(refusal({ ca: "/tmp" }).message).toBe("can't read /tmp: EISDIR");
  expect(refusal({ cert: "/no/such.pem", key: identity.key }).cure).toContain("--cert");
  expect(refusal({ ...identity, key: "/no/such.pem" }).cure).toContain("--key");
});

test("a device that never ends is not read to its end", () => {
  expect(refusal({ ca: "/dev/zero" }).message).toBe("/dev/zero is too large to hold certificates");
});

test("a file without certificates is refused, and so is one that is cut short or damaged", () => {
  const pem = readFileSync(authority.ca, "latin1");
  expect(refusal({ ca: file("") }).message).toContain("holds no certificate");
  expect(refusal({ ca: identity.key }).message).toContain("holds no certificate");
  expect(refusal({ ca: file(pem.slice(0, pem.length / 2)) }).message).toContain("holds no certificate");
  expect(refusal({ ca: file(pem + pem.slice(0, pem.length / 2)) }).message).toContain("cut short");
  const middle = pem.length / 2;
  const damaged = `${pem.slice(0, middle)}AAAAAAAA${pem.slice(middle + 8)}`;
  expect(refusal({ ca: file(damaged) }).message).toMatch(/can't be parsed/);
  expect(refusal({ ca: file(pem + damaged) }).message).toMatch(/can't be parsed/);
});

test("a certificate needs its key, and a key its certificate", () => {
  expect(refusal({ cert: identity.cert })).toMatchObject({ cure: "add --key FILE" });
  expect(refusal({ key: identity.key })).toMatchObject({ cure: "add --cert FILE" });
});

test("a key that is another certificate's, or none, is refused", () => {
  const { key } = authority.issue("sensor-8");
  expect(refusal({ ...identity, key }).message).toContain("does not belong to");
  expect(refusal({ ...identity, key: identity.cert }).message).toContain("holds no private key");
});

test("an encrypted key is refused with the command that decrypts it", () => {
  const key = newPath("key");
  openssl("pkey", "-in", identity.key, "-aes256", "-passout", "pass:geheim", "-out", key);
  const error = refusal({ ...identity, key });
  expect(error.message).toContain("is encrypted");
  expect(error.cure).toContain("openssl pkey");
});

test("a server's name is a host name or an address", () => {
  for (const servername of ["", "a b", "broker/path", "x".repeat(254), "a\nb"]) {
    expect(refusal({ servername }).cure).toContain("--tls-servername");
  }
  for (const servername of ["broker.example", "127.0.0.1", "2001:db8::7"]) loadTls({ servername });
});

test("an ALPN protocol has 1 to 255 bytes", () => {
  for (const alpn of ["", "x".repeat(256), "é".repeat(128)]) expect(refusal({ alpn }).cure).toContain("--alpn");
  loadTls({ alpn: "x".repeat(255) });
});

test("a file of the system's authorities that can't be read is named", () => {
  vi.stubEnv("SSL_CERT_FILE", "/no/such.pem");
  const tls = loadTls();
  expect(() => tlsOptions(parseEndpoint("wss://broker"), tls)).toThrow("can't read /no/such.pem: ENOENT");
  vi.unstubAllEnvs();
});
