;; Its step() returns 64 bits where it says 32: no valid module.
(module
  (func (export "step") (param $now i32) (result i32)
    (return (i64.const 1))
    (i32.const -1))
  (memory (export "memory") 1 1)
  (func (export "setup"))
  (func (export "resume") (param i32 i32))
  (func (export "stop")))
