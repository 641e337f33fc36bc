/** A TCP proxy between a node and its broker: it records every packet, and does to them what networks do. */

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { IConnackPacket, IPublishPacket, Packet } from "mqtt-packet";
import { Journal, type Search } from "./journal.ts";
import { describePacket, Framer, isConnect, isPublish, parsePacket } from "./wire.ts";

export type Side = "node" | "broker";

export interface WirePacket {
  /** 0 for the first connection of the node, and so on. */
  readonly connection: number;
  readonly from: Side;
  readonly packet: Packet;
  /** The packet as it is on the wire. */
  readonly bytes: Buffer;
  /** What a PUBLISH is about, though it may give an alias alone; empty for other packets. */
  readonly topic: string;
  readonly atMs: number;
  /** Whether the proxy kept it to itself, or a part of it. */
  readonly lost: boolean;
}

export interface Faults {
  /** Forward in pieces of so many bytes, each in a TCP segment of its own. */
  pieceBytes: number | undefined;
  /** Wait before each piece. */
  delayMs: number;
  /** Packets that get lost, though the connection lives. */
  lose: (packet: Packet, from: Side) => boolean;
  /** Packets in whose middle the link breaks: so many of their bytes are the last to arrive. */
  tear: (packet: Packet, from: Side) => number | undefined;
}

export class FaultyProxy {
  readonly packets = new Journal<WirePacket>("on the wire", ({ connection, from, packet, lost }) => {
    return `#${connection} ${from}: ${describePacket(packet)}${lost ? " (lost)" : ""}`;
  });
  readonly connections: ProxyConnection[] = [];
  readonly faults: Faults = { pieceBytes: undefined, delayMs: 0, lose: () => false, tear: () => undefined };
  readonly #server: Server;
  readonly #brokerPort: number;

  private constructor(brokerPort: number) {
    this.#brokerPort = brokerPort;
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
      const broker = connect({ host: "127.0.0.1", port: this.#brokerPort, noDelay: true, allowHalfOpen: true });
      this.connections.push(new ProxyConnection(this, this.connections.length, socket, broker));
    });
  }

  static async start(brokerPort: number): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(brokerPort);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The connection that the node made last. */
  get current(): ProxyConnection {
    const connection = this.connections.at(-1);
    if (connection === undefined) throw new Error("the node has not connected");
    return connection;
  }

  /** The first packet of that kind from that side, after entry `from`. */
  sees(side: Side, cmd: Packet["cmd"], search: Search = {}): Promise<WirePacket> {
    return this.packets.first(`${cmd} from the ${side}`, (entry) => entry.from === side && entry.packet.cmd === cmd, {
      ...search,
    });
  }

  /** The CONNACK of connection number `connection`. */
  async connack(connection: number): Promise<IConnackPacket> {
    const { packet } = await this.packets.first(`CONNACK on connection ${connection}`, (entry) => {
      return entry.connection === connection && entry.packet.cmd === "connack";
    });
    return packet as IConnackPacket;
  }

  /** What the node has published on a topic, on one connection or on all. */
  published(topic: string, connection?: number): IPublishPacket[] {
    return this.packets.entries
      .filter((entry) => entry.from === "node" && (connection ?? entry.connection) === entry.connection)
      .filter((entry) => entry.topic === topic)
      .map(({ packet }) => packet as IPublishPacket);
  }

  async close(): Promise<void> {
    for (const connection of this.connections) connection.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export class ProxyConnection {
  readonly number: number;
  readonly #node: Socket;
  readonly #broker: Socket;
  #silent = false;
  /** The protocol version that CONNECT names. */
  #level = 4;

  constructor(proxy: FaultyProxy, number: number, node: Socket, broker: Socket) {
    this.number = number;
    this.#node = node;
    this.#broker = broker;
    this.#carry(proxy, "node", node, broker);
    this.#carry(proxy, "broker", broker, node);
  }

  /** Forwards nothing any more, and does not even say so: a cable pulled out. */
  fallSilent(): void {
    this.#silent = true;
  }

  /** Resets both halves. */
  cut(): void {
    for (const socket of [this.#node, this.#broker]) {
      if (socket.connecting) socket.destroy();
      else socket.resetAndDestroy();
    }
  }

  /** Resolves when the node's half is gone. */
  async gone(): Promise<void> {
    if (!this.#node.destroyed) await once(this.#node, "close");
  }

  #carry(proxy: FaultyProxy, from: Side, source: Socket, target: Socket): void {
    const framer = new Framer();
    const pump = new Pump(target, proxy.faults);
    const aliases = new Map<number, string>();
    let isTorn = false;
    source.on("data", (bytes: Buffer) => {
      if (isTorn) return;
      for (const frame of framer.push(bytes)) {
        const packet = parsePacket(frame, this.#level);
        if (isConnect(packet)) this.#level = packet.protocolVersion ?? 4;
        const topic = isPublish(packet) ? topicOf(packet, aliases) : "";
        const cutAt = proxy.faults.tear(packet, from);
        const lost = this.#silent || cutAt !== undefined || proxy.faults.lose(packet, from);
        const atMs = performance.now();
        proxy.packets.add({ connection: this.number, from, packet, bytes: frame, topic, atMs, lost });
        if (!lost) pump.push(frame);
        if (cutAt === undefined) continue;
        // The other direction goes on to its end: what was passed on there arrives.
        isTorn = true;
        return pump.end(frame.subarray(0, cutAt));
      }
    });
    source.on("end", () => {
      if (!this.#silent && !isTorn) pump.end();
    });
    source.on("error", () => {
      if (!this.#silent) this.cut();
      else source.destroy();
    });
  }
}

/** A PUBLISH's topic, which an alias may stand for. */
function topicOf({ topic, properties }: IPublishPacket, aliases: Map<number, string>): string {
  const alias = properties?.topicAlias;
  if (alias === undefined) return topic;
  if (topic !== "") aliases.set(alias, topic);
  return aliases.get(alias) ?? "";
}

/** Writes to a socket, in pieces if that was asked for. */
class Pump {
  readonly #target: Socket;
  readonly #faults: Faults;
  #work: Promise<void> = Promise.resolve();

  constructor(target: Socket, faults: Faults) {
    this.#target = target;
    this.#faults = faults;
  }

  push(bytes: Buffer): void {
    this.#work = this.#work.then(() => this.#write(bytes));
  }

  /** The last bytes, which may be none. */
  end(bytes: Buffer = Buffer.alloc(0)): void {
    this.#work = this.#work.then(() => this.#write(bytes)).then(() => void this.#target.end());
  }

  async #write(bytes: Buffer): Promise<void> {
    const { pieceBytes = bytes.length, delayMs } = this.#faults;
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
      if (this.#target.destroyed) return;
      // The next piece waits until the operating system has this one.
      await new Promise((resolve) => this.#target.write(bytes.subarray(at, at + pieceBytes), resolve));
    }
  }
}
