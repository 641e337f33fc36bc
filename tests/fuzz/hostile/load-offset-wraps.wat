;; An address and an offset whose sum is 4 only in 32 bits.
(module
  (func (export "step") (param $now i32) (result i32)
    (drop (i32.load offset=4294967292 (i32.const 8)))
    (i32.const -1))
  (memory (export "memory") 1 1)
  (func (export "setup"))
  (func (export "resume") (param i32 i32))
  (func (export "stop")))
