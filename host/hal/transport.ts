/** Connections to brokers, over TCP, TLS and WebSocket, each a layer over the one before. */

import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { Errno } from "../abi.ts";
import { systemCode } from "../errors.ts";
import { type Endpoint, isWebSocket } from "./endpoint.ts";
import type { TlsOptions } from "./tls.ts";
import { upgradeToWebSocket } from "./web-socket.ts";

/** What the ABI calls the operating system's errors. */
const SYSTEM_ERRORS: Readonly<Record<string, number>> = {
  EADDRINUSE: Errno.ENETDOWN,
  EADDRNOTAVAIL: Errno.ENETDOWN,
  EAI_AGAIN: Errno.ENETDOWN,
  ECONNABORTED: Errno.ECONNRESET,
  ECONNREFUSED: Errno.ECONNREFUSED,
  ECONNRESET: Errno.ECONNRESET,
  EHOSTDOWN: Errno.EHOSTUNREACH,
  EHOSTUNREACH: Errno.EHOSTUNREACH,
  EMFILE: Errno.ENETDOWN,
  ENETDOWN: Errno.ENETDOWN,
  ENETUNREACH: Errno.EHOSTUNREACH,
  ENFILE: Errno.ENETDOWN,
  ENOBUFS: Errno.ENETDOWN,
  ENOTFOUND: Errno.ENOTFOUND,
  EPIPE: Errno.EPIPE,
  ETIMEDOUT: Errno.ETIMEDOUT,
};

/** Why a connection failed. */
export interface Failure {
  /** One of `Errno`. */
  readonly errno: number;
  /** For a person: a system's code, or what TLS or WebSocket say. */
  readonly why: string;
}

export interface TransportEvents {
  /** Every layer is ready; `stream` ends and fails on its own from now on. */
  open(stream: Duplex): void;
  /** Something broke, before or after it was open. Of several calls the first says why: others follow from it. */
  failed(failure: Failure): void;
}

/** What is under way between the connection of TCP and `open`. */
type Handshake = "TLS" | "WebSocket";

/**
 * Begins to connect; returns the socket at the bottom, whose end is the end of everything above it.
 *
 * `tls`: the options of its layer of TLS, where it has one. `localAddress`: the IPv4 address that the connection comes from, if
 * not wherever the system chooses.
 */
export function openTransport(
  endpoint: Endpoint,
  tls: TlsOptions | undefined,
  { open, failed }: TransportEvents,
  localAddress?: string,
): Socket {
  const { host, port } = endpoint;
  let handshake: Handshake | undefined;
  const fail = (error: Error): void => failed(explain(error, handshake));

  const finish = (stream: Duplex): void => {
    handshake = undefined;
    open(stream);
  };
  const upgrade = (socket: Socket): void => {
    if (!isWebSocket(endpoint)) {
      finish(socket);
      return;
    }
    handshake = "WebSocket";
    upgradeToWebSocket(socket, endpoint, {
      open(stream) {
        stream.on("error", fail);
        finish(stream);
      },
      failed(error) {
        fail(error);
        socket.destroy();
      },
    });
  };
  const secure = (options: TlsOptions): void => {
    handshake = "TLS";
    const socket = connectTls({ ...options, socket: raw, host });
    socket.on("error", fail);
    socket.once("secureConnect", () => {
      const [wanted] = options.ALPNProtocols ?? [];
      if (wanted !== undefined && socket.alpnProtocol !== wanted) {
        socket.destroy(new Error(`the server does not select the ALPN protocol ${wanted}`));
      } else {
        upgrade(socket);
      }
    });
  };

  const raw = connect({
    host,
    port,
    noDelay: true,
    ...(localAddress === undefined ? {} : { localAddress, family: 4 }),
  });
  raw.on("error", fail);
  raw.once("connect", () => {
    if (tls === undefined) upgrade(raw);
    else secure(tls);
  });
  return raw;
}

/** What the ABI calls an error of a socket over plain TCP. */
export function errnoOf(error: Error): number {
  return explain(error, undefined).errno;
}

function explain(error: Error, handshake: Handshake | undefined): Failure {
  const errno = SYSTEM_ERRORS[systemCode(error) ?? ""];
  const why = reasonOf(error);
  if (handshake !== undefined && (errno === undefined || errno === Errno.ECONNRESET || errno === Errno.EPIPE)) {
    const reason = errno === undefined ? why : "the server closed the connection";
    return { errno: Errno.EPROTO, why: `${handshake} handshake failed: ${reason}` };
  }
  // The operating system has more errors than the ABI has names for; what is not its own is TLS's or WebSocket's.
  return { errno: errno ?? ("syscall" in error ? Errno.ECONNRESET : Errno.EPROTO), why };
}

/** A system's code, OpenSSL's reason such as "wrong version number", or the message, without advice that is not ours. */
export function reasonOf(error: Error): string {
  const code = systemCode(error);
  if (code !== undefined && (code in SYSTEM_ERRORS || "syscall" in error)) return code;
  if ("reason" in error && typeof error.reason === "string") return error.reason;
  return error.message.replace(/;.*$/s, "");
}
