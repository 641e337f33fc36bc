;; Writes behind the page.
(module
  (func (export "step") (param $now i32) (result i32)
    (i64.store (i32.const 65529) (i64.const 1))
    (i32.const -1))
  (memory (export "memory") 1 1)
  (func (export "setup"))
  (func (export "resume") (param i32 i32))
  (func (export "stop")))
