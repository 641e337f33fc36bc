import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { Errno } from "../../host/abi.ts";
import { Bridge } from "../../host/bridge/bridge.ts";
import { encodeFrame, type Frame, FrameReader } from "../../host/bridge/frame.ts";
import { creditPayload, dataPayload, Message } from "../../host/bridge/messages.ts";
import { Xorshift32 } from "../../host/hal/random.ts";
import { Journal } from "../integration/journal.ts";

const VERSION = Buffer.of(1);

/** Bytes that the bridge takes for a link before any of them has left. */
const WINDOW_BYTES = 4_096;

const closings: (() => void)[] = [];
afterEach(() => {
  for (const close of closings.splice(0).reverse()) close();
});

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closings.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** What a link of the bridge reaches: it keeps what arrives, and every connection's socket. */
class Peer {
  readonly sockets: Socket[] = [];
  readonly errors: string[] = [];
  readonly #chunks: Buffer[] = [];
  ends = 0;
  readonly #server = createServer({ allowHalfOpen: false }, (socket) => {
    this.sockets.push(socket);
    closings.push(() => socket.destroy());
    socket.on("data", (bytes: Buffer) => this.#chunks.push(bytes));
    socket.on("end", () => this.ends++);
    socket.on("error", (error: NodeJS.ErrnoException) => this.errors.push(error.code ?? ""));
  });

  get received(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  async start(): Promise<string> {
    return `mqtt://127.0.0.1:${await listen(this.#server)}`;
  }
}

/** A board that is the test, on a line that is a socket. */
class FakeBoard {
  readonly logs: string[] = [];
  readonly frames = new Journal<Frame>("the bridge sent", ({ type, payload }) => `${type} ${payload.toString("hex")}`);
  readonly peer = new Peer();
  /** Bytes that the bridge has allowed on all links in all. */
  granted = 0;
  #line: Socket | undefined;
  #number = 0;

  async start(config: Readonly<Record<string, string>> = { id: "7" }): Promise<void> {
    const broker = await this.peer.start();
    const bridge = new Bridge(
      { brokers: [broker], config: new Map(Object.entries(config)), sensor: "constant:17.2", seed: 5 },
      (_, text) => this.logs.push(text),
    );
    closings.push(() => bridge.destroy());
    const server = createServer({ noDelay: true }, (socket) => bridge.attach(socket));
    const line = connect(await listen(server), "127.0.0.1").setNoDelay();
    closings.push(() => line.destroy());
    const reader = new FrameReader();
    line.on("data", (chunk: Buffer) => {
      for (const frame of reader.read(chunk)) {
        if (frame === undefined) throw new Error("the bridge sent something that is no frame");
        this.frames.add(frame);
        if (frame.type === Message.CREDIT) this.granted += frame.payload.readUInt16LE(2);
      }
    });
    await once(line, "connect");
    this.#line = line;
  }

