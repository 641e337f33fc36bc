import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { WebSocket } from "ws";
import { type Endpoint, formatEndpoint } from "./endpoint.ts";

/** The name that MQTT has among the WebSocket sub-protocols [MQTT-6.0.0-3]. */
const SUBPROTOCOL = "mqtt";

/** A message is handed on when all of it has arrived, so a peer may make this process hold so much for each link. */
export const MAX_MESSAGE_BYTES = 262_144;

/** RFC 6455, 7.4.1: data of a type that this end does not take. */
const UNSUPPORTED_DATA = 1003;

export interface WebSocketEvents {
  /** The server has agreed: bytes can travel. */
  open(stream: Duplex): void;
  /** It did not, or the connection broke before it could. Never called after `open`. */
  failed(error: Error): void;
}

/**
 * Makes a WebSocket of a connection. A server that selects no sub-protocol, or another one than was offered, has failed
 * [MQTT-6.0.0-4].
 */
export function upgradeToWebSocket(socket: Socket, endpoint: Endpoint, { open, failed }: WebSocketEvents): void {
  const webSocket = new WebSocket(formatEndpoint(endpoint), [SUBPROTOCOL], {
    createConnection: () => socket,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
  });
  webSocket.once("error", failed);
  webSocket.once("open", () => {
    webSocket.off("error", failed);
    open(new WebSocketStream(webSocket));
  });
}

/**
 * The bytes of an open WebSocket's binary frames, without the frames: MQTT packets may share and span them
 * [MQTT-6.0.0-2]. Each write leaves as one binary frame. A text frame is an error that ends the stream [MQTT-6.0.0-1].
 */
class WebSocketStream extends Duplex {
  readonly #webSocket: WebSocket;

  constructor(webSocket: WebSocket) {
    super({ allowHalfOpen: false });
    this.#webSocket = webSocket;
    webSocket.on("message", (data: Buffer, isBinary) => {
      if (!isBinary) {
        webSocket.close(UNSUPPORTED_DATA);
        this.destroy(new Error("the server sent a text frame"));
      } else if (!this.push(data)) {
        webSocket.pause();
      }
    });
    webSocket.on("error", (error) => this.destroy(error));
    // What had arrived is read first.
    webSocket.on("close", () => this.push(null));
  }

  override _read(): void {
    this.#webSocket.resume();
  }

  /** While the WebSocket closes nothing leaves any more: the stream's end follows, and says why. */
  override _write(bytes: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.#webSocket.readyState !== WebSocket.OPEN) done();
    else this.#webSocket.send(bytes, { binary: true }, () => done());
  }

  override _final(done: () => void): void {
    this.#webSocket.close();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#webSocket.terminate();
    done(error);
  }
}
