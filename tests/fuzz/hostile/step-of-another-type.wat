;; Its step() takes 64 bits.
(module
  (func (export "step") (param i64) (result i32) (i32.const -1))
  (memory (export "memory") 1 1)
  (func (export "setup"))
  (func (export "resume") (param i32 i32))
  (func (export "stop")))
