/** wasmote-posix over TLS, against real servers. */

import { readFileSync } from "node:fs";
import { createServer as createTcpServer, type Socket } from "node:net";
import { createServer, type TLSSocket, type TlsOptions } from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import { until } from "../host/modules.ts";
import { Authority, type Identity, newPath, openssl } from "../integration/certificates.ts";
import { caller, floodByte, flooder, talker } from "./probe.ts";
import { file, module, program, run, type Started, start } from "./programs.ts";
import { listen } from "./servers.ts";

const authority = new Authority();
const ca = ["--ca", authority.ca];
const identity = authority.issue("localhost", { subjectAltName: "DNS:localhost,IP:127.0.0.1" });
const client = authority.issue("attic");

interface Heard {
  readonly port: number;
  readonly sockets: TLSSocket[];
  /** Why handshakes failed, in OpenSSL's words. */
  readonly errors: string[];
}

interface ServerOptions extends TlsOptions {
  readonly identity?: Identity;
  readonly host?: string;
  readonly onSocket?: (socket: TLSSocket) => void;
}

async function startServer({
  identity: own = identity,
  host,
  onSocket,
  ...options
}: ServerOptions = {}): Promise<Heard> {
  const sockets: TLSSocket[] = [];
  const errors: string[] = [];
  const server = createServer({ cert: readFileSync(own.cert), key: readFileSync(own.key), ...options }, (socket) => {
    sockets.push(socket.on("error", () => {}));
    onSocket?.(socket);
  });
  server.on("tlsClientError", ({ message }) => errors.push(message));
  return { port: await listen(server, host), sockets, errors };
}

describe("the flags of TLS", () => {
  const wasm = file(module(""));
  const key = file(readFileSync(client.key));
  const encrypted = newPath("key");
  openssl("pkey", "-in", client.key, "-aes256", "-passout", "pass:hunter2", "-out", encrypted);
  const damaged = file("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  const half = file(
    `${readFileSync(authority.ca, "utf-8")}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
  );
  const damagedKey = file("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n");

  test.each([
    ["a certificate alone", ["--cert", client.cert], "a certificate is given without its key (add --key FILE)"],
    ["a key alone", ["--key", key], "a key is given without a certificate (add --cert FILE)"],
    [
      "a CA file that is not there",
      ["--ca", "/no/ca.pem"],
      "can't read the certificates /no/ca.pem (check its path and its permissions)",
    ],
    [
      "a CA file without an end",
      ["--ca", "/dev/zero"],
      "can't read the certificates /dev/zero (check its path and its permissions)",
    ],
    [
      "a CA file without a certificate",
      ["--ca", key],
      `${key} holds no certificate (it must be PEM: -----BEGIN CERTIFICATE-----)`,
    ],
    [
      "a damaged certificate",
      ["--ca", damaged],
      `${damaged} holds a certificate that can't be read (see what \`openssl x509 -text -in\` says about it)`,
    ],
    [
      "a good certificate and a damaged one",
      ["--ca", half],
      `${half} holds a certificate that can't be read (see what \`openssl x509 -text -in\` says about it)`,
    ],
    [
      "a certificate that is not there",
      ["--cert", "/no/cert.pem", "--key", key],
      "can't read the certificates /no/cert.pem (check its path and its permissions)",
    ],
    [
      "a key that is not there",
      ["--cert", client.cert, "--key", "/no/key"],
      "can't read the key /no/key (check its path and its permissions)",
    ],
    [
      "a key file without a key",
      ["--cert", client.cert, "--key", client.cert],
      `${client.cert} holds no private key (it must be PEM: -----BEGIN PRIVATE KEY-----)`,
    ],
    [
      "an encrypted key",
      ["--cert", client.cert, "--key", encrypted],
      `the key ${encrypted} is encrypted (decrypt it: openssl pkey -in KEY -out PLAINKEY)`,
    ],
    [
      "a damaged key",
      ["--cert", client.cert, "--key", damagedKey],
      `${damagedKey} holds a private key that can't be read (use an RSA key or one on the curve P-256 or P-384)`,
    ],
    [
      "another certificate's key",
      ["--cert", client.cert, "--key", identity.key],
      `the key ${identity.key} is not that of the certificate (the client's own certificate must be the first in its file)`,
    ],
    [
      "a server's name that is none",
      ["--tls-servername", "a b"],
      '"a b" is not a server\'s name (write it as broker.example.com, without a port)',
    ],
    ["an empty protocol", ["--alpn", ""], "the protocol of --alpn has no bytes or too many (use 1 to 255)"],
  ])("%s is refused with one line and exit code 2", (_what, args, message) => {
    for (const variant of ["", "sanitize"] as const) {
      // Also where no broker is reached over TLS.
      expect(run(program("posix", variant), [wasm, "--id", "7", ...args])).toEqual({
        status: 2,
        stdout: "",
        stderr: `wasmote-posix: error: ${message}\n`,
      });
    }
  });

  test("good ones pass, and so do the system's certificates", () => {
    for (const variant of ["", "sanitize"] as const) {
      const args = [wasm, "--id", "7", "--broker", "mqtts://localhost"];
      const own = ["--cert", client.cert, "--key", client.key];
      expect(run(program("posix", variant), [...args, ...own])).toEqual({ status: 0, stdout: "", stderr: "" });
      expect(run(program("posix", variant), [...args, ...own, ...ca])).toEqual({ status: 0, stdout: "", stderr: "" });
    }
  });
});

