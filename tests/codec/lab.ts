/** A node with the application of modules/codec.ts, in states that were saved, and what it says of a packet. */

import type { IConnectPacket, Packet } from "mqtt-packet";
import { Errno } from "../../host/abi.ts";
import type { LoadedModule } from "../../host/engine/module.ts";
import { loadApp } from "../unit/harness/modules.ts";
import { TestNode } from "../unit/harness/node.ts";
import { decode, encode, type Version } from "./wire.ts";

/** Bytes of the receive buffer. */
export const CAPACITY = 1024;
/** What CONNECT says: one less, for brokers that leave the first byte out of their count. */
export const MAXIMUM_PACKET_SIZE = CAPACITY - 1;
export const ALIASES = 2;
/** The topic whose messages are instructions. */
const DO = "wasmote/do";

/** The application, with both versions compiled in; further options are `NAME=value`. */
export function loadCodec(...options: string[]): Promise<LoadedModule> {
  const all = [
    "NODE_MQTT=45",
    "NODE_MESSAGES=1",
    "NODE_INBOUND_QOS=2",
    "NODE_OUTBOX=4096",
    "NODE_WILL=512",
    "NODE_AUTH=1",
    `NODE_ALIASES=${ALIASES}`,
    `NODE_RECEIVE=${CAPACITY}`,
    "NODE_TRANSMIT=2048",
    "NODE_KEEP_ALIVE_S=8",
    ...options,
  ];
  return loadApp("tests/codec/modules/codec.ts", all, "tests/codec/modules/asconfig.json");
}

/** One thing that the application is to do: a letter of modules/codec.ts, a number and a text. */
export function instruction(letter: string, number = 0, text: string | Uint8Array = ""): Buffer {
  const bytes = Buffer.from(text);
  const head = Buffer.alloc(7);
  head.write(letter, "latin1");
  head.writeUInt32BE(number >>> 0, 1);
  head.writeUInt16BE(bytes.length, 5);
  return Buffer.concat([head, bytes]);
}

export interface State {
  readonly image: Uint8Array;
  readonly nowMs: number;
}

/** What the node did with the bytes that it was given. */
export interface Outcome {
  /** What the application was given, field by field, by the letters of modules/codec.ts. */
  readonly told: Readonly<Record<string, string>>;
  /** Lines of the node itself, each behind its level. */
  readonly logs: readonly string[];
  readonly sent: readonly Packet[];
  /** The same as it was on the wire. */
  readonly bytes: Buffer;
  /** Whether the link still stands; a new one would not be open yet. */
  readonly linked: boolean;
}

export class Lab {
  readonly node: TestNode;
  readonly version: Version;

  constructor(module: LoadedModule, version: Version, config: Readonly<Record<string, string>> = {}) {
    this.version = version;
    this.node = new TestNode(module, { config: { mqtt: version === 5 ? "5" : "3.1.1", ...config } });
  }

  save(): State {
    return { image: this.node.image(), nowMs: this.node.nowMs };
  }

  /** Puts the node into a state in which its link was open. */
  restore({ image, nowMs }: State): this {
    this.node.restore(image);
    this.node.nowMs = nowMs;
    // The same chance each time: a case that fails is to fail again.
    this.node.board.seed(1);
    this.node.sent();
    this.node.logs();
    return this;
  }

  /** Hands packets over in parts, cut at these places, and says what the node did. */
  give(bytes: Uint8Array, cuts: readonly number[] = []): Outcome {
    const places = cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b);
    let from = 0;
    for (const to of [...places, bytes.length]) {
      if (this.node.board.link !== "open") break;
      this.node.board.receive(bytes.subarray(from, to));
      this.node.settle();
      // It may ask to be run again at once.
      for (let more = 0; this.node.waitMs === 0 && more < 10; more++) this.node.step();
      from = to;
    }
    return this.outcome();
  }

  packet(packet: Packet, cuts?: readonly number[]): Outcome {
    return this.give(encode(packet, this.version), cuts);
  }

  /** Tells the application to do something. */
  instruct(...instructions: readonly Uint8Array[]): Outcome {
    const payload = Buffer.concat(instructions);
    return this.packet({ cmd: "publish", topic: DO, payload, qos: 0, dup: false, retain: false });
  }

  /** What the node did since the last look. */
  outcome(): Outcome {
    const told: Record<string, string> = {};
    const logs: string[] = [];
    for (const line of this.node.logs()) {
      const letter = line[2] ?? "";
      if (line.startsWith("0 ")) told[letter] = (told[letter] ?? "") + line.slice(3);
      else logs.push(line);
    }
    const bytes = Buffer.from(this.node.sent(), "hex");
    return { told, logs, bytes, sent: decode(bytes, this.version), linked: this.node.board.link === "open" };
  }

  /** Lets a link open, and returns the CONNECT. */
  connect(): IConnectPacket {
    for (let waits = 0; !this.node.linked; waits++) {
      if (waits > 1000) throw new Error("the node opens no link");
      this.node.step(this.node.waitMs);
    }
    this.node.open();
    const [connect, ...more] = this.outcome().sent;
    if (connect?.cmd !== "connect" || more.length > 0) throw new Error("the node does not begin with CONNECT");
    return connect;
  }

  /** Breaks the link, and connects again. */
  reconnect(): IConnectPacket {
    this.node.close(Errno.ECONNRESET);
    this.node.logs();
    return this.connect();
  }
}
