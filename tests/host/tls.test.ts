/** Links over TLS, against real servers of it. */

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { createServer, type Server, type TLSSocket, type TlsOptions } from "node:tls";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { Errno } from "../../host/abi.ts";
import type { TlsSettings } from "../../host/hal/tls.ts";
import { Authority, type Identity } from "../integration/certificates.ts";
import { until } from "./modules.ts";
import { TestLink } from "./test-link.ts";

let authority: Authority;
let server: Identity;
let closings: (() => void)[] = [];

beforeAll(() => {
  authority = new Authority();
  server = authority.issue("localhost", { subjectAltName: "DNS:localhost,IP:127.0.0.1" });
});

afterEach(() => {
  for (const closing of closings) closing();
  closings = [];
  vi.unstubAllEnvs();
});

/** What a server heard: its clients' bytes after TLS, and the names that they asked for. */
interface Heard {
  readonly port: number;
  readonly sockets: TLSSocket[];
  readonly bytes: Buffer[];
  readonly names: TLSSocket["servername"][];
  readonly errors: Error[];
}

async function startServer(identity: Identity = server, options: TlsOptions = {}): Promise<Heard> {
  const sockets: TLSSocket[] = [];
  const bytes: Buffer[] = [];
  const names: TLSSocket["servername"][] = [];
  const errors: Error[] = [];
  const pems = { cert: readFileSync(identity.cert), key: readFileSync(identity.key) };
  const tls: Server = createServer({ ...pems, ...options }, (socket) => {
    sockets.push(socket);
    names.push(socket.servername);
    socket.on("data", (data: Buffer) => bytes.push(data));
    socket.on("error", (error) => errors.push(error));
  });
  tls.on("tlsClientError", (error) => errors.push(error));
  tls.listen(0);
  await once(tls, "listening");
  closings.push(() => {
    for (const socket of sockets) socket.destroy();
    tls.close();
  });
  return { port: (tls.address() as AddressInfo).port, sockets, bytes, names, errors };
}

function link(address: string, tls: TlsSettings = { ca: authority.ca }): TestLink {
  const made = new TestLink(address, tls);
  closings.push(() => made.network.destroy());
  return made;
}

/** The link fails with EPROTO and one warning, and no byte of the node's reached anybody. */
async function fails(heard: Heard, made: TestLink, why: string): Promise<void> {
  expect(await made.closed()).toBe(Errno.EPROTO);
  expect(made.warnings).toHaveLength(1);
  expect(made.warnings[0]).toMatch(/^no connection to mqtts:\/\/[^ ]+:\d+: TLS handshake failed: /);
  expect(made.warnings[0]).toContain(why);
  expect(made.send("secret")).toBe(Errno.EPROTO);
  expect(Buffer.concat(heard.bytes)).toHaveLength(0);
}

