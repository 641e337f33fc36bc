;; Keeps state where no image holds it.
(module
  (global $g (mut i32) (i32.const 0))
  (func (export "step") (param $now i32) (result i32)
    (global.set $g (local.get $now))
    (i32.const -1))
  (memory (export "memory") 1 1)
  (func (export "setup"))
  (func (export "resume") (param i32 i32))
  (func (export "stop")))
