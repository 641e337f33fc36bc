;; Sends what is behind its image.
(module
  (import "hal" "net_send" (func $send (param i32 i32 i32) (result i32)))
  (func (export "step") (param $now i32) (result i32)
    (drop (call $send (i32.const 0) (i32.const 60) (i32.const 5)))
    (i32.const -1))
  (memory (export "memory") 1 1)
  (func (export "setup"))
  (func (export "resume") (param i32 i32))
  (func (export "stop")))
