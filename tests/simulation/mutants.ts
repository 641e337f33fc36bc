/**
 * Deliberate bugs in the SDK, one at a time: each is what somebody might write on a bad day, and each must break an invariant.
 * A text that is not in its file exactly once is an error: the bug has to follow the source that it spoils.
 */

import type { InvariantName } from "../../host/testing/invariants/violation.ts";

export interface Mutant {
  readonly name: string;
  /** From the project's root. */
  readonly file: string;
  readonly text: string;
  readonly replacement: string;
  /** Which kinds of nodes show it, by name: tests/simulation/variants.ts. */
  readonly variants: readonly string[];
  /** One of these is what it breaks. */
  readonly breaks: readonly (InvariantName | "EBURST")[];
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: "sends again without DUP",
    file: "assembly/node/node.ts",
    text: "if (isResend() && (V5 ? qos != 0 : true)) store<u8>(start, firstByte() | PublishFlag.DUP);",
    replacement: "",
    variants: ["kept", "durable"],
    breaks: ["dup-flag"],
  },
  {
    name: "does not send again what was in flight",
    file: "assembly/mqtt/session.ts",
    text: "  session.sent = session.acknowledged;\n  if (!MIXED_QOS) session.ahead = 0;",
    replacement: "  session.acknowledged = session.sent;\n  if (!MIXED_QOS) session.ahead = 0;",
    variants: ["lean", "kept"],
    breaks: ["delivered"],
  },
  {
    name: "uses an identifier twice",
    file: "assembly/mqtt/session.ts",
    text: "  return sequence | PUBLISH_BIT;",
    replacement: "  return (sequence & ~1) | PUBLISH_BIT;",
    variants: ["lean", "window32"],
    breaks: ["identifier-in-use"],
  },
  {
    name: "takes up the session of an image that is no more",
    file: "assembly/options.ts",
    text: "V4 && PERSISTENT && SENDS_QOS_2 && !ASSIGNED_ID;",
    replacement: "false;",
    variants: ["commands-2"],
    breaks: ["identifier-in-use"],
  },
  {
    name: "has its session cleared again and again",
    file: "assembly/mqtt/receive.ts",
    text: "      continuity.isHeld = true;\n      return Event.CLEARED;",
    replacement: "      return Event.CLEARED;",
    variants: ["commands-2"],
    breaks: ["session-kept"],
  },
  {
    name: "forgets PUBREL after a lost connection",
    file: "assembly/node/online.ts",
    text: "  if (SENDS_QOS_2) writeReleases();",
    replacement: "",
    variants: ["durable-2", "commands-2"],
    breaks: ["delivered", "progress", "identifier-in-use", "pubrel", "in-order"],
  },
  {
    name: "forgets that PUBREC has come when the connection is lost",
    file: "assembly/mqtt/session.ts",
    text: "  if (SENDS_QOS_2) exchange.isQos2 = 0;",
    replacement: "  if (SENDS_QOS_2) { exchange.isQos2 = 0; exchange.released = 0; }",
    variants: ["durable-2", "commands-2"],
    breaks: ["pubrel", "exactly-once"],
  },
  {
    name: "acknowledges a message that the application never had",
    file: "assembly/mqtt/message.ts",
    text: "  const head = <i32>(payload - RECEIVE);",
    replacement: "  if (qos == 1) return skipDuplicate(size);\n  const head = <i32>(payload - RECEIVE);",
    variants: ["commands", "commands-5"],
    breaks: ["acked-means-had"],
  },
  {
    name: "counts a reading as acknowledged when it is sent",
    file: "assembly/node/node.ts",
    text: "  if (QOS) connection.expects = PUBACK | (identifierOf(sequence) << 16);\n  else session.acknowledged = sequence + 1;",
    replacement: "  session.acknowledged = sequence + 1;",
    variants: ["lean", "kept"],
    breaks: ["no-complaint", "delivered"],
  },
  {
    name: "forgets which messages under QoS 2 it has received",
    file: "assembly/mqtt/received.ts",
    text: "  return indexOf(identifier) < received.count;",
    replacement: "  return identifier == 0;",
    variants: ["commands-2", "durable-2"],
    breaks: ["exactly-once"],
  },
  {
    name: "drops the rest of what a link takes in part",
    file: "assembly/node/link.ts",
    text: "  connection.outputLength = length - taken;",
    replacement: "  connection.outputLength = 0;",
    variants: ["kept-5", "stale"],
    breaks: ["legal-packets", "progress", "connect-first", "delivered", "dup-flag"],
  },
  {
    name: "forgets the will",
    file: "assembly/node/connect.ts",
    text: "    flags |= ConnectFlag.WILL | ConnectFlag.WILL_QOS_1 | ConnectFlag.WILL_RETAIN;\n    at = writeStatusWill(at);",
    replacement: "",
    variants: ["lean"],
    breaks: ["will"],
  },
  {
    name: "ignores Session Present",
    file: "assembly/mqtt/receive.ts",
    text: "  forget();\n",
    replacement: "",
    variants: ["kept", "durable-2"],
    breaks: ["dup-flag", "legal-packets", "delivered", "exactly-once"],
  },
  {
    name: "connects again without jitter",
    file: "assembly/node/backoff.ts",
    text: "  return below(BASE_MS << doublings);",
    replacement: "  return BASE_MS << doublings;",
    variants: ["lean"],
    breaks: ["spread"],
  },
  {
    name: "connects again at once, and again",
    file: "assembly/node/backoff.ts",
    text: "  return below(BASE_MS << doublings);",
    replacement: "  return doublings & 1;",
    variants: ["lean"],
    breaks: ["back-off", "spread"],
  },
  {
    name: "never sends PINGREQ",
    file: "assembly/node/online.ts",
    text: "    if (!connection.pinging && isOutputIdle()) {",
    replacement: "    if (connection.phase == Phase.BOOT) {",
    variants: ["lean", "kept-5"],
    breaks: ["keep-alive"],
  },
  {
    name: "drops a reading and does not count it",
    file: "assembly/node/queue.ts",
    text: "  queue.dropped++;\n  sayNumber(Level.WARNING, DROPPED, queue.dropped);",
    replacement: "",
    variants: ["lean", "small-queue"],
    breaks: ["delivered"],
  },
  {
    name: "counts what it drops twice",
    file: "assembly/node/queue.ts",
    text: "  queue.dropped++;\n  sayNumber",
    replacement: "  queue.dropped += 2;\n  sayNumber",
    variants: ["lean", "small-queue"],
    breaks: ["counted"],
  },
  {
    name: "drops a reading that the broker may have",
    file: "assembly/mqtt/session.ts",
    text: "  const unsent = isResend() ? session.resendEnd : session.sent;",
    replacement: "  const unsent = session.acknowledged;",
    variants: ["durable-2", "kept"],
    breaks: ["counted", "identifier-in-use", "exactly-once", "dup-flag", "in-order"],
  },
  {
    name: "writes its checkpoint after it has sent, not before",
    file: "assembly/node/durability.ts",
    text: "  return WRITES_AHEAD ? durability.end : queue.end;",
    replacement: "  return queue.end;",
    variants: ["durable-2", "durable-2-5"],
    breaks: ["identifier-in-use", "exactly-once", "checkpoint-kept"],
  },
  {
    name: "sends acknowledgements before they are in a checkpoint",
    file: "assembly/node/durability.ts",
    text: "  return WRITES_AHEAD ? durability.isOwed : false;",
    replacement: "  return false;",
    variants: ["durable-2", "durable-2-5"],
    breaks: ["exactly-once", "pubrel", "identifier-in-use", "heard"],
  },
  {
    name: "writes no checkpoint for a reading that displaces another",
    file: "assembly/node/queue.ts",
    text: "  if (CHECKPOINT) if (<i32>(durability.end - at) > 0) durability.end = at;",
    replacement: "",
    variants: ["durable-2", "durable-2-5"],
    breaks: ["checkpoint-kept", "identifier-in-use", "exactly-once"],
  },
  {
    name: "sends more than the window has room for",
    file: "assembly/mqtt/session.ts",
    text: "  return inFlight() < (V5 ? min(WINDOW, limits.receiveMaximum) : WINDOW);",
    replacement: "  return inFlight() <= WINDOW;",
    variants: ["kept-5", "small-queue"],
    breaks: ["limits"],
  },
  {
    name: "says good-bye when a link is given up",
    file: "assembly/node/link.ts",
    text: "  sayNumber(Level.WARNING, CLOSED, error);\n",
    replacement:
      "  sayNumber(Level.WARNING, CLOSED, error);\n  if (connection.phase == Phase.ONLINE) { store<u16>(RECEIVE, 0x00e0); net_send(connection.handle, RECEIVE, 2); }\n",
    variants: ["lean"],
    breaks: ["will"],
  },
  {
    name: "waits for a broker that no longer answers",
    file: "assembly/node/online.ts",
    text: "  if (awaiting && watch.awaiting && progress == watch.progress) return fail(Errno.ETIMEDOUT);",
    replacement: "",
    variants: ["lean", "kept-5"],
    breaks: ["delivered", "progress", "keep-alive"],
  },
  {
    name: "sends before CONNACK",
    file: "assembly/node/link.ts",
    text: "    writeConnect();\n",
    replacement: "    writeConnect();\n    connection.phase = Phase.ONLINE;\n",
    variants: ["lean"],
    breaks: ["connect-first", "no-complaint"],
  },
];
