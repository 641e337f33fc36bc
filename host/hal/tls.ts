/** What a node's links over TLS are made with. The module never sees any of it. */

import { existsSync } from "node:fs";
import { isIP } from "node:net";
import { checkServerIdentity, createSecureContext, type PeerCertificate, type SecureContext } from "node:tls";
import { WasmoteError } from "../errors.ts";
import { describeEndpoint, type Endpoint } from "./endpoint.ts";
import { readCertificates, readPrivateKey } from "./pem.ts";

export interface TlsSettings {
  /** Path of a PEM file with the authorities to trust, instead of the system's. */
  readonly ca?: string | undefined;
  /** Path of a PEM file with the client's certificate and what leads from it to its authority. Needs `key`. */
  readonly cert?: string | undefined;
  /** Path of a PEM file with the client's private key, not encrypted. Needs `cert`. */
  readonly key?: string | undefined;
  /** The name to ask for (SNI) and to find in the server's certificate, instead of the endpoint's host. */
  readonly servername?: string | undefined;
  /** An ALPN protocol to offer on mqtts, 1 to 255 bytes; a server that does not select it is refused. */
  readonly alpn?: string | undefined;
  /** Takes any certificate: whoever is on the way may read and change everything. */
  readonly insecure?: boolean | undefined;
}

/** Settings that were read and found good. */
export interface Tls {
  /** Reads the system's authorities where no others were given: only nodes with an endpoint over TLS ask. Throws `ETLS`. */
  context(): SecureContext;
  readonly servername: string | undefined;
  readonly alpn: string | undefined;
  readonly insecure: boolean;
}

const MIN_VERSION = "TLSv1.2";

/** Where systems keep the authorities that they trust: Debian, Fedora, openSUSE, BSD and macOS. */
const SYSTEM_FILES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
] as const;

const SERVERNAME = /^[0-9A-Za-z._:-]{1,253}$/;
const MAX_ALPN_BYTES = 255;

/** Reads every file that the settings name. Throws `ETLS`, with what to do, for settings that are none. */
export function loadTls(settings: TlsSettings = {}): Tls {
  const { ca, cert, key, servername, alpn, insecure = false } = settings;
  if (servername !== undefined && !SERVERNAME.test(servername)) {
    throw refused(
      `${JSON.stringify(servername)} is no server's name`,
      "give --tls-servername a host name or an IP address",
    );
  }
  if (alpn !== undefined && (alpn === "" || Buffer.byteLength(alpn) > MAX_ALPN_BYTES)) {
    throw refused("the ALPN protocol is empty or too long", "give --alpn a name of 1 to 255 bytes, such as mqtt");
  }
  const authorities = ca === undefined ? undefined : readCertificates(ca, "--ca").text;
  const identity = readIdentity(cert, key);
  const context = (): SecureContext => secureContext({ ca: authorities ?? systemAuthorities(), ...identity });
  // What is wrong with files that were given is known at start-up, whether a link needs them or not.
  if (authorities !== undefined || identity !== undefined) context();
  return { context, servername, alpn, insecure };
}

/** The options of one endpoint's connections, as `tls.connect` takes them. */
export interface TlsOptions {
  readonly secureContext: SecureContext;
  readonly servername: string;
  readonly ALPNProtocols?: string[];
  readonly rejectUnauthorized: boolean;
  checkServerIdentity(host: string, certificate: PeerCertificate): Error | undefined;
}

/** Throws `ETLS` if no authorities can be read. */
export function tlsOptions(endpoint: Endpoint, tls: Tls): TlsOptions {
  const name = (tls.servername ?? endpoint.host).replace(/\.$/, "");
  return {
    secureContext: tls.context(),
    // SNI carries names, never addresses (RFC 6066, 3).
    servername: isIP(name) === 0 ? name : "",
    ...(endpoint.scheme === "mqtts" && tls.alpn !== undefined ? { ALPNProtocols: [tls.alpn] } : {}),
    rejectUnauthorized: !tls.insecure,
    checkServerIdentity(_host, certificate) {
      if (checkServerIdentity(name, certificate) === undefined) return undefined;
      const what = isIP(name) === 0 ? "hostname" : "IP address";
      return new Error(`${what} mismatch: the server's certificate is not for ${name}`);
    },
  };
}

/** What is said of each link whose server could be anybody. */
export function insecureWarning(endpoint: Endpoint): string {
  return `INSECURE: the certificate of ${describeEndpoint(endpoint)} is not verified (--insecure)`;
}

interface Pems {
  /** None stands for the authorities that Node.js brings. */
  readonly ca: string | undefined;
  readonly cert?: string;
  readonly key?: string;
}

/** The context that was made last: the nodes of a fleet share it. */
let last: { pems: Pems; context: SecureContext } | undefined;

function secureContext(pems: Pems): SecureContext {
  if (last !== undefined && last.pems.ca === pems.ca && last.pems.cert === pems.cert && last.pems.key === pems.key) {
    return last.context;
  }
  try {
    last = { pems, context: createSecureContext({ ...pems, minVersion: MIN_VERSION }) };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split(":").at(-1) : cause;
    throw refused(`OpenSSL takes no such certificates: ${why}`, "check the files of --ca, --cert and --key");
  }
  return last.context;
}

function readIdentity(cert?: string, key?: string): { cert: string; key: string } | undefined {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined) throw refused("a key is given without a certificate", "add --cert FILE");
  if (key === undefined) throw refused("a certificate is given without its key", "add --key FILE");
  const chain = readCertificates(cert, "--cert");
  const secret = readPrivateKey(key, "--key");
  if (!chain.first.checkPrivateKey(secret.key)) {
    throw refused(
      `the key in ${key} does not belong to the first certificate in ${cert}`,
      "give --cert and --key files that were made together, the client's certificate first",
    );
  }
  return { cert: chain.text, key: secret.text };
}

/** Files that were read already: a fleet's nodes share them. */
const systemFiles = new Map<string, string>();

/** Node.js brings authorities of its own; one that a company adds to its machines is only in the system's. */
function systemAuthorities(): string | undefined {
  const { SSL_CERT_FILE } = process.env;
  const path = SSL_CERT_FILE || SYSTEM_FILES.find((file) => existsSync(file));
  if (path === undefined) return undefined;
  const text = systemFiles.get(path) ?? readCertificates(path, SSL_CERT_FILE ? "SSL_CERT_FILE" : "--ca").text;
  systemFiles.set(path, text);
  return text;
}

function refused(what: string, cure: string): WasmoteError {
  return new WasmoteError("ETLS", "usage", what, { cure });
}
