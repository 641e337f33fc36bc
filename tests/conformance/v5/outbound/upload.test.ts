import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../../../host/engine/module.ts";
import { DISCONNECT, hex, PINGREQ, PINGRESP, packet, publish, raw, str } from "../../../unit/harness/bytes.ts";
import type { TestNode } from "../../../unit/harness/node.ts";
import {
  connack,
  Do,
  identifier,
  Limit,
  loadLab,
  message,
  onlineLab,
  order,
  puback,
  pubcomp,
  pubrec,
  pubrel,
  type Qos,
  reading,
  reconnect,
  VERSIONS,
  type Version,
} from "../../outbound.ts";

let lab: LoadedModule;
let receiving: LoadedModule;
beforeAll(async () => {
  const options = [
    "NODE_MQTT=45",
    "NODE_PERSISTENT=1",
    "NODE_STATUS=0",
    "NODE_OUTBOX=256",
    "NODE_UPLOAD=1",
    "NODE_QUEUE=8",
  ];
  lab = await loadLab(...options, "NODE_TRANSMIT=300");
  receiving = await loadLab(...options, "NODE_MESSAGES=1", "NODE_INBOUND_QOS=2");
});

/** The application's payload: out-lab.ts says what byte n is. */
function bytes(length: number): string {
  return Buffer.from(Uint8Array.from({ length }, (_, n) => n * 7 + (n >> 8))).toString("hex");
}

const LENGTH = 20_000;
const PROPERTIES = hex("03", str("image/png"));

function start(length = LENGTH, qos: Qos = 1): string {
  return Do.begin("photo", qos) + Do.contentType("image/png") + Do.upload(length);
}

function whole(
  version: Version,
  n: number,
  { qos = 1, dup = false, length = LENGTH }: { qos?: Qos; dup?: boolean; length?: number } = {},
): string {
  return packet(
    0x30 | (qos << 1) | (dup ? 8 : 0),
    str("photo"),
    qos > 0 ? identifier(n) : "",
    version === 5 ? hex((PROPERTIES.length / 2).toString(16).padStart(2, "0"), PROPERTIES) : "",
    bytes(length),
  );
}

/** Runs the node until it has nothing to hand out any more. */
function run(node: TestNode): string[] {
  node.run(5000);
  return node.packets();
}

function answer(node: TestNode, qos: Qos, n: number): void {
  if (qos === 1) node.receive(puback(n));
  if (qos === 2) node.receive(pubrec(n), pubcomp(n));
  node.sent();
}

