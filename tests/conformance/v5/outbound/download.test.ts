import { beforeAll, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../../../host/engine/module.ts";
import { packet, raw, str } from "../../../unit/harness/bytes.ts";
import type { TestNode } from "../../../unit/harness/node.ts";
import {
  by,
  connack,
  Do,
  loadLab,
  onlineLab,
  order,
  type Qos,
  read,
  reconnect,
  VERSIONS,
  type Version,
} from "../../outbound.ts";

const RECEIVE = 64;

let lab: LoadedModule;
let skipping: LoadedModule;
beforeAll(async () => {
  const options = ["NODE_MQTT=45", "NODE_PERSISTENT=1", "NODE_STATUS=0", "NODE_MESSAGES=1", "NODE_INBOUND_QOS=2"];
  lab = await loadLab(...options, `NODE_RECEIVE=${RECEIVE}`, "NODE_DOWNLOAD=1", "NODE_OUTBOX=600", "NODE_UPLOAD=1");
  skipping = await loadLab(...options, `NODE_RECEIVE=${RECEIVE}`);
});

/** Text of that length in which every place can be told from its neighbours. */
function text(length: number): string {
  return Array.from({ length }, (_, n) => String.fromCharCode(65 + ((n * 7 + Math.floor(n / 60)) % 60))).join("");
}

function incoming(
  version: Version,
  topic: string,
  payload: string,
  qos: Qos,
  { dup = false, id = "0005", properties = "" } = {},
): string {
  return packet(
    0x30 | (qos << 1) | (dup ? 8 : 0),
    str(topic),
    qos > 0 ? id : "",
    version === 5 ? (properties.length / 2).toString(16).padStart(2, "0") + properties : "",
    raw(payload),
  );
}

/** What the application was given since the last look: the parts, and where each began. */
function given(node: TestNode): { text: string; offsets: number[] } {
  return {
    text: node
      .logs()
      .filter((line) => line.startsWith("1 "))
      .map((line) => line.slice(2))
      .join(""),
    offsets: node.actuations(),
  };
}

const END: Record<Qos, string[]> = { 0: [], 1: ["40020005"], 2: ["50020005"] };

describe.each(VERSIONS)("%s: a download", (_, version) => {
  test.each<Qos>([0, 1, 2])(
    "under QoS %d reaches the application whole, in parts of any size, and is acknowledged behind its last",
    (qos) => {
      for (const length of [40, 60, 61, 200, 1000]) {
        const bytes = incoming(version, "t/x", text(length), qos);
        for (const cap of [1, 2, 3, 17, 63, 64, 0xffff]) {
          const node = onlineLab(lab, version);
          node.board.recvCap = cap;
          // All but the last byte, then that.
          node.receive(bytes.slice(0, -2));
          const before = node.sent();
          node.receive(bytes.slice(-2));
          const { text: got, offsets } = given(node);
          expect(got, `${length} bytes, ${cap} at a time`).toBe(text(length));
          expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
          expect(offsets[0]).toBe(0);
          expect({ before, after: node.packets() }).toEqual({ before: "", after: END[qos] });
          node.receive(incoming(version, "t/y", "next", 0));
          expect(given(node).text).toBe("next");
        }
      }
    },
  );

  test.each<Qos>([0, 1, 2])(
    "under QoS %d that is cut anywhere begins again with offset 0, and is acknowledged once",
    (qos) => {
      const bytes = incoming(version, "t/x", text(200), qos);
      for (let at = 2; at < bytes.length; at += 14) {
        const node = onlineLab(lab, version);
        node.receive(bytes.slice(0, at));
        expect(node.sent()).toBe("");
        given(node);
        expect(reconnect(node, version, true)).toEqual([]);
        node.logs();
        node.receive(incoming(version, "t/x", text(200), qos, { dup: qos > 0 }));
        const { text: got, offsets } = given(node);
        expect(got).toBe(text(200));
        expect(offsets[0]).toBe(0);
        expect(node.packets()).toEqual(END[qos]);
      }
    },
  );

  test(`${by(version, "[MQTT-4.3.3-2]", "[MQTT-4.3.3-8] [MQTT-4.3.3-10]")} under QoS 2 that comes again before PUBREL is recorded again and not given to the application`, () => {
    const node = onlineLab(lab, version).receive(incoming(version, "t/x", text(300), 2));
    expect(node.packets()).toEqual(END[2]);
    given(node);
    reconnect(node, version, true);
    node.logs();
    node.receive(incoming(version, "t/x", text(300), 2, { dup: true }), incoming(version, "t/x", "behind", 0));
    expect({ sent: node.packets(), text: given(node).text }).toEqual({ sent: END[2], text: "behind" });
    expect(node.receive("62020005").packets()).toEqual(["70020005"]);
  });

  test("whose last part comes in the middle of an upload is acknowledged behind that", () => {
    const node = onlineLab(lab, version);
    const bytes = incoming(version, "t/x", text(100), 1);
    node.receive(bytes.slice(0, -2));
    node.board.sendCap = 0;
    order(node, Do.begin("out", 0), Do.upload(2000));
    node.step(20);
    node.board.receive(Buffer.from(bytes.slice(-2), "hex"));
    node.step(20).step(20);
    node.board.sendCap = 0xffff;
    node.run(1000);
    expect(given(node).text).toBe(text(100));
    const [upload = "", ...acknowledgements] = node.packets();
    expect(read(upload, version)).toMatchObject({ topic: "out", payload: { length: 2000 } });
    expect(acknowledgements).toEqual(END[1]);
    expect(node.linked).toBe(true);
  });

  test("is not waited for forever: a topic that fills the buffer to its last byte leaves no room for a part", () => {
    for (let length = RECEIVE - 16; length <= RECEIVE + 4; length++) {
      const node = onlineLab(lab, version);
      node.receive(incoming(version, "t".repeat(length), text(100), 1));
      if (version === 4) {
        const { text: got } = given(node);
        const isSkipped = got === "";
        expect(got === text(100) || isSkipped, `a topic of ${length} bytes`).toBe(true);
        expect({ linked: node.linked, sent: node.packets() }).toEqual({ linked: true, sent: END[1] });
        node.receive(incoming(version, "t", "next", 0));
        expect(given(node).text).toBe("next");
      } else if (node.linked) {
        expect({ text: given(node).text, sent: node.packets() }).toEqual({ text: text(100), sent: END[1] });
      } else {
        expect(node.packets()).toEqual(["e00195"]);
      }
    }
  });
});

describe("MQTT 3.1.1: a message whose topic does not fit the receive buffer", () => {
  test.each<Qos>([0, 1, 2])(
    "[MQTT-3.3.4-1] [MQTT-4.5.0-2] under QoS %d is skipped, said and acknowledged, however its bytes come, and the next one is read",
    (qos) => {
      for (const topicLength of [RECEIVE - 5, RECEIVE - 4, RECEIVE - 3, RECEIVE, 200, 5000]) {
        for (const cap of [1, 7, 0xffff]) {
          const node = onlineLab(skipping, 4);
          node.board.recvCap = cap;
          node.receive(
            incoming(4, "t".repeat(topicLength), text(99), qos),
            incoming(4, "t", "next", 1, { id: "0006" }),
          );
          expect(node.packets(), `a topic of ${topicLength} bytes`).toEqual([...END[qos], "40020006"]);
          expect(node.logs()).toEqual(["2 message too large", "1 next"]);
        }
      }
    },
  );

  test("[MQTT-4.3.3-2] under QoS 2 is released like any other", () => {
    const node = onlineLab(skipping, 4).receive(incoming(4, "t".repeat(500), "x", 2), "62020005");
    expect(node.packets()).toEqual(["50020005", "70020005"]);
    // Its identifier then stands for a new message.
    node.logs();
    node.receive(incoming(4, "t", "new", 2));
    expect({ sent: node.packets(), logs: node.logs() }).toEqual({ sent: ["50020005"], logs: ["1 new"] });
  });
});

describe("MQTT 5.0: a node that takes downloads", () => {
  test("[MQTT-3.1.2-24] sets no Maximum Packet Size, and one that does not announces what its buffer takes", () => {
    for (const [module, size] of [
      [lab, undefined],
      // Less the first byte, which Mosquitto 2.0 does not count.
      [skipping, RECEIVE - 1],
    ] as const) {
      const node = onlineLab(module, 5);
      node.close(-10);
      node.sent();
      while (!node.linked) node.step(node.waitMs);
      const connect = read(node.open().sent(), 5);
      if (size === undefined) expect(connect).not.toHaveProperty("properties.maximumPacketSize");
      else expect(connect).toMatchObject({ properties: { maximumPacketSize: size } });
      node.receive(connack(5));
    }
  });
});