describe("a link over TLS", () => {
  test("carries bytes both ways, and asks for the server by its name", async () => {
    const heard = await startServer();
    const made = await link(`mqtts://localhost:${heard.port}`).opened();
    expect(made.send("hello")).toBe(5);
    await until("they have arrived", () => Buffer.concat(heard.bytes).toString() === "hello");
    expect(heard.names).toEqual(["localhost"]);
    expect(["TLSv1.2", "TLSv1.3"]).toContain(heard.sockets[0]?.getProtocol());
    const wakes = made.wakes;
    heard.sockets[0]?.write("world");
    await until("the node is woken", () => made.wakes > wakes);
    expect(String(made.receive(3))).toBe("wor");
    expect(String(made.receive())).toBe("ld");
    expect(made.warnings).toEqual([]);
  });

  test("verifies an address against the certificate's addresses, and names none to the server", async () => {
    const heard = await startServer();
    await link(`mqtts://127.0.0.1:${heard.port}`).opened();
    await until("the server has it", () => heard.names.length === 1);
    expect(heard.names).toEqual([false]);
  });

  test("refuses an address that the certificate is not for", async () => {
    const heard = await startServer(authority.issue("localhost", { subjectAltName: "DNS:localhost,IP:127.0.0.2" }));
    await fails(heard, link(`mqtts://127.0.0.1:${heard.port}`), "IP address mismatch");
  });

  test("refuses a server of another authority", async () => {
    const heard = await startServer(new Authority("another").issue("localhost", { subjectAltName: "DNS:localhost" }));
    await fails(heard, link(`mqtts://localhost:${heard.port}`), "self-signed certificate in certificate chain");
  });

  test("trusts the system's authorities without --ca, and no others", async () => {
    const heard = await startServer();
    await fails(heard, link(`mqtts://localhost:${heard.port}`, {}), "self-signed certificate in certificate chain");
    vi.stubEnv("SSL_CERT_FILE", authority.ca);
    await link(`mqtts://localhost:${heard.port}`, {}).opened();
  });

  test("refuses a certificate that has expired", async () => {
    const expired = authority.issue("localhost", { subjectAltName: "DNS:localhost", expired: true });
    const heard = await startServer(expired);
    await fails(heard, link(`mqtts://localhost:${heard.port}`), "certificate has expired");
  });

  test("refuses a certificate for another name", async () => {
    const heard = await startServer(authority.issue("elsewhere", { subjectAltName: "DNS:elsewhere.example" }));
    await fails(heard, link(`mqtts://localhost:${heard.port}`), "hostname mismatch");
  });

  test("asks for and expects --tls-servername instead of the address's host", async () => {
    const heard = await startServer(authority.issue("elsewhere", { subjectAltName: "DNS:elsewhere.example" }));
    const tls = { ca: authority.ca, servername: "elsewhere.example" };
    await link(`mqtts://127.0.0.1:${heard.port}`, tls).opened();
    await until("the server has it", () => heard.names.length === 1);
    expect(heard.names).toEqual(["elsewhere.example"]);
    const wrong = link(`mqtts://localhost:${heard.port}`, { ca: authority.ca, servername: "localhost.example" });
    expect(await wrong.closed()).toBe(Errno.EPROTO);
    expect(wrong.warnings[0]).toContain("not for localhost.example");
  });

  test("shows its certificate to a server that asks for one", async () => {
    const heard = await startServer(server, { requestCert: true, ca: readFileSync(authority.ca) });
    await link(`mqtts://localhost:${heard.port}`, { ca: authority.ca, ...authority.issue("sensor-7") }).opened();
    await until("the server has it", () => heard.sockets.length === 1);
    expect(heard.sockets[0]?.getPeerCertificate().subject.CN).toBe("sensor-7");
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)(
    "fails without one at a server of %s that requires it",
    async (version) => {
      const heard = await startServer(server, {
        requestCert: true,
        rejectUnauthorized: true,
        ca: readFileSync(authority.ca),
        minVersion: version,
        maxVersion: version,
      });
      const made = link(`mqtts://localhost:${heard.port}`);
      expect(await made.closed()).toBe(Errno.EPROTO);
      // With TLS 1.3 the client's part is over before the server looks at it.
      expect(made.warnings).toHaveLength(1);
      expect(made.warnings[0]).toMatch(
        /alert (handshake failure|certificate required)|the server closed the connection/,
      );
      expect(Buffer.concat(heard.bytes)).toHaveLength(0);
    },
  );

  test("refuses a server that speaks no more than TLS 1.1", async () => {
    const heard = await startServer(server, {
      minVersion: "TLSv1",
      maxVersion: "TLSv1.1",
      ciphers: "DEFAULT@SECLEVEL=0",
    });
    await fails(heard, link(`mqtts://localhost:${heard.port}`), "protocol version");
    const careless = link(`mqtts://localhost:${heard.port}`, { insecure: true });
    await fails(heard, careless, "protocol version");
  });

  test("refuses a server that speaks no TLS", async () => {
    const plain = createTcpServer((socket) => socket.on("error", () => {}).end("220 hello\r\n"));
    plain.listen(0);
    await once(plain, "listening");
    closings.push(() => plain.close());
    const made = link(`mqtts://localhost:${(plain.address() as AddressInfo).port}`);
    expect(await made.closed()).toBe(Errno.EPROTO);
    expect(made.warnings[0]).toMatch(/TLS handshake failed: (wrong version number|packet length too long)$/);
  });

  test("says so when the server hangs up instead of speaking TLS", async () => {
    const plain = createTcpServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.end());
    });
    plain.listen(0);
    await once(plain, "listening");
    closings.push(() => plain.close());
    const made = link(`mqtts://localhost:${(plain.address() as AddressInfo).port}`);
    expect(await made.closed()).toBe(Errno.EPROTO);
    expect(made.warnings[0]).toContain("TLS handshake failed: the server closed the connection");
  });

  test("is refused as any other where nothing listens", async () => {
    const heard = await startServer();
    for (const closing of closings.splice(0)) closing();
    const made = link(`mqtts://127.0.0.1:${heard.port}`);
    expect(await made.closed()).toBe(Errno.ECONNREFUSED);
    expect(made.warnings).toEqual([`no connection to mqtts://127.0.0.1:${heard.port}: ECONNREFUSED`]);
  });
});

