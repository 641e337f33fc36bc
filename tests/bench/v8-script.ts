/**
 * Times a node's steps beside mqtt-packet, in a process of its own: its arguments are the module, the version of MQTT as in
 * CONNECT, and a PUBLISH of the node in hexadecimal. Prints `V8Times` as JSON.
 *
 * A publish and its PUBACK are two steps of the node; for mqtt-packet they are one generate and one parse. mqtt-packet is
 * spared what a client would do besides: the packet object is made once and only its identifier changes, the payload is
 * bytes already, and nothing samples a sensor, formats its reading or takes in the bytes as the node's steps do.
 *
 * Noise only ever adds time. A round is much shorter than a scheduler's time slice, so even on a busy machine most rounds
 * run undisturbed, and the median is one of those. The two sides take turns, so that a slow spell meets both.
 */

import { generate, type IPublishPacket, parser } from "mqtt-packet";
import { NodeInstance } from "../../host/engine/instance.ts";
import { loadModule, readModule } from "../../host/engine/module.ts";
import { createNullBoard } from "../../host/hal/null-board.ts";
import { median } from "./statistics.ts";
import { REFERENCE_NS, timeCalls } from "./yardstick.ts";

export interface V8Times {
  /** Nanoseconds of one step on this machine, calls to the host and the look at the canary included. */
  readonly stepNs: number;
  /** The same in the time of the machine that the limits were set on: the median of each round's. */
  readonly referenceStepNs: number;
  /** Nanoseconds of one generate and one parse. */
  readonly packetsNs: number;
  /** The median of each round's: time of one generate and one parse by time of the two steps that do the same. */
  readonly ratio: number;
}

// 0.2, 0.5 and 0.1 ms. The node's clock stays below 2^31 ms, 24 days, as most nodes' do: V8 slows down beyond, by a tenth.
const ROUND_PUBLISHES = 2_500;
const ROUND_PACKETS = 250;
const ROUND_CALLS = 5_000;
const WARM_UP_ROUNDS = 150;
const ROUNDS = 500;
const MAX_IDENTIFIER = 0xffff;

const board = createNullBoard();
const [module = "", version = "", publish = ""] = process.argv.slice(2);
const node = new NodeInstance(loadModule(await readModule(module)), board);
node.setup();
let nowMs = 0;

/** Returns nanoseconds of a publish. */
function timeNode(publishes: number): number {
  const before = board.network.published;
  const start = process.hrtime.bigint();
  for (let i = 0; i < publishes; i++) {
    // The reading is due and goes out; its PUBACK has arrived when the node is next run, and it says when to go on.
    node.step(nowMs);
    nowMs += node.step(nowMs);
  }
  const elapsed = Number(process.hrtime.bigint() - start);
  // A status or a reading more is sent while the node connects.
  const sent = board.network.published - before;
  if (sent < publishes || sent > publishes + 2) throw new Error(`${sent} publishes in ${2 * publishes} steps`);
  return elapsed / publishes;
}

const protocol = { protocolVersion: Number(version) };
const published = Buffer.from(publish, "hex");
const packet = parsePublish(published);
const puback = Buffer.from([0x40, 2, 0, 0]);
const reader = parser(protocol);
let acknowledged = 0;
reader.on("packet", ({ messageId }) => {
  if (messageId === packet.messageId) acknowledged++;
});
let generatedBytes = 0;

/** Returns nanoseconds of a generate and a parse. */
function timePackets(count: number): number {
  const acknowledgedBefore = acknowledged;
  const bytesBefore = generatedBytes;
  const start = process.hrtime.bigint();
  for (let i = 0; i < count; i++) {
    const identifier = ((packet.messageId ?? 0) % MAX_IDENTIFIER) + 1;
    packet.messageId = identifier;
    generatedBytes += generate(packet, protocol).length;
    puback[2] = identifier >> 8;
    puback[3] = identifier & 0xff;
    reader.parse(puback);
  }
  const elapsed = Number(process.hrtime.bigint() - start);
  const whole = generatedBytes - bytesBefore === count * published.length;
  if (!whole || acknowledged - acknowledgedBefore !== count) throw new Error("mqtt-packet lost a packet");
  return elapsed / count;
}

/** What mqtt-packet makes the very same bytes of. */
function parsePublish(bytes: Buffer): IPublishPacket {
  let parsed: IPublishPacket | undefined;
  const once = parser(protocol);
  once.on("packet", (each) => {
    if (each.cmd === "publish") parsed = each;
  });
  once.parse(bytes);
  if (parsed === undefined || parsed.qos !== 1) throw new Error("the node's packet is no PUBLISH of QoS 1");
  const { topic, payload, qos, dup, retain, messageId = 1 } = parsed;
  const same: IPublishPacket = { cmd: "publish", topic, payload, qos, dup, retain, messageId };
  if (!generate(same, protocol).equals(bytes)) throw new Error("mqtt-packet generates other bytes than the node");
  return same;
}

const publishNs: number[] = [];
const packetsNs: number[] = [];
const callNs: number[] = [];
for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
  const node = timeNode(ROUND_PUBLISHES);
  const packets = timePackets(ROUND_PACKETS);
  const call = timeCalls(ROUND_CALLS);
  if (round < WARM_UP_ROUNDS) continue;
  publishNs.push(node);
  packetsNs.push(packets);
  callNs.push(call);
}
const times: V8Times = {
  stepNs: median(publishNs) / 2,
  referenceStepNs:
    median(publishNs.map((publish, round) => publish / 2 / (callNs[round] ?? Number.NaN))) * REFERENCE_NS,
  packetsNs: median(packetsNs),
  ratio: median(packetsNs.map((packets, round) => packets / (publishNs[round] ?? Number.NaN))),
};
console.log(JSON.stringify(times));
