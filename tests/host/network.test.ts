import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Errno } from "../../host/abi.ts";
import { parseEndpoint } from "../../host/hal/endpoint.ts";
import { SocketNetwork } from "../../host/hal/socket-network.ts";
import { until } from "./modules.ts";

let server: Server;
let port: number;
let network: SocketNetwork;
let wakes: number;
let warnings: string[];
const memory = new Uint8Array(65_536);

beforeEach(async () => {
  server = createServer({ pauseOnConnect: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  port = (server.address() as AddressInfo).port;
  wakes = 0;
  warnings = [];
  network = networkTo(`mqtt://127.0.0.1:${port}`);
});

afterEach(() => {
  network.destroy();
  server.close();
});

function networkTo(address: string): SocketNetwork {
  return new SocketNetwork([parseEndpoint(address)], {
    wake: () => {
      wakes++;
    },
    warn: (text) => warnings.push(text),
  });
}

/** Opens endpoint 0; returns both ends. The server's does not read before it is told to. */
async function open(): Promise<{ handle: number; peer: Socket }> {
  const accepted = once(server, "connection");
  const handle = network.open(0);
  expect(handle).toBeGreaterThanOrEqual(0);
  expect(network.state(handle)).toBe(0);
  const [peer] = (await accepted) as [Socket];
  peer.on("error", () => {});
  await until("the link is open", () => network.state(handle) === 1);
  return { handle, peer };
}

function send(handle: number, text: string): number {
  memory.set(Buffer.from(text), 100);
  return network.send(handle, memory, 100, Buffer.byteLength(text));
}

function receive(handle: number, capacity: number): string {
  const length = network.receive(handle, memory, 200, capacity);
  return length > 0 ? Buffer.from(memory.subarray(200, 200 + length)).toString() : `(${length})`;
}

test("bytes travel both ways, and the node is woken for them", async () => {
  const { handle, peer } = await open();
  peer.resume();
  const arrived = once(peer, "data");
  expect(send(handle, "hello")).toBe(5);
  expect(String((await arrived)[0])).toBe("hello");
  expect(receive(handle, 10)).toBe("(0)");
  const before = wakes;
  peer.write("world");
  await until("the link has bytes", () => wakes > before);
  expect(receive(handle, 10)).toBe("world");
  expect(receive(handle, 10)).toBe("(0)");
});

test("bytes can be read one at a time", async () => {
  const { handle, peer } = await open();
  peer.write("abc");
  await until("the link has bytes", () => receive(handle, 1) === "a");
  expect(receive(handle, 1)).toBe("b");
  expect(receive(handle, 1)).toBe("c");
  expect(receive(handle, 1)).toBe("(0)");
});

test("a link that still connects takes nothing and has nothing", () => {
  const handle = network.open(0);
  expect(send(handle, "early")).toBe(0);
  expect(receive(handle, 10)).toBe("(0)");
});

test("what arrived before the peer's end is handed over first, and until then the link passes for open", async () => {
  const { handle, peer } = await open();
  peer.resume().end("last words");
  await once(peer, "close");
  expect(network.state(handle)).toBe(1);
  // Nobody hears it. A node that reads on only when its answers have left must not wait for that.
  expect(send(handle, "answer")).toBe(6);
  expect(receive(handle, 4)).toBe("last");
  expect(network.state(handle)).toBe(1);
  expect(send(handle, "answer")).toBe(6);
  expect(receive(handle, 100)).toBe(" words");
  expect(network.receive(handle, memory, 0, 10)).toBe(Errno.EPIPE);
  expect(network.state(handle)).toBe(Errno.EPIPE);
  expect(send(handle, "x")).toBe(Errno.EPIPE);
});

test("a reset is a broken link", async () => {
  const { handle, peer } = await open();
  peer.resetAndDestroy();
  await until("the link has closed", () => network.state(handle) < 0);
  expect(network.state(handle)).toBe(Errno.ECONNRESET);
  expect(network.receive(handle, memory, 0, 10)).toBe(Errno.ECONNRESET);
  expect(warnings).toEqual([`lost the connection to mqtt://127.0.0.1:${port}: ECONNRESET`]);
});

test("a port where nothing listens refuses", async () => {
  server.close();
  const handle = network.open(0);
  expect(network.state(handle)).toBe(0);
  await until("the link has closed", () => network.state(handle) < 0);
  expect(network.state(handle)).toBe(Errno.ECONNREFUSED);
  expect(wakes).toBeGreaterThan(0);
  expect(warnings).toEqual([`no connection to mqtt://127.0.0.1:${port}: ECONNREFUSED`]);
});

test("a name that does not resolve is told apart from a peer that refuses", async () => {
  const nowhere = networkTo("mqtt://no-such-broker.invalid");
  const handle = nowhere.open(0);
  await until("the link has closed", () => nowhere.state(handle) < 0, 20_000);
  // A machine whose resolver is out of reach can't know that the name does not exist.
  expect([Errno.ENOTFOUND, Errno.ENETDOWN]).toContain(nowhere.state(handle));
});

test("a peer that sends without end is held back, and nothing is lost", async () => {
  const { handle, peer } = await open();
  const total = 8 * 1024 * 1024;
  const sent = Uint8Array.from({ length: total }, (_, index) => index % 251);
  let flushed = false;
  peer.write(sent, () => {
    flushed = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(flushed).toBe(false);
  let received = 0;
  let wrong = 0;
  await until("everything has arrived", () => {
    for (let length = 1; length > 0; received += length) {
      length = Math.max(0, network.receive(handle, memory, 0, 1000));
      for (let i = 0; i < length; i++) if (memory[i] !== (received + i) % 251) wrong++;
    }
    return received === total;
  });
  expect(wrong).toBe(0);
  expect(flushed).toBe(true);
});

test("a peer that does not read is felt as a link that takes nothing, and every byte taken arrives", async () => {
  const { handle, peer } = await open();
  for (let i = 0; i < memory.length; i++) memory[i] = i % 251;
  let taken = 0;
  const sendOn = (): void => {
    for (let length = 1; length > 0; taken += length) {
      const from = taken % 251;
      length = network.send(handle, memory, from, 1000);
    }
  };
  await until("the link takes nothing any more", () => {
    const before = taken;
    sendOn();
    return taken > 100_000 && taken === before;
  });
  const before = wakes;
  let arrived = 0;
  let wrong = 0;
  peer.on("data", (bytes: Buffer) => {
    for (const byte of bytes) if (byte !== arrived++ % 251) wrong++;
  });
  peer.resume();
  await until("there is room again", () => wakes > before);
  sendOn();
  await until("everything has arrived", () => arrived === taken);
  expect(wrong).toBe(0);
});

test("closing delivers what was taken and ends the link in good order", async () => {
  const { handle, peer } = await open();
  const chunks: string[] = [];
  let failure: Error | undefined;
  peer.on("data", (bytes) => chunks.push(String(bytes)));
  peer.on("error", (error) => {
    failure = error;
  });
  expect(send(handle, "good-bye")).toBe(8);
  expect(network.close(handle)).toBe(0);
  expect(network.close(handle)).toBe(Errno.EBADF);
  expect(network.state(handle)).toBe(Errno.EBADF);
  peer.resume();
  await once(peer, "end");
  await network.drained(1_000);
  expect(chunks.join("")).toBe("good-bye");
  expect(failure).toBeUndefined();
});

test("destroying is a reset for the peer", async () => {
  const { handle, peer } = await open();
  peer.resume();
  const failed = once(peer, "error");
  network.destroy();
  const [error] = (await failed) as [NodeJS.ErrnoException];
  expect(error.code).toBe("ECONNRESET");
  expect(network.state(handle)).toBe(Errno.EBADF);
});

test("handles and endpoints that are none are refused", () => {
  expect(network.open(1)).toBe(Errno.ENOENT);
  expect(network.open(-1)).toBe(Errno.ENOENT);
  for (const handle of [-1, 0, 3, 4, 1000]) {
    expect(network.state(handle)).toBe(Errno.EBADF);
    expect(network.send(handle, memory, 0, 1)).toBe(Errno.EBADF);
    expect(network.receive(handle, memory, 0, 1)).toBe(Errno.EBADF);
    expect(network.close(handle)).toBe(Errno.EBADF);
  }
  const handles = [0, 1, 2, 3].map(() => network.open(0));
  expect(new Set(handles).size).toBe(4);
  expect(network.open(0)).toBe(Errno.EMFILE);
  network.close(handles[2] ?? 0);
  expect(network.open(0)).toBe(handles[2]);
});

test("a network that is cut breaks its links with ENETDOWN, and the peer sees a reset", async () => {
  const { handle, peer } = await open();
  const reset = new Promise<string | undefined>((resolve) => {
    peer.on("error", (error: NodeJS.ErrnoException) => resolve(error.code));
  });
  peer.resume();
  wakes = 0;
  network.cut();
  await until("the link is broken", () => network.state(handle) < 0);
  expect(network.state(handle)).toBe(Errno.ENETDOWN);
  expect(send(handle, "x")).toBe(Errno.ENETDOWN);
  expect(wakes).toBeGreaterThan(0);
  expect(warnings).toEqual([]);
  expect(await reset).toBe("ECONNRESET");
});

test("a network that is cut hands over what had arrived before", async () => {
  const { handle, peer } = await open();
  peer.write("late");
  await until("it has arrived", () => wakes > 1);
  network.cut();
  await new Promise((resolve) => setImmediate(resolve));
  expect(receive(handle, 100)).toBe("late");
  await until("the link is broken", () => network.state(handle) < 0);
  expect(network.state(handle)).toBe(Errno.ENETDOWN);
});

test("a network that is cut opens no socket, and says so at once", async () => {
  let connections = 0;
  server.on("connection", () => connections++);
  network.cut();
  expect(network.isCut).toBe(true);
  const handles = [0, 0, 0, 0].map((endpoint) => network.open(endpoint));
  expect(handles).toEqual([0, 1, 2, 3]);
  expect(network.open(0)).toBe(Errno.EMFILE);
  expect(wakes).toBe(4);
  for (const handle of handles) {
    expect(network.state(handle)).toBe(Errno.ENETDOWN);
    expect(send(handle, "x")).toBe(Errno.ENETDOWN);
    expect(receive(handle, 1)).toBe(`(${Errno.ENETDOWN})`);
    expect(network.close(handle)).toBe(0);
    expect(network.state(handle)).toBe(Errno.EBADF);
  }
  network.restore();
  const { handle } = await open();
  expect(network.state(handle)).toBe(1);
  expect(connections).toBe(1);
});

test("somebody who watches sees the bytes that a link takes and hands over, and its end", async () => {
  const seen: string[] = [];
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
  network = new SocketNetwork([parseEndpoint(`mqtt://127.0.0.1:${port}`)], {
    wake: () => wakes++,
    warn: () => {},
    watch: () => ({
      sent: (bytes) => seen.push(`sent ${text(bytes)}`),
      received: (bytes) => seen.push(`received ${text(bytes)}`),
      closed: () => seen.push("closed"),
    }),
  });
  const { handle, peer } = await open();
  send(handle, "to it");
  peer.write("from it");
  await until("it has arrived", () => receive(handle, 4) === "from");
  receive(handle, 100);
  network.close(handle);
  network.close(handle);
  network.destroy();
  expect(seen).toEqual(["sent to it", "received from", "received  it", "closed"]);
});
