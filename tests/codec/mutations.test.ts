import { ok } from "node:assert/strict";
import fc, { type Arbitrary } from "fast-check";
import type { Packet } from "mqtt-packet";
import { beforeAll, describe, expect, test } from "vitest";
import { split } from "../unit/harness/bytes.ts";
import {
  acknowledgement,
  auth,
  connackV4,
  connackV5,
  cuts,
  disconnect,
  granted,
  publishV4,
  publishV5,
} from "./arbitraries.ts";
import { ALIASES, CAPACITY, type Lab, loadCodec, type State } from "./lab.ts";
import { LENIENCIES, SEVERITIES } from "./lenient.ts";
import { type Mutation, mutate, mutation, reframe } from "./mutate.ts";
import { rawPacket } from "./raw.ts";
import { runs, SEED } from "./seed.ts";
import { type Busy, busy, type Connecting, connecting, METHOD } from "./states.ts";
import { judge } from "./strict.ts";
import { encode, isRefused, type Version } from "./wire.ts";

const CONNACK = 0x20;

const labs = new Map<Version, { connecting: Connecting; busy: Busy }>();
beforeAll(async () => {
  const module = await loadCodec("NODE_PERSISTENT=1");
  for (const version of [4, 5] as const) {
    labs.set(version, { connecting: connecting(module, version), busy: busy(module, version) });
  }
});

/** Bytes, for a node in one of its states. */
interface Sample {
  readonly bytes: Buffer;
  readonly state: "busy" | "held" | "fresh" | "authenticating";
}

function states(version: Version): { connecting: Connecting; busy: Busy } {
  const found = labs.get(version);
  if (!found) throw new Error("the states are not built");
  return found;
}

function laboratory(version: Version, name: Sample["state"]): { lab: Lab; state: State } {
  const { connecting, busy } = states(version);
  return name === "busy" ? busy : { lab: connecting.lab, state: connecting[name] };
}

function samples(version: Version): Arbitrary<Sample> {
  const { published, subscribe, unsubscribe, received } = states(version).busy;
  const of = (state: Sample["state"], packets: Arbitrary<Packet>): Arbitrary<Sample> =>
    packets.map((packet) => ({ state, bytes: encode(packet, version) }));
  const acknowledgements = fc.oneof(
    acknowledgement("puback", fc.constantFrom(...published.qos1)),
    acknowledgement("pubrec", fc.constantFrom(...published.qos2)),
    acknowledgement("pubcomp", fc.constantFrom(...published.released)),
    acknowledgement("pubrel", fc.constant(received)),
  );
  const both = [
    { weight: 3, arbitrary: of("busy", version === 5 ? publishV5(60, ALIASES) : publishV4(60)) },
    {
      weight: 2,
      arbitrary: of(
        "busy",
        acknowledgements.map(({ packet }) => packet),
      ),
    },
    of("busy", fc.constant<Packet>({ cmd: "pingresp" })),
  ];
  if (version === 4) {
    const suback = fc
      .constantFrom(0, 1, 2, 0x80)
      .map((code): Packet => ({ cmd: "suback", messageId: subscribe, granted: [code] }));
    const unsuback = fc.constant<Packet>({ cmd: "unsuback", messageId: unsubscribe, granted: [] });
    return fc.oneof(...both, of("held", connackV4), of("busy", suback), of("busy", unsuback));
  }
  return fc.oneof(
    ...both,
    of("busy", granted("suback", subscribe)),
    of("busy", granted("unsuback", unsubscribe)),
    of(
      "busy",
      disconnect.map(({ packet }) => packet),
    ),
    of("busy", fc.oneof(auth(METHOD, 0), auth(METHOD, 0x18))),
    of("authenticating", auth(METHOD, 0x18)),
    of("authenticating", connackV5(METHOD)),
    { weight: 2, arbitrary: of("held", connackV5(undefined)) },
    of("fresh", connackV5(undefined)),
  );
}