  send(type: number, payload: Uint8Array = new Uint8Array()): void {
    this.sendBytes(encodeFrame({ type, number: this.#number, payload: Buffer.from(payload) }));
    this.skip();
  }

  skip(): void {
    this.#number = (this.#number + 1) & 0xff;
  }

  sendBytes(bytes: Uint8Array): void {
    this.#line?.write(bytes);
  }

  /** Opens a link with that many bytes of credit for the bridge, and waits until it is open. */
  async open(link: number, credit: number): Promise<void> {
    const payload = Buffer.alloc(5);
    payload.writeUInt16LE(link, 0);
    payload.writeUInt16LE(credit, 3);
    this.send(Message.OPEN, payload);
    await this.state(link, 1);
  }

  state(link: number, state: number, from = 0): Promise<Frame> {
    const matches = ({ type, payload }: Frame): boolean =>
      type === Message.STATE && payload.readUInt16LE(0) === link && payload.readInt8(2) === state;
    return this.frames.first(`state ${state} of link ${link}`, matches, { from });
  }

  says(type: number, from = 0): Promise<Frame> {
    return this.frames.first(`frame of type ${type}`, (frame) => frame.type === type, { from });
  }

  /** Bytes that came on a link. */
  data(link: number): Buffer {
    const frames = this.frames.entries.filter(({ type, payload }) => {
      return type === Message.DATA && payload.readUInt16LE(0) === link;
    });
    return Buffer.concat(frames.map(({ payload }) => payload.subarray(2)));
  }

  /** Waits for a round trip: all that came before was handled, and its answers are here. */
  async settle(): Promise<void> {
    const from = this.frames.end;
    this.send(Message.SENSE);
    await this.says(Message.SENSED, from);
  }
}

async function startBoard(config?: Readonly<Record<string, string>>): Promise<FakeBoard> {
  const board = new FakeBoard();
  await board.start(config);
  return board;
}

/** Waits for what happens at the peer. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("rv32: the bridge", () => {
  test("hands over the configuration, how many values it has, the endpoints and the time", async () => {
    const board = await startBoard({ id: "7", username: "u", password: "secret" });
    board.send(Message.HELLO, VERSION);
    const start = await board.says(Message.START);
    const values = board.frames.entries.filter(({ type }) => type === Message.CONFIG);
    expect(values.map(({ payload }) => payload.toString("latin1"))).toEqual([
      "\x02id7",
      "\x08usernameu",
      "\x08passwordsecret",
    ]);
    expect([...start.payload.subarray(0, 6)]).toEqual([3, 1, 5, 0, 0, 0]);
    expect(Math.abs(Number(start.payload.readBigInt64LE(6)) - Date.now())).toBeLessThan(10_000);
  });

  test("does not start a board that speaks another version, and says so", async () => {
    const board = await startBoard();
    board.send(Message.HELLO, Buffer.of(2));
    await board.settle();
    expect(board.frames.count(({ type }) => type === Message.START)).toBe(0);
    expect(board.logs).toEqual([expect.stringContaining("speaks version 2")]);
  });

  test("passes bytes both ways, and no more to the board than it has room for", async () => {
    const board = await startBoard();
    await board.open(9, 100);
    board.send(Message.DATA, dataPayload(9, Buffer.from("hello")));
    await until(() => board.peer.received.toString() === "hello");
    expect((await board.frames.all(2, "credits", ({ type }) => type === Message.CREDIT))[1]?.payload).toEqual(
      creditPayload(9, 5),
    );
    const sent = Buffer.from(Array.from({ length: 2_000 }, (_, at) => at & 0xff));
    board.peer.sockets[0]?.write(sent);
    await until(() => board.data(9).length === 100);
    await board.settle();
    expect(board.data(9)).toEqual(sent.subarray(0, 100));
    for (let granted = 100; granted < sent.length; granted += 475) board.send(Message.CREDIT, creditPayload(9, 475));
    await until(() => board.data(9).length === sent.length);
    expect(board.data(9).equals(sent)).toBe(true);
  });

  test("tells of a peer's end only behind its last bytes", async () => {
    const board = await startBoard();
    await board.open(9, 3);
    board.peer.sockets[0]?.end("last words");
    await until(() => board.data(9).length === 3);
    await board.settle();
    expect(board.frames.count(({ type }) => type === Message.STATE)).toBe(1);
    board.send(Message.CREDIT, creditPayload(9, 1_000));
    await board.state(9, Errno.EPIPE);
    expect(board.data(9).toString()).toBe("last words");
  });

  test("delivers what the board sent before it closed a link", async () => {
    const board = await startBoard();
    await board.open(9, 100);
    board.send(Message.DATA, dataPayload(9, Buffer.from("good-bye")));
    board.send(Message.CLOSE, Buffer.of(9, 0));
    await until(() => board.peer.ends === 1);
    expect(board.peer.received.toString()).toBe("good-bye");
  });

  test("delivers it even if the connection takes it only after the board has closed the link", async () => {
    const board = await startBoard();
    await board.open(9, 100);
    await until(() => board.peer.sockets.length === 1);
    board.peer.sockets[0]?.pause();
    const part = dataPayload(9, Buffer.alloc(500, 1));
    let sent = 0;
    for (let granted = -1; granted !== board.granted; ) {
      granted = board.granted;
      for (; sent + 500 <= granted; sent += 500) board.send(Message.DATA, part);
      await board.settle();
    }
    expect(sent + WINDOW_BYTES, "the connection takes no more").toBeGreaterThan(board.granted);
    board.send(Message.CLOSE, Buffer.of(9, 0));
    await board.settle();
    expect(board.peer.ends).toBe(0);
    board.peer.sockets[0]?.resume();
    await until(() => board.peer.ends === 1);
    expect(board.peer.received.length).toBe(sent);
  });

  test("says that nobody listens", async () => {
    const board = await startBoard();
    const other = createServer();
    const port = await listen(other);
    other.close();
    const bridge = new Bridge(
      { brokers: [`mqtt://127.0.0.1:${port}`], config: new Map(), sensor: "sine", seed: 1 },
      (_, text) => board.logs.push(text),
    );
    closings.push(() => bridge.destroy());
    const server = createServer({ noDelay: true }, (socket) => bridge.attach(socket));
    const line = connect(await listen(server), "127.0.0.1").setNoDelay();
    closings.push(() => line.destroy());
    const reader = new FrameReader();
    const states: number[] = [];
    line.on("data", (chunk: Buffer) => {
      for (const frame of reader.read(chunk)) if (frame?.type === Message.STATE) states.push(frame.payload.readInt8(2));
    });
    line.write(encodeFrame({ type: Message.OPEN, number: 0, payload: Buffer.of(1, 0, 0, 0, 1) }));
    await until(() => states.length > 0);
    expect(states).toEqual([Errno.ECONNREFUSED]);
    expect(board.logs).toEqual([expect.stringMatching(/^no connection to mqtt:.*ECONNREFUSED$/)]);
  });

  test("breaks a link to which the board sends more than it may", async () => {
    const board = await startBoard();
    // Before the link is open, nothing of it can leave.
    const open = encodeFrame({ type: Message.OPEN, number: 0, payload: Buffer.of(9, 0, 0, 0, 1) });
    const part = dataPayload(9, Buffer.alloc(500));
    const parts = Array.from({ length: Math.ceil((WINDOW_BYTES + 1) / 500) }, (_, n) => {
      return encodeFrame({ type: Message.DATA, number: n + 1, payload: part });
    });
    board.sendBytes(Buffer.concat([open, ...parts]));
    await board.state(9, Errno.ECONNRESET);
  });

  test.each([
    [
      "has lost a frame",
      (board: FakeBoard) => {
        board.skip();
        board.send(Message.SENSE);
      },
    ],
    ["says that it has lost one", (board: FakeBoard) => board.send(Message.LOST)],
    ["opens a link twice", (board: FakeBoard) => board.send(Message.OPEN, Buffer.of(9, 0, 0, 0, 1))],
    ["has reset", (board: FakeBoard) => board.send(Message.HELLO, VERSION)],
  ])("breaks the links of a board that %s", async (_, mistake) => {
    const board = await startBoard();
    await board.open(9, 100);
    await until(() => board.peer.sockets.length === 1);
    mistake(board);
    await until(() => board.peer.errors.length === 1);
    expect(board.peer.errors).toEqual(["ECONNRESET"]);
  });

  test("survives any bytes and frames, with no more connections than a board has, and starts the board anew", {
    timeout: 60_000,
  }, async () => {
    const board = await startBoard();
    const random = new Xorshift32(11);
    const below = (limit: number): number => (random.next() >>> 0) % limit;
    for (let n = 0; n < 5_000; n++) {
      const payload = Buffer.from(Array.from({ length: below(20) }, () => random.next() & 0xff));
      if (payload.length > 4) {
        payload.writeUInt16LE(below(8), 0);
        payload[2] = below(2);
      }
      if (below(10) === 0) board.skip();
      board.send(
        [Message.DATA, Message.CREDIT, Message.OPEN, Message.CLOSE, Message.SENSE, below(256)][below(6)] ?? 0,
        payload,
      );
      if (below(10) === 0) board.sendBytes(Buffer.from(Array.from({ length: below(900) }, () => random.next() & 0xff)));
      if (n % 100 === 0) {
        board.sendBytes(Buffer.of(0));
        await board.settle();
        expect(board.peer.sockets.filter(({ destroyed }) => !destroyed).length).toBeLessThan(30);
      }
    }
    board.sendBytes(Buffer.of(0));
    const from = board.frames.end;
    board.send(Message.HELLO, VERSION);
    await board.says(Message.START, from);
  });

  test("refuses a configuration that the board has no room for", () => {
    const make = (config: [string, string][]): Bridge =>
      new Bridge({ brokers: [], config: new Map(config), sensor: "sine", seed: 1 }, () => {});
    expect(() => make([["key", "x".repeat(255)]])).not.toThrow();
    expect(() => make([["key", "x".repeat(256)]])).toThrow(expect.objectContaining({ code: "ECONFIG" }));
    const four = ["a", "b", "c", "d"].map((key): [string, string] => [key, "x".repeat(252)]);
    expect(() => make(four)).not.toThrow();
    expect(() => make([...four, ["e", ""]])).toThrow(expect.objectContaining({ code: "ECONFIG" }));
  });
});
