;; Asks for log() with 64-bit addresses.
(module
  (import "hal" "log" (func $log (param i32 i64 i64) (result i32)))
  (func (export "step") (param $now i32) (result i32)
    (drop (call $log (i32.const 1) (i64.const 0) (i64.const 8)))
    (i32.const -1))
  (memory (export "memory") 1 1)
  (func (export "setup"))
  (func (export "resume") (param i32 i32))
  (func (export "stop")))