describe.each([
  ["the program", ""],
  ["the program under ASan and UBSan", "sanitize"],
] as const)("TLS, %s", (_name, variant) => {
  /** Starts it with a module, and ends it with the test. */
  function startNode(wasm: Uint8Array, url: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Started {
    const started = start(program("posix", variant), [file(wasm), "--id", "7", "--broker", url, ...args], env);
    onTestFinished(() => void started.child.kill("SIGKILL"));
    return started;
  }

  /** The link fails with EPROTO and one line that says why; the module sees nothing else. */
  async function fails(url: string, args: readonly string[], why: string | RegExp): Promise<void> {
    const node = startNode(talker("secret"), url, args);
    expect(await node.ended).toBe(0);
    const lines = node.stderr.split("\n").filter((line) => !line.includes("INSECURE"));
    const [first = "", ...others] = lines;
    const prefix = `warn: [7] no connection to ${url}: TLS handshake failed: `;
    expect(first.slice(0, prefix.length)).toBe(prefix);
    if (typeof why === "string") expect(first.slice(prefix.length)).toBe(why);
    else expect(first.slice(prefix.length)).toMatch(why);
    expect(others).toEqual(["info: [7] actuator 0 = -15", ""]);
  }

  test("carries bytes both ways, and an end in good order", async () => {
    const heard: Buffer[] = [];
    let version: string | null = null;
    const { port } = await startServer({
      onSocket: (socket) => {
        version = socket.getProtocol();
        socket.on("data", (bytes: Buffer) => heard.push(bytes));
        socket.end("world");
      },
    });
    const node = startNode(talker("hello"), `mqtts://localhost:${port}`, ca);
    expect(await node.ended).toBe(0);
    expect(node.stderr.split("\n")).toEqual([
      `info: [7] connected to mqtts://localhost:${port}`,
      "info: [7] world",
      "info: [7] actuator 0 = -11",
      "",
    ]);
    await until("the greeting arrived", () => Buffer.concat(heard).toString() === "hello");
    expect(version).toBe("TLSv1.2");
  });

  test("a record that is read byte by byte: the board does not sleep while TLS holds the rest", async () => {
    const { port } = await startServer({ onSocket: (socket) => socket.end("all of this in one record") });
    const node = startNode(talker("", 1), `mqtts://localhost:${port}`, ca);
    expect(await node.ended).toBe(0);
    const bytes = [...node.stderr.matchAll(/^info: \[7] (.)$/gm)].map(([, byte]) => byte);
    expect(bytes.join("")).toBe("all of this in one record");
    expect(node.stderr).toMatch(/actuator 0 = -11\n$/);
  });

  test("what the link takes arrives whole and in order, though the server reads late", async () => {
    const total = 6_000_000;
    const parts: Buffer[] = [];
    let ended = false;
    const { port } = await startServer({
      onSocket: (socket) => {
        socket.pause();
        setTimeout(() => socket.resume(), 500);
        socket.on("data", (bytes: Buffer) => parts.push(bytes));
        socket.on("end", () => (ended = true));
      },
    });
    const node = startNode(flooder(total), `mqtts://localhost:${port}`, ca);
    expect(await node.ended).toBe(0);
    await until("the end arrived", () => ended);
    const bytes = Buffer.concat(parts);
    expect(bytes).toHaveLength(total);
    expect(bytes.findIndex((byte, place) => byte !== floodByte(place))).toBe(-1);
  });

  test("a link that is closed at once delivers what it took, then close_notify", async () => {
    const parts: Buffer[] = [];
    let ended = false;
    const { port } = await startServer({
      onSocket: (socket) => {
        socket.write("unread");
        socket.on("data", (bytes: Buffer) => parts.push(bytes));
        // Without close_notify this would be an error instead.
        socket.on("end", () => (ended = true));
      },
    });
    const node = startNode(caller("good-bye"), `mqtts://localhost:${port}`, ca);
    expect(await node.ended).toBe(0);
    await until("the end arrived", () => ended);
    expect(Buffer.concat(parts).toString()).toBe("good-bye");
  });

  test("an end without close_notify is not one in good order", async () => {
    const { port } = await startServer({
      onSocket: (socket) => socket.write("cut off", () => setTimeout(() => socket.destroy(), 100)),
    });
    const node = startNode(talker(), `mqtts://localhost:${port}`, ca);
    expect(await node.ended).toBe(0);
    expect(node.stderr).toContain("info: [7] cut off\ninfo: [7] actuator 0 = -10\n");
  });

  test("asks for the server by its name, and by none at an address", async () => {
    const { port, sockets } = await startServer();
    const nodes = ["localhost", "127.0.0.1"].map((host) => startNode(talker(), `mqtts://${host}:${port}`, ca));
    await until("both are there", () => sockets.length === 2);
    expect(new Set(sockets.map((socket) => (socket as { servername?: string | false }).servername))).toEqual(
      new Set(["localhost", false]),
    );
    expect(nodes.map(({ stderr }) => stderr).join("")).not.toContain("warn");
  });

  test("asks for and expects the name of --tls-servername", async () => {
    const elsewhere = authority.issue("elsewhere", { subjectAltName: "DNS:elsewhere.example" });
    const { port, sockets } = await startServer({ identity: elsewhere });
    startNode(talker(), `mqtts://127.0.0.1:${port}`, [...ca, "--tls-servername", "elsewhere.example"]);
    await until("it is there", () => sockets.length === 1);
    expect((sockets[0] as { servername?: string } | undefined)?.servername).toBe("elsewhere.example");
    const why = "hostname mismatch: the server's certificate is not for localhost";
    await fails(`mqtts://localhost:${port}`, ca, why);
  });

  test.each([
    ["127.0.0.1", "IP:127.0.0.1", true],
    ["127.0.0.1", "DNS:other.example,IP:10.0.0.1,IP:127.0.0.1", true],
    ["[::1]", "IP:::1", true],
    ["127.0.0.1", "IP:127.0.0.2", false],
    ["127.0.0.1", "DNS:127.0.0.1", false],
    ["127.0.0.1", "IP:::ffff:127.0.0.1", false],
    ["[::1]", "IP:127.0.0.1", false],
    ["127.0.0.1", undefined, false],
  ])("the address %s and a certificate for %s: %s", async (host, subjectAltName, good) => {
    const bare = host.replace(/[[\]]/g, "");
    const own = authority.issue(bare, subjectAltName === undefined ? {} : { subjectAltName });
    const { port } = await startServer({ identity: own, host: bare, onSocket: (socket) => socket.end() });
    const url = `mqtts://${host}:${port}`;
    if (!good) return fails(url, ca, `IP address mismatch: the server's certificate is not for ${bare}`);
    const node = startNode(talker(), url, ca);
    await node.ended;
    expect(node.stderr).toBe(`info: [7] connected to ${url}\ninfo: [7] actuator 0 = -11\n`);
  });

  test("an authority that is not trusted is refused, and the server hears why", async () => {
    const { port, errors } = await startServer();
    const another = ["--ca", new Authority("another").ca];
    await fails(`mqtts://localhost:${port}`, another, "self-signed certificate in certificate chain");
    await fails(`mqtts://localhost:${port}`, [], "self-signed certificate in certificate chain");
    await until("the server has heard it", () => errors.length === 2);
    expect(errors.join()).toMatch(/alert unknown ca[\s\S]*alert unknown ca/);
  });

  test("the authorities of SSL_CERT_FILE stand for the system's", async () => {
    const { port } = await startServer({ onSocket: (socket) => socket.end() });
    const node = startNode(talker(), `mqtts://localhost:${port}`, [], { SSL_CERT_FILE: authority.ca });
    await node.ended;
    expect(node.stderr).toContain("connected to");
  });

  test("a certificate that has expired is refused", async () => {
    const expired = authority.issue("localhost", { subjectAltName: "DNS:localhost", expired: true });
    const { port } = await startServer({ identity: expired });
    await fails(`mqtts://localhost:${port}`, ca, "certificate has expired");
  });

  test("a server that speaks no more than TLS 1.1 is refused, with --insecure too", async () => {
    const { port } = await startServer({ minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" });
    for (const args of [ca, ["--insecure"]])
      await fails(`mqtts://localhost:${port}`, args, /^(alert protocol version|unsupported protocol: )/);
  });

  test("a server that requires a client certificate gets it, and refuses who has none", async () => {
    const { port, sockets } = await startServer({
      requestCert: true,
      rejectUnauthorized: true,
      ca: readFileSync(authority.ca),
    });
    startNode(talker(), `mqtts://localhost:${port}`, [...ca, "--cert", client.cert, "--key", client.key]);
    await until("it is there", () => sockets.length === 1);
    expect(sockets[0]?.getPeerCertificate().subject.CN).toBe("attic");
    await fails(`mqtts://localhost:${port}`, ca, /^(alert handshake failure|the server closed the connection)$/);
  });

  test("offers the protocol of --alpn, and refuses a server that does not select it", async () => {
    const args = [...ca, "--alpn", "x-amzn-mqtt-ca"];
    const knows = await startServer({ ALPNProtocols: ["mqtt", "x-amzn-mqtt-ca"] });
    startNode(talker(), `mqtts://localhost:${knows.port}`, args);
    await until("it is there", () => knows.sockets.length === 1);
    expect(knows.sockets[0]?.alpnProtocol).toBe("x-amzn-mqtt-ca");
    const ignores = await startServer();
    const why = "the server does not select the ALPN protocol x-amzn-mqtt-ca";
    await fails(`mqtts://localhost:${ignores.port}`, args, why);
    const others = await startServer({ ALPNProtocols: ["http/1.1"] });
    const either = /^(alert no application protocol|the server does not select the ALPN protocol x-amzn-mqtt-ca)$/;
    await fails(`mqtts://localhost:${others.port}`, args, either);
  });

  test("--insecure takes any certificate, and warns of each link", async () => {
    const stranger = new Authority("another").issue("elsewhere", { expired: true });
    const { port } = await startServer({ identity: stranger, onSocket: (socket) => socket.end() });
    const node = startNode(talker(), `mqtts://localhost:${port}`, ["--insecure"]);
    await node.ended;
    expect(node.stderr.split("\n").slice(0, 2)).toEqual([
      `warn: [7] INSECURE: the certificate of mqtts://localhost:${port} is not verified (--insecure)`,
      `info: [7] connected to mqtts://localhost:${port}`,
    ]);
  });

  test.each([
    [
      "greets in clear text",
      (socket: Socket) => socket.write("220 hello, who are you?\r\n"),
      /^wrong version number: /,
    ],
    ["hangs up", (socket: Socket) => socket.once("data", () => socket.end()), "the server closed the connection"],
    [
      "sends a record that is no handshake",
      (socket: Socket) => socket.write(Buffer.from([0x17, 3, 3, 0, 5, 1, 2, 3, 4, 5])),
      /^mbedTLS error -0x[0-9A-F]+$/,
    ],
  ])("a server that %s is refused", async (_what, onSocket, why) => {
    const port = await listen(createTcpServer(onSocket));
    await fails(`mqtts://localhost:${port}`, ca, why);
  });

  test("a node that is ended in the middle of a handshake leaves no leak", async () => {
    let connected = false;
    const port = await listen(createTcpServer(() => (connected = true)));
    const node = startNode(talker(), `mqtts://localhost:${port}`, ca);
    await until("it is there", () => connected);
    node.child.kill("SIGTERM");
    expect(await node.ended).toBe(0);
    expect(node.stderr).not.toMatch(/Sanitizer|connected/);
  });
});
