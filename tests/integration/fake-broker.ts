/** A peer that says what no broker should, made of sockets and mqtt-packet. */

import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import mqttPacket, { type Packet } from "mqtt-packet";
import { Journal } from "./journal.ts";
import { describePacket, Framer, isConnect, parsePacket } from "./wire.ts";

export interface Received {
  /** The node's client identifier. */
  readonly client: string;
  /** 0 for the client's first connection, and so on. */
  readonly connection: number;
  readonly packet: Packet;
  readonly atMs: number;
}

/** What the peer does about a packet. Nothing is answered but by this. */
export type Answer = (received: Received, link: FakeLink) => void;

export class FakeBroker {
  readonly received = new Journal<Received>("the fake broker received", ({ client, connection, packet }) => {
    return `${client} #${connection}: ${describePacket(packet)}`;
  });
  /** Connections that the node's side has ended. */
  readonly closed = new Journal<Pick<Received, "client" | "connection" | "atMs">>(
    "closed",
    ({ client, connection }) => {
      return `${client} #${connection}`;
    },
  );
  readonly #server: Server;
  readonly #links = new Set<FakeLink>();

  private constructor(answer: Answer) {
    this.#server = createServer({ noDelay: true }, (socket) => {
      const link = new FakeLink(socket);
      this.#links.add(link);
      this.#listen(socket, link, answer);
    });
  }

  static async start(answer: Answer): Promise<FakeBroker> {
    const broker = new FakeBroker(answer);
    broker.#server.listen(0, "127.0.0.1");
    await once(broker.#server, "listening");
    return broker;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** When each CONNECT of a client arrived. */
  attempts(client: string): number[] {
    return this.received.entries
      .filter((entry) => entry.client === client && entry.packet.cmd === "connect")
      .map(({ atMs }) => atMs);
  }

  async close(): Promise<void> {
    for (const link of this.#links) link.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #listen(socket: Socket, link: FakeLink, answer: Answer): void {
    const framer = new Framer();
    let client = "?";
    let connection = 0;
    socket.on("data", (bytes: Buffer) => {
      for (const frame of framer.push(bytes)) {
        const packet = parsePacket(frame, link.level);
        if (isConnect(packet)) {
          link.level = packet.protocolVersion ?? 4;
          client = packet.clientId;
          connection = this.attempts(client).length;
        }
        const received = { client, connection, packet, atMs: performance.now() };
        this.received.add(received);
        answer(received, link);
      }
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#links.delete(link);
      this.closed.add({ client, connection, atMs: performance.now() });
    });
  }
}

export class FakeLink {
  /** The protocol version that CONNECT names. */
  level = 4;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  send(packet: Packet): void {
    this.sendBytes(mqttPacket.generate(packet, { protocolVersion: this.level }));
  }

  /** Refuses the connection with a return code, or a Reason Code of MQTT 5.0. */
  refuse(code: number): void {
    this.send({ cmd: "connack", returnCode: code, reasonCode: code, sessionPresent: false });
  }

  sendBytes(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  accept(): void {
    this.send({ cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent: false });
  }

  /** Does what a broker does, once it has accepted a connection. */
  behave(packet: Packet): void {
    if (packet.cmd === "connect") this.accept();
    else if (packet.cmd === "publish" && packet.messageId) this.send({ cmd: "puback", messageId: packet.messageId });
    else if (packet.cmd === "pingreq") this.send({ cmd: "pingresp" });
  }

  /** Ends the link in good order. */
  end(): void {
    this.#socket.end();
  }

  /** Resets the link. */
  cut(): void {
    this.#socket.resetAndDestroy();
  }
}