describe("ALPN", () => {
  test("is offered when it was asked for, and must be selected", async () => {
    const heard = await startServer(server, { ALPNProtocols: ["mqtt", "x-amzn-mqtt-ca"] });
    const tls = { ca: authority.ca, alpn: "x-amzn-mqtt-ca" };
    await link(`mqtts://localhost:${heard.port}`, tls).opened();
    await until("the server has it", () => heard.sockets.length === 1);
    expect(heard.sockets[0]?.alpnProtocol).toBe("x-amzn-mqtt-ca");
  });

  test("is not offered otherwise", async () => {
    const heard = await startServer(server, { ALPNProtocols: ["mqtt"] });
    await link(`mqtts://localhost:${heard.port}`).opened();
    await until("the server has it", () => heard.sockets.length === 1);
    expect(heard.sockets[0]?.alpnProtocol).toBe(false);
  });

  test("fails the link at a server that selects none", async () => {
    const heard = await startServer();
    const made = link(`mqtts://localhost:${heard.port}`, { ca: authority.ca, alpn: "mqtt" });
    await fails(heard, made, "the server does not select the ALPN protocol mqtt");
  });

  test("fails the link at a server that knows only others", async () => {
    const heard = await startServer(server, { ALPNProtocols: ["h2"] });
    const made = link(`mqtts://localhost:${heard.port}`, { ca: authority.ca, alpn: "mqtt" });
    await fails(heard, made, "no application protocol");
  });
});

describe("--insecure", () => {
  test("takes any certificate, and every link that opens warns of it", async () => {
    const stranger = new Authority("another").issue("x", { subjectAltName: "DNS:elsewhere.example", expired: true });
    const heard = await startServer(stranger);
    const address = `mqtts://localhost:${heard.port}`;
    const made = await link(address, { insecure: true }).opened();
    const line = `INSECURE: the certificate of ${address} is not verified (--insecure)`;
    expect(made.warnings).toEqual([line]);
    made.network.close(made.handle);
    expect(made.network.open(0)).toBe(made.handle);
    await until("the link is open again", () => made.state === 1);
    expect(made.warnings).toEqual([line, line]);
  });

  test("does not warn of a link without TLS", async () => {
    const plain = createTcpServer((socket) => socket.on("error", () => {}));
    plain.listen(0);
    await once(plain, "listening");
    closings.push(() => plain.close());
    const made = link(`mqtt://localhost:${(plain.address() as AddressInfo).port}`, { insecure: true });
    await made.opened();
    expect(made.warnings).toEqual([]);
  });
});

