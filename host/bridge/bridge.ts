/**
 * The other end of a board's serial line: real connections, a sensor, the configuration and the time, for a board that has
 * none of its own. boards/virt-rv32/README.md describes the conversation.
 *
 * The board is not trusted: whatever it sends, nothing here grows without bound, and no link gets what is not its own.
 */

import type { Duplex } from "node:stream";
import { Errno } from "../abi.ts";
import { WasmoteError } from "../errors.ts";
import type { LogLevel } from "../hal/board.ts";
import { parseEndpoint } from "../hal/endpoint.ts";
import { createSensor, type Sensor } from "../hal/sensors.ts";
import { SocketNetwork } from "../hal/socket-network.ts";
import type { TlsSettings } from "../hal/tls.ts";
import { encodeFrame, FrameReader } from "./frame.ts";
import {
  BRIDGE_VERSION,
  configPayload,
  type FromBoard,
  Message,
  readMessage,
  sensedPayload,
  startPayload,
} from "./messages.ts";
import { RemoteLink } from "./remote-link.ts";

/** Bytes that a board keeps configuration in, three for each value among them. */
const BOARD_CONFIG_BYTES = 1_024;
const CONFIG_OVERHEAD_BYTES = 3;

/** How long a connection may take to take in what the board had sent before it closed it. */
const LINGER_MS = 2_000;

export interface BridgeSettings {
  /** Endpoint 0, 1, … */
  readonly brokers: readonly string[];
  readonly tls?: TlsSettings | undefined;
  /** What `config_get` finds. */
  readonly config: ReadonlyMap<string, string>;
  /** As host/hal/sensors.ts describes them. */
  readonly sensor: string;
  /** 32 random bits. */
  readonly seed: number;
}

/** Takes a line of the board's log, or one about its connections. */
export type Log = (level: LogLevel, text: string) => void;

export class Bridge {
  readonly #settings: BridgeSettings;
  readonly #log: Log;
  readonly #sensor: Sensor;
  readonly #network: SocketNetwork;
  readonly #reader = new FrameReader();
  /** By the board's numbers. */
  readonly #links = new Map<number, RemoteLink>();
  /** Those that the board has closed, and that have not yet taken what it sent before. */
  readonly #closing = new Set<RemoteLink>();
  #line: Duplex | undefined;
  /** The number of the next frame, in each direction; unknown before the first one. */
  #sending = 0;
  #receiving: number | undefined;
  /** Whoever starts from now on is to take its leave at once. */
  #stopping = false;
  #pumping: NodeJS.Immediate | undefined;

  /** Throws `EENDPOINT`, `ETLS`, `ESENSOR`, or `ECONFIG` for a configuration that the board has no room for. */
  constructor(settings: BridgeSettings, log: Log) {
    this.#settings = settings;
    this.#log = log;
    this.#sensor = createSensor(settings.sensor, Date.now, settings.seed);
    checkConfig(settings.config);
    this.#network = new SocketNetwork(
      settings.brokers.map(parseEndpoint),
      { wake: () => this.#wake(), warn: (text) => log(2, text) },
      settings.tls,
    );
  }

  /** Begins to speak to a board. */
  attach(line: Duplex): void {
    this.#line = line;
    line.on("data", (chunk: Buffer) => {
      for (const frame of this.#reader.read(chunk)) {
        // What is damaged shows in the number of the next frame.
        if (frame !== undefined) this.#hear(frame.type, frame.number, frame.payload);
      }
    });
  }

  /** Asks the node to take its leave. */
  stop(): void {
    this.#stopping = true;
    this.#send(Message.STOP);
  }

  /** Resolves when what the node sent last was delivered, or can't be. */
  async finish(): Promise<void> {
    await this.#network.drained(LINGER_MS);
    this.destroy();
  }

