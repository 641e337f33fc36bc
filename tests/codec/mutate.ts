/** Faults put into bytes that were right. */

import fc, { type Arbitrary } from "fast-check";

export interface Mutation {
  readonly kind: "flip" | "set" | "insert" | "delete" | "truncate" | "repeat";
  /** A place, counted on from the beginning when it is beyond the end. */
  readonly at: number;
  readonly value: number;
}

/** Bytes that mean something in a packet. */
const TELLING = [0x00, 0x01, 0x02, 0x0b, 0x1f, 0x23, 0x26, 0x2b, 0x7f, 0x80, 0xc0, 0xc2, 0xed, 0xf4, 0xff];

export const mutation: Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom("flip", "set", "insert", "delete", "truncate", "repeat"),
  // Most of what can go wrong is near the beginning.
  at: fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 200 })),
  value: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(...TELLING)),
});

export function mutate(bytes: Uint8Array, mutations: readonly Mutation[]): Buffer {
  let all = Buffer.from(bytes);
  for (const { kind, at: place, value } of mutations) {
    const at = place % (all.length + 1);
    const [before, from, behind] = [all.subarray(0, at), all.subarray(at), all.subarray(at + 1)];
    if (kind === "flip")
      all = Buffer.concat([before, from.subarray(0, 1).map((byte) => byte ^ (1 << (value & 7))), behind]);
    else if (kind === "set") all = Buffer.concat([before, Buffer.from([value]), behind]);
    else if (kind === "insert") all = Buffer.concat([before, Buffer.from([value]), from]);
    else if (kind === "delete") all = Buffer.concat([before, behind]);
    else if (kind === "truncate") all = Buffer.concat([before]);
    else all = Buffer.concat([all, from]);
  }
  return all;
}

/**
 * The same packet with a Remaining Length that is right again, so that the fault is not just that: bytes put in or taken out
 * lie inside the packet. Packets of a header that makes no sense stay as they are.
 */
export function reframe(bytes: Buffer): Buffer {
  let head = 1;
  while (head < 5 && (bytes[head] ?? 0) > 127) head++;
  const body = bytes.subarray(head + 1);
  const length: number[] = [];
  for (let rest = body.length; length.length === 0 || rest > 0; rest >>= 7)
    length.push((rest & 127) | (rest > 127 ? 128 : 0));
  return Buffer.concat([bytes.subarray(0, 1), Buffer.from(length), body]);
}
