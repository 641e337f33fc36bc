;; What the targets `imports` and `checkpoint` run: each step makes the one call whose number is at 0, with the four
;; words from 4 on for arguments, and puts the result at 20. An image of 256 bytes; the data is what a fresh one holds.
(module
  (import "hal" "net_open" (func $net_open (param i32) (result i32)))
  (import "hal" "net_state" (func $net_state (param i32) (result i32)))
  (import "hal" "net_send" (func $net_send (param i32 i32 i32) (result i32)))
  (import "hal" "net_recv" (func $net_recv (param i32 i32 i32) (result i32)))
  (import "hal" "net_close" (func $net_close (param i32) (result i32)))
  (import "hal" "sensor_read" (func $sensor_read (param i32 i32) (result i32)))
  (import "hal" "actuator_write" (func $actuator_write (param i32 i32) (result i32)))
  (import "hal" "clock_unix_ms" (func $clock_unix_ms (param i32) (result i32)))
  (import "hal" "random" (func $random (result i32)))
  (import "hal" "config_get" (func $config_get (param i32 i32 i32 i32) (result i32)))
  (import "hal" "checkpoint" (func $checkpoint (result i32)))
  (import "hal" "deep_sleep" (func $deep_sleep (param i32) (result i32)))
  (import "hal" "log" (func $log (param i32 i32 i32) (result i32)))

  (memory (export "memory") 1 1)
  (data (i32.const 248) "the end.")

  (type $call (func (param i32) (result i32)))
  (table 2 2 funcref)
  (elem (i32.const 0) $once $pair)
  (func $once (param i32) (result i32) (local.get 0))
  (func $pair (param i32 i32))

  (func $a (result i32) (i32.load (i32.const 4)))
  (func $b (result i32) (i32.load (i32.const 8)))
  (func $c (result i32) (i32.load (i32.const 12)))
  (func $d (result i32) (i32.load (i32.const 16)))

  (func $deep (param i32) (result i32) (i32.add (call $deep (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))

  (func $make (result i32)
    (block $default
    (block $call_indirect (block $deep (block $store64 (block $load64 (block $store8 (block $load8
    (block $fill (block $copy (block $grow
    (block $log (block $deep_sleep (block $checkpoint (block $config_get (block $random (block $clock_unix_ms
    (block $actuator_write (block $sensor_read (block $net_close (block $net_recv (block $net_send (block $net_state
    (block $net_open
      (br_table $net_open $net_state $net_send $net_recv $net_close $sensor_read $actuator_write $clock_unix_ms $random
        $config_get $checkpoint $deep_sleep $log $grow $copy $fill $load8 $store8 $load64 $store64 $deep $call_indirect
        $default (i32.load (i32.const 0))))
    (return (call $net_open (call $a))))
    (return (call $net_state (call $a))))
    (return (call $net_send (call $a) (call $b) (call $c))))
    (return (call $net_recv (call $a) (call $b) (call $c))))
    (return (call $net_close (call $a))))
    (return (call $sensor_read (call $a) (call $b))))
    (return (call $actuator_write (call $a) (call $b))))
    (return (call $clock_unix_ms (call $a))))
    (return (call $random)))
    (return (call $config_get (call $a) (call $b) (call $c) (call $d))))
    (return (call $checkpoint)))
    (return (call $deep_sleep (call $a))))
    (return (call $log (call $a) (call $b) (call $c))))
    (return (memory.grow (call $a))))
    (memory.copy (call $a) (call $b) (call $c)) (return (i32.const 0)))
    (memory.fill (call $a) (call $b) (call $c)) (return (i32.const 0)))
    (return (i32.load8_u (call $a))))
    (i32.store8 (call $a) (call $b)) (return (i32.const 0)))
    (return (i32.wrap_i64 (i64.load offset=8 align=1 (call $a)))))
    (i64.store offset=4294967288 align=1 (call $a) (i64.extend_i32_u (call $b))) (return (i32.const 0)))
    (return (call $deep (call $a))))
    (return (call_indirect (type $call) (call $b) (call $a))))
    (i32.const 0))

  (func (export "setup"))
  (func (export "step") (param $now i32) (result i32)
    (i32.store (i32.const 20) (call $make))
    (local.get $now))
  (func (export "resume") (param i32 i32))
  (func (export "stop")))