describe.each(VERSIONS)("%s: an upload", (_, version) => {
  test.each<Qos>([0, 1, 2])(
    "under QoS %d is one PUBLISH, far larger than the transmit buffer, and active until it is acknowledged",
    (qos) => {
      const node = onlineLab(lab, version);
      expect(order(node, start(LENGTH, qos))).toEqual([1, 1]);
      expect(order(node, Do.isUploading)).toEqual([1]);
      expect(run(node)).toEqual([whole(version, 0, { qos })]);
      expect(order(node, Do.isUploading)).toEqual([qos === 0 ? 0 : 1]);
      answer(node, qos, 0);
      expect(order(node, Do.isUploading)).toEqual([0]);
      expect(reconnect(node, version, true)).toEqual([]);
    },
  );

  test("may be of any length, and end where the buffer does", () => {
    for (const length of [1, 2, 100, 127, 128, 255, ...Array.from({ length: 40 }, (_, n) => 265 + n), 16_383, 16_384]) {
      const node = onlineLab(lab, version);
      order(node, start(length));
      expect(run(node), `${length} bytes`).toEqual([whole(version, 0, { length })]);
      answer(node, 1, 0);
      // What comes next is whole again.
      order(node, Do.reading(1000));
      expect(node.packets()).toEqual([reading(version, "1.0", 1, identifier(1))]);
    }
  });

  test.each([1, 2, 7, 100])("leaves whole where the link takes %d bytes at a time", (cap) => {
    const node = onlineLab(lab, version);
    node.board.sendCap = cap;
    order(node, start(2000));
    node.run(60_000);
    expect(node.packets()).toEqual([whole(version, 0, { length: 2000 })]);
    expect(node.linked).toBe(true);
  });

  test("has everything wait behind it: readings, messages, PINGREQ", () => {
    const node = onlineLab(receiving, version);
    order(node, Do.reading(1000), start(), Do.message("t", "behind", 1));
    node.board.sendCap = 13;
    // 20 bytes each 20 ms at best: this takes the Keep Alive's time, and the link is not idle meanwhile.
    order(node, Do.reading(2000));
    node.run(60_000);
    const packets = node.packets();
    expect(packets.slice(0, 4)).toEqual([
      reading(version, "1.0", 1, identifier(0)),
      whole(version, 1),
      message(version, "t", "behind", { qos: 1, identifier: identifier(2) }),
      reading(version, "2.0", 1, identifier(3)),
    ]);
  });

  test("has acknowledgements of what arrives wait until it is over", () => {
    const node = onlineLab(receiving, version);
    node.board.sendCap = 0;
    order(node, start(1000));
    const properties = version === 5 ? "00" : "";
    node.board.receive(Buffer.from(packet(0x32, str("a"), "0001", properties, raw("m")), "hex"));
    node.board.receive(Buffer.from(packet(0x34, str("a"), "0002", properties, raw("n")), "hex"));
    node.step(20).step(20);
    expect(node.sent()).toBe("");
    node.board.sendCap = 0xffff;
    node.run(1000);
    expect(node.packets()).toEqual([whole(version, 0, { length: 1000 }), "40020001", "50020002"]);
    expect(node.logs().map((line) => line.slice(2))).toEqual(["m", "n"]);
  });

  test.each<Qos>([0, 1, 2])(
    "under QoS %d that is cut after any part of it begins anew from its first byte, with DUP unless it is QoS 0 or the session is gone",
    (qos) => {
      const total = whole(version, 0, { qos, length: 900 }).length / 2;
      for (const sessionPresent of [true, false]) {
        for (let at = 0; at < total; at += 37) {
          const node = onlineLab(lab, version);
          node.board.sendCap = at === 0 ? 0 : at;
          order(node, start(900, qos));
          node.board.sendCap = 0;
          node.step(20).step(20);
          node.sent();
          node.close(-10);
          expect(order(node, Do.isUploading)).toEqual([1]);
          node.board.sendCap = 0xffff;
          node.dial().receive(connack(version, sessionPresent));
          node.run(1000);
          const dup = qos > 0 && sessionPresent;
          expect(node.packets(), `cut after ${at} bytes`).toEqual([whole(version, 0, { qos, dup, length: 900 })]);
          answer(node, qos, 0);
          expect(order(node, Do.isUploading)).toEqual([0]);
          expect(node.linked).toBe(true);
        }
      }
    },
  );

  test("under QoS 2 is not sent again once PUBREC has come", () => {
    const node = onlineLab(lab, version);
    order(node, start(900, 2));
    run(node);
    node.receive(pubrec(0));
    expect(node.packets()).toEqual([pubrel(0)]);
    expect(reconnect(node, version, true)).toEqual([pubrel(0)]);
    expect(order(node, Do.isUploading)).toEqual([1]);
    node.receive(pubcomp(0));
    expect(order(node, Do.isUploading)).toEqual([0]);
  });

  test("is one at a time, has a length, and no other payload", () => {
    const node = onlineLab(lab, version);
    expect(order(node, start(0))).toEqual([1, 0]);
    expect(order(node, start(0x0fff_0001))).toEqual([1, 0]);
    expect(order(node, Do.begin("photo", 1), Do.text("x"), Do.upload(10))).toEqual([1, 0]);
    expect(order(node, Do.upload(10))).toEqual([0]);
    expect(order(node, start(900), start(900))).toEqual([1, 1, 1, 0]);
    expect(run(node)).toEqual([whole(version, 0, { length: 900 })]);
    answer(node, 1, 0);
    expect(order(node, start(901))).toEqual([1, 1]);
    expect(run(node)).toEqual([whole(version, 1, { length: 901 })]);
  });

  test("is still the same one after readings in front of it were dropped", () => {
    const node = onlineLab(lab, version);
    node.close(-10);
    order(node, Do.reading(0), Do.reading(1000), Do.reading(2000), start(900));
    order(node, ...[4, 5, 6, 7, 8, 9].map((n) => Do.reading(n * 1000)));
    expect(order(node, Do.dropped, Do.isUploading)).toEqual([2, 1]);
    node.dial().receive(connack(version));
    node.run(1000);
    const packets = node.packets();
    expect(packets.slice(0, 2)).toEqual([
      reading(version, "2.0", 1, identifier(0)),
      whole(version, 1, { length: 900 }),
    ]);
    // What is acknowledged here is the reading behind it, then the upload itself.
    node.receive(puback(0), puback(2));
    expect(order(node, Do.isUploading)).toEqual([1]);
    node.receive(puback(1));
    expect(order(node, Do.isUploading)).toEqual([0]);
  });

  test("that the application is slow with costs the link after 20 s without a byte, and not sooner", () => {
    const node = onlineLab(lab, version);
    node.board.sendCap = 0;
    order(node, start(900));
    node.run(10_000);
    expect(node.linked).toBe(true);
    node.run(11_000);
    expect(node.logs()).toContain("2 link closed: -12");
  });

  test("that is under way when the node stops has it leave without DISCONNECT, which would be part of the payload", () => {
    const node = onlineLab(lab, version);
    node.board.sendCap = 0;
    order(node, start(900));
    node.board.sendCap = 100;
    node.step(20);
    node.board.sendCap = 0;
    node.stop().run(5000);
    expect(node.linked).toBe(false);
    expect(whole(version, 0, { length: 900 }).startsWith(node.sent())).toBe(true);
  });
});

