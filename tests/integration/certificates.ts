/** Certificates for tests, made with openssl when they are needed. Their keys live as long as this process. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Paths of PEM files. */
export interface Identity {
  /** The certificate, and behind it its authority's. */
  readonly cert: string;
  readonly key: string;
}

export interface IssueOptions {
  /** What the certificate is for, as openssl writes it: `DNS:localhost`, `IP:127.0.0.1`. */
  readonly subjectAltName?: string;
  /** It ended yesterday. */
  readonly expired?: boolean;
}

const folder = mkdtempSync(join(tmpdir(), "wasmote-certificates-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
let files = 0;

/** A root authority of its own. */
export class Authority {
  /** The path of its certificate. */
  readonly ca: string;
  readonly #key: string;

  constructor(name = "wasmote tests") {
    const { request, key } = createRequest(name);
    this.#key = key;
    this.ca = sign(request, ["-signkey", key], ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign"]);
  }

  /** Makes a certificate for a server or a client, whose common name is `name`. */
  issue(name: string, { subjectAltName, expired = false }: IssueOptions = {}): Identity {
    const { request, key } = createRequest(name);
    const extensions = ["basicConstraints=CA:FALSE", ...(subjectAltName ? [`subjectAltName=${subjectAltName}`] : [])];
    const signer = ["-CA", this.ca, "-CAkey", this.#key, "-set_serial", String(++files)];
    const cert = sign(request, signer, extensions, expired ? -1 : 1);
    writeFileSync(cert, readFileSync(this.ca), { flag: "a" });
    return { cert, key };
  }
}

function createRequest(name: string): { request: string; key: string } {
  const request = newPath("csr");
  const key = newPath("key");
  const algorithm = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl("req", "-new", ...algorithm, "-keyout", key, "-out", request, "-subj", `/CN=${name}`);
  return { request, key };
}

/** Signs a request; returns the certificate's path. */
function sign(request: string, signer: readonly string[], extensions: readonly string[], days = 1): string {
  const cert = newPath("pem");
  const extensionFile = newPath("ext");
  writeFileSync(extensionFile, extensions.map((line) => `${line}\n`).join(""));
  openssl("x509", "-req", "-in", request, ...signer, "-days", String(days), "-extfile", extensionFile, "-out", cert);
  return cert;
}

/** Runs openssl; throws with what it said if it fails. */
export function openssl(...args: string[]): void {
  const { status, error, stderr } = spawnSync("openssl", args, { encoding: "utf-8" });
  if (status !== 0) throw new Error(`openssl ${args[0]} failed: ${error?.message ?? stderr}`);
}

/** A path in a folder that ends with this process. */
export function newPath(extension: string): string {
  return join(folder, `${files++}.${extension}`);
}