describe("an open link over TLS", () => {
  test("hands over what arrived before the peer's end, and then reports the end", async () => {
    const heard = await startServer();
    const made = await link(`mqtts://localhost:${heard.port}`).opened();
    await until("the server has it", () => heard.sockets.length === 1);
    heard.sockets[0]?.resume().end("last words");
    await once(heard.sockets[0] as Socket, "close");
    expect(made.state).toBe(1);
    expect(made.send("x"), "nobody hears it").toBe(1);
    expect(String(made.receive(4))).toBe("last");
    expect(made.state).toBe(1);
    expect(String(made.receive())).toBe(" words");
    expect(made.state).toBe(Errno.EPIPE);
    expect(made.warnings).toEqual([]);
  });

  test("holds a peer back that sends without end, and loses nothing", async () => {
    const heard = await startServer();
    const made = await link(`mqtts://localhost:${heard.port}`).opened();
    await until("the server has it", () => heard.sockets.length === 1);
    const sent = Buffer.from(Uint8Array.from({ length: 8 * 1024 * 1024 }, (_, index) => index % 251));
    let flushed = false;
    heard.sockets[0]?.write(sent, () => {
      flushed = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(flushed).toBe(false);
    expect((await made.receiveAll(sent.length)).equals(sent)).toBe(true);
  });

  test("takes nothing from the node while its peer does not read, and delivers all that it took", async () => {
    const heard = await startServer();
    const made = await link(`mqtts://localhost:${heard.port}`).opened();
    await until("the server has it", () => heard.sockets.length === 1);
    heard.sockets[0]?.pause();
    let taken = 0;
    await until("the link takes nothing any more", () => {
      const before = taken;
      for (let length = 1; length > 0; taken += length) {
        length = made.send(Uint8Array.from({ length: 1_000 }, (_, index) => (taken + index) % 251));
      }
      return taken > 100_000 && taken === before;
    });
    const wakes = made.wakes;
    heard.sockets[0]?.resume();
    await until("there is room again", () => made.wakes > wakes);
    await until("everything has arrived", () => heard.bytes.reduce((sum, { length }) => sum + length, 0) >= taken);
    const all = Buffer.concat(heard.bytes);
    expect(all).toHaveLength(taken);
    expect(all.every((byte, index) => byte === index % 251)).toBe(true);
  });

  test("delivers at its close what was taken, and ends in good order", async () => {
    const heard = await startServer();
    const made = await link(`mqtts://localhost:${heard.port}`).opened();
    await until("the server has it", () => heard.sockets.length === 1);
    const ended = once(heard.sockets[0] as TLSSocket, "end");
    expect(made.send("good-bye")).toBe(8);
    expect(made.network.close(made.handle)).toBe(0);
    await ended;
    await made.network.drained(1_000);
    expect(String(Buffer.concat(heard.bytes))).toBe("good-bye");
    expect(heard.errors).toEqual([]);
  });

  test("is a reset for its peer when it is destroyed", async () => {
    const heard = await startServer();
    const made = await link(`mqtts://localhost:${heard.port}`).opened();
    await until("the server has it", () => heard.sockets.length === 1);
    made.network.destroy();
    await until("the server sees a reset", () => heard.errors.length > 0);
    expect(heard.errors).toMatchObject([{ code: "ECONNRESET" }]);
  });

  test("that still shakes hands is closed at once", async () => {
    const peers: Socket[] = [];
    const mute = createTcpServer((socket) => peers.push(socket.on("error", () => {})));
    mute.listen(0);
    await once(mute, "listening");
    closings.push(() => mute.close());
    const made = link(`mqtts://localhost:${(mute.address() as AddressInfo).port}`);
    await until("TCP is connected", () => peers.length === 1);
    expect(made.state).toBe(0);
    expect(made.send("early")).toBe(0);
    expect(made.network.close(made.handle)).toBe(0);
    const startedMs = performance.now();
    await made.network.drained(5_000);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
    expect(made.warnings).toEqual([]);
  });
});
