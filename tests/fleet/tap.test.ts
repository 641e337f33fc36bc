import fc from "fast-check";
import { generate, type Packet } from "mqtt-packet";
import { beforeEach, describe, expect, test } from "vitest";
import { Tap } from "../../host/fleet/tap.ts";

const NODES = 3;
const NODE = 1;

/** What the tap told. */
const told = { accepted: 0, published: [0, 0, 0], resent: 0, latencies: [] as number[], received: 0 };
let nowUs = 0;
let tap: Tap;

beforeEach(() => {
  Object.assign(told, { accepted: 0, published: [0, 0, 0], resent: 0, latencies: [], received: 0 });
  nowUs = 0;
  tap = new Tap(
    NODES,
    {
      accepted: () => told.accepted++,
      published: (_, qos, resent) => {
        told.published[qos] = (told.published[qos] ?? 0) + 1;
        if (resent) told.resent++;
      },
      acknowledged: (_, latencyUs) => told.latencies.push(latencyUs),
      received: () => told.received++,
    },
    () => nowUs,
  );
});

/** Plays bytes, cut into pieces of these lengths, over and over. */
function play(
  direction: "sent" | "arrived",
  bytes: Uint8Array,
  pieces: readonly number[] = [bytes.length || 1],
  node = NODE,
): void {
  for (let at = 0, piece = 0; at < bytes.length; piece++) {
    const end = Math.min(bytes.length, at + (pieces[piece % pieces.length] ?? 1));
    tap[direction](node, bytes, at, end);
    at = end;
  }
}

function packets(all: readonly Packet[], protocolVersion: 4 | 5): Buffer {
  return Buffer.concat(all.map((packet) => generate(packet, { protocolVersion })));
}

const version = fc.constantFrom(4 as const, 5 as const);
const pieces = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });
const publish = fc.record({
  cmd: fc.constant("publish" as const),
  topic: fc.stringMatching(/^[a-z/]{1,200}$/),
  payload: fc.string({ maxLength: 300 }),
  qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
  dup: fc.boolean(),
  retain: fc.boolean(),
});
const outbound = fc.array(
  fc.oneof(publish, fc.constant({ cmd: "pingreq" as const }), fc.constant({ cmd: "disconnect" as const })),
  { maxLength: 12 },
);

describe("the tap", () => {
  test("counts what mqtt-packet generates, however the bytes are cut, and times each acknowledgement", () => {
    fc.assert(
      fc.property(version, outbound, pieces, (protocolVersion, chosen, cuts) => {
        Object.assign(told, { accepted: 0, published: [0, 0, 0], resent: 0, latencies: [], received: 0 });
        tap.reset(NODE);
        const connect: Packet = {
          cmd: "connect",
          clientId: "n1",
          protocolId: "MQTT",
          protocolVersion,
          keepalive: 60,
          clean: true,
        };
        const out = chosen.map((packet, index): Packet => {
          if (packet.cmd !== "publish") return packet;
          const dup = packet.dup && packet.qos > 0;
          return packet.qos === 0 ? { ...packet, dup } : { ...packet, dup, messageId: index + 1 };
        });
        nowUs = 1_000;
        play("sent", packets([connect, ...out], protocolVersion), cuts);
        const sent = out.filter((packet) => packet.cmd === "publish");
        for (const qos of [0, 1, 2]) {
          expect(told.published[qos]).toBe(sent.filter((packet) => packet.qos === qos).length);
        }
        expect(told.resent).toBe(sent.filter((packet) => packet.dup).length);
        const awaiting = sent.filter((packet) => packet.qos > 0);
        expect(tap.inFlight).toBe(awaiting.length);

        const answers: Packet[] = [
          protocolVersion === 5
            ? { cmd: "connack", sessionPresent: false, reasonCode: 0, properties: { receiveMaximum: 9 } }
            : { cmd: "connack", sessionPresent: true, returnCode: 0 },
          ...awaiting.flatMap(({ qos, messageId = 0 }): Packet[] =>
            qos === 1
              ? [{ cmd: "puback", messageId }]
              : [
                  { cmd: "pubrec", messageId },
                  { cmd: "pubcomp", messageId },
                ],
          ),
          {
            cmd: "publish",
            topic: "sensor/n1/cmd/led",
            payload: "on",
            qos: 1,
            dup: false,
            retain: false,
            messageId: 7,
          },
          { cmd: "suback", messageId: 3, granted: [1] },
        ];
        nowUs = 3_500;
        play("arrived", packets(answers, protocolVersion), cuts);
        expect(told.accepted).toBe(1);
        expect(told.received).toBe(1);
        expect(told.latencies).toEqual(awaiting.map(() => 2_500));
        expect(tap.inFlight).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  test("takes a PUBREC of MQTT 5.0 with a failure as the end of its publish", () => {
    const connect: Packet = { cmd: "connect", clientId: "n1", protocolId: "MQTT", protocolVersion: 5, keepalive: 60 };
    const message: Packet = {
      cmd: "publish",
      topic: "a",
      payload: "",
      qos: 2,
      dup: false,
      retain: false,
      messageId: 1,
    };
    play("sent", packets([connect, message], 5));
    play("arrived", packets([{ cmd: "pubrec", messageId: 1, reasonCode: 0x97 }], 5));
    expect(told.latencies).toHaveLength(1);
    expect(tap.inFlight).toBe(0);
  });

  test("counts no CONNACK that refuses", () => {
    play("arrived", packets([{ cmd: "connack", sessionPresent: false, returnCode: 5 }], 4));
    expect(told.accepted).toBe(0);
  });

  test("keeps nodes apart, and forgets what was in flight on a connection that is over", () => {
    const message: Packet = {
      cmd: "publish",
      topic: "a",
      payload: "",
      qos: 1,
      dup: false,
      retain: false,
      messageId: 1,
    };
    play("sent", packets([message], 4), [1], 0);
    play("sent", packets([message], 4), [1], 2);
    tap.reset(0);
    expect(tap.inFlight).toBe(1);
    play("arrived", packets([{ cmd: "puback", messageId: 1 }], 4), [1], 0);
    expect(told.latencies).toEqual([-1]);
    expect(tap.inFlight).toBe(1);
  });

  test("does not mind a clock that wraps between a publish and its acknowledgement", () => {
    const message: Packet = {
      cmd: "publish",
      topic: "a",
      payload: "",
      qos: 1,
      dup: false,
      retain: false,
      messageId: 1,
    };
    nowUs = 2 ** 32 - 100;
    play("sent", packets([message], 4));
    nowUs = 400;
    play("arrived", packets([{ cmd: "puback", messageId: 1 }], 4));
    expect(told.latencies).toEqual([500]);
  });

  test("is not thrown by whatever a peer sends, and reads on after the node has connected again", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), pieces, (bytes, cuts) => {
        play("arrived", bytes, cuts);
        play("sent", bytes, cuts);
        expect(tap.inFlight).toBeLessThanOrEqual(32 * NODES);
        tap.reset(NODE);
        const before = told.accepted;
        play("arrived", packets([{ cmd: "connack", sessionPresent: false, returnCode: 0 }], 4), cuts);
        expect(told.accepted).toBe(before + 1);
      }),
      { numRuns: 500 },
    );
  });
});