  /** Breaks every connection, as a power cut would: peers see a reset. */
  destroy(): void {
    clearImmediate(this.#pumping);
    this.#reset();
  }

  #send(type: number, payload: Buffer = Buffer.alloc(0)): void {
    const line = this.#line;
    if (line === undefined || !line.writable) return;
    const hasRoom = line.write(encodeFrame({ type, number: this.#sending, payload }));
    this.#sending = (this.#sending + 1) & 0xff;
    // A board that asks and does not listen to the answers is not heard until it does: nothing piles up here.
    if (hasRoom || line.isPaused()) return;
    line.pause().once("drain", () => line.resume());
  }

  #hear(type: number, number: number, payload: Buffer): void {
    const message = readMessage(type, payload);
    if (message === undefined) return;
    if (message.message !== "hello" && this.#receiving !== undefined && number !== this.#receiving) {
      this.#lose();
      this.#send(Message.LOST);
    }
    this.#receiving = (number + 1) & 0xff;
    this.#obey(message);
  }

  #obey(message: FromBoard): void {
    switch (message.message) {
      case "hello":
        this.#start(message.version);
        break;
      case "log":
        this.#log(message.level, message.text);
        break;
      case "open":
        this.#open(message.link, message.endpoint, message.window);
        break;
      case "data":
        if (this.#links.get(message.link)?.take(message.bytes) === false) this.#lose();
        break;
      case "credit":
        this.#links.get(message.link)?.grant(message.bytes);
        break;
      case "close":
        this.#close(message.link);
        break;
      case "reset":
        this.#reset();
        break;
      case "lost":
        this.#lose();
        break;
      case "sense":
        this.#sense();
        break;
    }
  }

  /** The board has just started: nothing of before is valid. */
  #start(version: number): void {
    if (version !== BRIDGE_VERSION) {
      this.#log(3, `the board speaks version ${version} of the bridge's language, this is ${BRIDGE_VERSION}`);
      return;
    }
    this.#reset();
    const { config, brokers, seed } = this.#settings;
    for (const [key, value] of config) this.#send(Message.CONFIG, configPayload(key, value));
    this.#send(
      Message.START,
      startPayload({ values: config.size, endpoints: brokers.length, seed, unixMs: Date.now() }),
    );
    if (this.#stopping) this.#send(Message.STOP);
  }

  #open(number: number, endpoint: number, window: number): void {
    if (this.#links.has(number)) {
      this.#lose();
      return;
    }
    const handle = this.#network.open(endpoint);
    const link = new RemoteLink(this.#network, handle, number, window, (type, payload) => this.#send(type, payload));
    if (handle < 0) {
      // The board knows how many endpoints there are, and has no more handles than the network.
      link.end(Errno.ENETDOWN);
      return;
    }
    this.#links.set(number, link);
  }

  #close(number: number): void {
    const link = this.#links.get(number);
    if (link === undefined) return;
    this.#links.delete(number);
    if (link.isDelivered) {
      link.close();
      return;
    }
    this.#closing.add(link);
    setTimeout(() => this.#finishClosing(link), LINGER_MS).unref();
  }

  #finishClosing(link: RemoteLink): void {
    if (this.#closing.delete(link)) link.close();
  }

  #reset(): void {
    this.#links.clear();
    this.#closing.clear();
    this.#network.destroy();
  }

  /** A link may miss bytes: none of them is worth anything. */
  #lose(): void {
    for (const link of this.#links.values()) link.end(Errno.ECONNRESET);
    this.#reset();
  }

  #sense(): void {
    const out = new Int32Array(1);
    const result = this.#sensor(out);
    this.#send(Message.SENSED, sensedPayload(result, out[0] ?? 0));
  }

  #wake(): void {
    this.#pumping ??= setImmediate(() => {
      this.#pumping = undefined;
      for (const link of this.#links.values()) link.pump();
      for (const link of this.#closing) {
        link.pump();
        if (link.isDelivered) this.#finishClosing(link);
      }
    });
  }
}

function checkConfig(config: ReadonlyMap<string, string>): void {
  let bytes = 0;
  for (const [key, value] of config) {
    bytes += CONFIG_OVERHEAD_BYTES + Buffer.byteLength(key) + Buffer.byteLength(value);
    if (Buffer.byteLength(key) > 255 || Buffer.byteLength(value) > 255) bytes = Number.POSITIVE_INFINITY;
  }
  if (bytes <= BOARD_CONFIG_BYTES && config.size <= 255) return;
  throw new WasmoteError("ECONFIG", "configuration", "the board has no room for so much configuration", {
    cure: `keep it below ${BOARD_CONFIG_BYTES} bytes, 255 for a value`,
  });
}
