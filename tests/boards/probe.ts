/** Modules that show what the network of a board does, and the lines that wasmote-posix then writes. */

import { module } from "./programs.ts";

const IMPORTS = `
  (import "hal" "net_open" (func $open (param i32) (result i32)))
  (import "hal" "net_state" (func $state (param i32) (result i32)))
  (import "hal" "net_send" (func $send (param i32 i32 i32) (result i32)))
  (import "hal" "net_recv" (func $recv (param i32 i32 i32) (result i32)))
  (import "hal" "net_close" (func $close (param i32) (result i32)))
  (import "hal" "log" (func $log (param i32 i32 i32) (result i32)))
  (import "hal" "actuator_write" (func $show (param i32 i32) (result i32)))`;

const SETUP = '(func (export "setup") (drop (call $open (i32.const 0))))';

/** It waits for the link, and ends with its error, which the board shows as `actuator 0 = -15`. */
const WAIT_FOR_LINK = `
  (local.set $r (call $state (i32.const 0)))
  (if (i32.eqz (local.get $r)) (then (return (i32.const 60000))))
  (if (i32.lt_s (local.get $r) (i32.const 0)) (then
    (drop (call $show (i32.const 0) (local.get $r)))
    (return (i32.const -1))))`;

const step = (body: string): string => `(func (export "step") (param $now i32) (result i32) (local $r i32) ${body})`;

/**
 * Sends `greeting` once the link is open, logs what arrives, and ends with the error that closes the link. It asks for
 * `capacity` bytes once a step, and sleeps for a minute if it is not woken.
 */
export function talker(greeting = "", capacity = 40): Uint8Array {
  return module(`${IMPORTS} (data (i32.const 64) "${greeting}")`, {
    imageSize: 192,
    setup: SETUP,
    step: step(`${WAIT_FOR_LINK}
      (if (i32.eqz (i32.load (i32.const 0))) (then
        (i32.store (i32.const 0) (i32.const 1))
        (drop (call $send (i32.const 0) (i32.const 64) (i32.const ${greeting.length})))))
      (local.set $r (call $recv (i32.const 0) (i32.const 16) (i32.const ${capacity})))
      (if (i32.gt_s (local.get $r) (i32.const 0)) (then
        (drop (call $log (i32.const 1) (i32.const 16) (local.get $r)))))
      (if (i32.lt_s (local.get $r) (i32.const 0)) (then
        (drop (call $show (i32.const 0) (local.get $r)))
        (return (i32.const -1))))
      (i32.const 60000)`),
  });
}

/** Sends the `greeting`, closes the link at once, and ends. */
export function caller(greeting: string): Uint8Array {
  return module(`${IMPORTS} (data (i32.const 64) "${greeting}")`, {
    imageSize: 192,
    setup: SETUP,
    step: step(`${WAIT_FOR_LINK}
      (drop (call $send (i32.const 0) (i32.const 64) (i32.const ${greeting.length})))
      (drop (call $close (i32.const 0)))
      (i32.const -1)`),
  });
}

/** The byte at each place of what `flooder` sends. */
export const floodByte = (place: number): number => (((place & 1023) * 7) >> 2) & 0xff;

/** Sends `total` bytes as fast as the link takes them, closes it, and ends. */
export function flooder(total: number): Uint8Array {
  return module(IMPORTS, {
    imageSize: 4096,
    setup: `(func (export "setup") (local $i i32)
      (loop $fill
        (i32.store8 offset=64 (local.get $i)
          (i32.shr_u (i32.mul (i32.and (local.get $i) (i32.const 1023)) (i32.const 7)) (i32.const 2)))
        (br_if $fill (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 2048))))
      (drop (call $open (i32.const 0))))`,
    step: step(`(local $left i32) ${WAIT_FOR_LINK}
      (loop $more
        (local.set $left (i32.sub (i32.const ${total}) (i32.load (i32.const 0))))
        (if (i32.eqz (local.get $left)) (then
          (drop (call $close (i32.const 0)))
          (return (i32.const -1))))
        (local.set $r (call $send (i32.const 0)
          (i32.add (i32.const 64) (i32.and (i32.load (i32.const 0)) (i32.const 1023)))
          (select (local.get $left) (i32.const 1024) (i32.lt_u (local.get $left) (i32.const 1024)))))
        (if (i32.lt_s (local.get $r) (i32.const 0)) (then
          (drop (call $show (i32.const 0) (local.get $r)))
          (return (i32.const -1))))
        (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (local.get $r)))
        (br_if $more (local.get $r)))
      (i32.const 60000)`),
  });
}
