;; A pointer and a length whose sum is 0 only in 32 bits.
(module
  (import "hal" "log" (func $log (param i32 i32 i32) (result i32)))
  (func (export "step") (param $now i32) (result i32)
    (drop (call $log (i32.const 1) (i32.const -8) (i32.const 8)))
    (i32.const -1))
  (memory (export "memory") 1 1)
  (func (export "setup"))
  (func (export "resume") (param i32 i32))
  (func (export "stop")))
