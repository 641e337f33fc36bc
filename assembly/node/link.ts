/** The link: the only place where the node's bytes meet the host's network. */

import { Errno, net_close, net_open, net_recv, net_send, net_state } from "../hal";
import { connection, destination, RECEIVE } from "../image";
import { isDeadline, keep, Phase, resetConnection, setDeadline, takeLongWay } from "../mqtt/connection";
import { rewind } from "../mqtt/session";
import { RECEIVE_CAPACITY, V5 } from "../options";
import { utf8 } from "../text";
import { nextDelayMs } from "./backoff";
import { writeConnect } from "./connect";
import { isHeldBack } from "./durability";
import { Level, sayNumber } from "./log";
import { goHome, loseWay } from "./policy";

const ENDPOINT: i32 = 0;
/** How long a link may take to open, TLS handshake included. */
const OPEN_MS: u32 = 15_000;
/** How long the broker may take to answer anything. */
export const RESPONSE_MS: u32 = 10_000;

const CLOSED = utf8("link closed: ");

/** Opens the link when its time has come, and says CONNECT as the first thing on it [MQTT-3.1.0-1]. */
export function open(): void {
  const now = connection.now;
  if (connection.phase == Phase.OFFLINE) {
    if (!isDeadline()) return;
    const handle = net_open(V5 ? destination.endpoint : ENDPOINT);
    connection.handle = handle;
    if (V5) {
      if (handle == Errno.ENOENT) loseWay();
      else goHome();
    }
    if (handle < 0) return fail(handle);
    connection.phase = Phase.OPENING;
    setDeadline(OPEN_MS);
  }
  const state = net_state(connection.handle);
  if (state < 0) return fail(state);
  if (state == 1) {
    connection.phase = Phase.CONNECTING;
    setDeadline(RESPONSE_MS);
    writeConnect();
  } else if (isDeadline()) {
    fail(Errno.ETIMEDOUT);
  }
}

/** Takes in what has arrived. Returns the host's result: bytes, 0 or the error that closed the link. */
export function receive(): i32 {
  const received = connection.received;
  return net_recv(connection.handle, RECEIVE + received, RECEIVE_CAPACITY - received);
}

/** Sends what waits in the output, as far as the link takes it. */
export function flush(): void {
  const length = connection.outputLength;
  if (length == 0 || isHeldBack()) return;
  const taken = net_send(connection.handle, connection.outputStart, length);
  if (taken < 0) return fail(taken);
  connection.outputStart += taken;
  connection.outputLength = length - taken;
  if (taken != 0) connection.sentAt = connection.now;
}

/** Sends a packet that lies outside the output, which must be empty. Returns false if not all was taken: the rest is kept. */
@inline
export function send(start: usize, length: i32): bool {
  const taken = net_send(connection.handle, start, length);
  if (taken == length) return true;
  sendRest(start, length, taken);
  return false;
}

function sendRest(start: usize, length: i32, taken: i32): void {
  takeLongWay();
  if (taken < 0) return fail(taken);
  keep(start + taken, length - taken);
}

/** Closes the link and tries again after a random delay. */
export function fail(error: i32): void {
  sayNumber(Level.WARNING, CLOSED, error);
  closeAndRetryIn(nextDelayMs());
}

/** Closes the link; nothing that was queued or in flight is lost. */
export function closeAndRetryIn(delayMs: u32): void {
  close();
  connection.phase = Phase.OFFLINE;
  setDeadline(delayMs);
}

/** Closes the link and forgets the connection; the session stays. */
export function close(): void {
  if (connection.handle >= 0) net_close(connection.handle);
  resetConnection();
  rewind();
}
