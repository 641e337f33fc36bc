;; Wants two pages.
(module
  (func (export "step") (param $now i32) (result i32)
    (nop)
    (i32.const -1))
  (memory (export "memory") 2 2)
  (func (export "setup"))
  (func (export "resume") (param i32 i32))
  (func (export "stop")))