/** Gives a node bytes that may be wrong: it must not break, and if they are wrong it must not keep the link. */
function check({ bytes, state: name }: Sample, version: Version, places: readonly number[]): void {
  const verdict = judge(bytes, { version, maximumPacketSize: CAPACITY, topicAliasMaximum: ALIASES });
  const { lab, state } = laboratory(version, name);
  lab.restore(state);
  const { linked, logs } = lab.give(bytes, places);
  if (verdict.is === "invalid") ok(!linked, `${verdict.why}: ${bytes.toString("hex")}; ${logs.join(", ")}`);
  // mqtt-packet judges the judge: wherever the two differ, it is for a reason that is known.
  if (verdict.is === "invalid" && !isRefused(bytes, version)) {
    ok(KNOWN.has(verdict.why), `mqtt-packet alone takes this: ${verdict.why}`);
  }
  if (verdict.is === "valid") {
    // One at a time: with another behind it, mqtt-packet reads on past the end of a packet that leaves its properties out.
    const refused = split(bytes.toString("hex")).filter((each) => isRefused(Buffer.from(each, "hex"), version));
    ok(refused.every(isSeverity), `mqtt-packet alone refuses this: ${refused}`);
  }
}

const KNOWN = new Set(LENIENCIES.map(({ why }) => why));

function isSeverity(packet: string): boolean {
  return SEVERITIES.some(({ bytes }) => bytes.test(packet));
}

describe.each([
  { name: "MQTT 3.1.1", version: 4 as const, count: 15_000 },
  { name: "MQTT 5.0", version: 5 as const, count: 30_000 },
])(`no node keeps the link to a broker that breaks the standard, under $name, seed ${SEED}`, ({ version, count }) => {
  test("by bytes that are changed, put in or left out", () => {
    const faults = fc.array(mutation, { minLength: 1, maxLength: 3 });
    const property = (sample: Sample, all: Mutation[], isReframed: boolean, places: readonly number[]): void => {
      const bytes = mutate(sample.bytes, all);
      check({ ...sample, bytes: isReframed ? reframe(bytes) : bytes }, version, places);
    };
    fc.assert(fc.property(samples(version), faults, fc.boolean(), cuts, property), runs(count));
  });
});

describe(`no node keeps the link to a broker that breaks the standard, under MQTT 5.0, seed ${SEED}`, () => {
  test("by properties that belong elsewhere, come twice, or hold what they must not", () => {
    const { published, received, subscribe, unsubscribe } = states(5).busy;
    const identifiers = [...Object.values(published).flat(), received, subscribe, unsubscribe];
    const property = (bytes: Buffer, isAuthenticating: boolean, places: readonly number[]): void => {
      const state = isAuthenticating ? "authenticating" : bytes[0] === CONNACK ? "held" : "busy";
      check({ bytes, state }, 5, places);
    };
    fc.assert(fc.property(rawPacket(identifiers, METHOD), fc.boolean(), cuts, property), runs(15_000));
  });
});

describe("where mqtt-packet is another reader than the standard", () => {
  test.each(LENIENCIES)("it takes $why, under version $version, and the node does not", ({ why, version, bytes }) => {
    const packet = Buffer.from(bytes, "hex");
    const receiver = { version, maximumPacketSize: CAPACITY, topicAliasMaximum: ALIASES };
    expect({ refused: isRefused(packet, version), verdict: judge(packet, receiver) }).toEqual({
      refused: false,
      verdict: { is: "invalid", why },
    });
    const { lab, state } = laboratory(version, packet[0] === CONNACK ? "held" : "busy");
    expect(lab.restore(state).give(packet).linked).toBe(false);
  });

  test.each(SEVERITIES)("it refuses $what", ({ bytes, example }) => {
    const packet = Buffer.from(example, "hex");
    expect(example).toMatch(bytes);
    const receiver = { version: 5, maximumPacketSize: CAPACITY, topicAliasMaximum: ALIASES } as const;
    expect({ refused: isRefused(packet, 5), verdict: judge(packet, receiver) }).toEqual({
      refused: true,
      verdict: { is: "valid" },
    });
  });
});
