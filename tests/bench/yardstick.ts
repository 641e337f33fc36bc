/**
 * How fast this machine is at what a step is made of: calls from JavaScript into WebAssembly and back. Limits in nanoseconds
 * mean a machine, and the machines that run this differ by three, the same one from hour to hour. So the time of a step is
 * told in the time of a machine on which a call of this module takes `REFERENCE_NS`, whether this one is slower or faster.
 */

/** Nanoseconds of `timeCalls` on the machine that the limits were set on. */
export const REFERENCE_NS = 14;

/**
 *     (module
 *       (import "m" "f" (func $f (param i32) (result i32)))
 *       (func (export "call") (param i32) (result i32)
 *         local.get 0
 *         call $f
 *         call $f))
 */
const MODULE = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x06, 0x01, 0x60, 0x01, 0x7f, 0x01, 0x7f],
  ...[0x02, 0x07, 0x01, 0x01, 0x6d, 0x01, 0x66, 0x00, 0x00],
  ...[0x03, 0x02, 0x01, 0x00],
  ...[0x07, 0x08, 0x01, 0x04, 0x63, 0x61, 0x6c, 0x6c, 0x00, 0x01],
  ...[0x0a, 0x0a, 0x01, 0x08, 0x00, 0x20, 0x00, 0x10, 0x00, 0x10, 0x00, 0x0b],
);

const table = Uint8Array.from({ length: 64 }, (_, i) => i * 37);
const instance = new WebAssembly.Instance(new WebAssembly.Module(MODULE), {
  m: { f: (value: number) => ((value << 5) - value + (table[value & 63] ?? 0)) | 0 },
});
const { call } = instance.exports as { readonly call: (value: number) => number };

/** Nanoseconds of one call into the module, which calls back twice. */
export function timeCalls(count: number): number {
  let value = 1;
  const start = process.hrtime.bigint();
  for (let i = 0; i < count; i++) value = call(value ^ i);
  const elapsed = Number(process.hrtime.bigint() - start);
  // Whoever did not use the result might not be called.
  table[0] = value;
  return elapsed / count;
}
