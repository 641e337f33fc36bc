;; Has data at an address below 0.
(module
  (data (i32.const -4) "abc")
  (func (export "step") (param $now i32) (result i32)
    (nop)
    (i32.const -1))
  (memory (export "memory") 1 1)
  (func (export "setup"))
  (func (export "resume") (param i32 i32))
  (func (export "stop")))