describe("MQTT 5.0: an upload at a broker with limits", () => {
  test("[MQTT-3.2.2-15] that is too large for its packets is given up and counted, and no longer active", () => {
    const size = whole(5, 0, { length: 900 }).length / 2;
    for (const [limit, fits] of [
      [size, true],
      [size - 1, false],
    ] as const) {
      const node = onlineLab(lab, 5, { limits: Limit.packetSize(limit) });
      order(node, start(900));
      expect(run(node)).toEqual(fits ? [whole(5, 0, { length: 900 })] : []);
      expect(order(node, Do.dropped, Do.isUploading)).toEqual(fits ? [0, 1] : [1, 0]);
    }
  });

  test("[MQTT-4.4.0-2] that is refused is no longer active", () => {
    const node = onlineLab(lab, 5);
    order(node, start(900, 2));
    run(node);
    node.receive(`5003${identifier(0)}97`);
    expect(order(node, Do.isUploading)).toEqual([0]);
    expect(reconnect(node, 5, true)).toEqual([]);
  });

  test("[MQTT-3.2.2-11] goes out under the QoS that it takes", () => {
    const node = onlineLab(lab, 5, { limits: Limit.maximumQos(0) });
    order(node, start(900, 2));
    expect(run(node)).toEqual([whole(5, 0, { qos: 0, length: 900 })]);
    expect(order(node, Do.isUploading)).toEqual([0]);
  });
});

test("an idle node says PINGREQ and a leaving one DISCONNECT, though it can upload", () => {
  const node = onlineLab(lab, 4);
  expect(node.run(45_000).packets()).toEqual([PINGREQ]);
  node.receive(PINGRESP).stop().run(1000);
  expect(node.packets()).toEqual([DISCONNECT]);
  expect(publish("a", "", {})).toBe("3003000161");
});
