;; Calls itself without end.
(module
  (func $f (param i32) (result i32) (i32.add (call $f (local.get 0)) (i32.const 1)))
  (func (export "step") (param $now i32) (result i32)
    (drop (call $f (i32.const 0)))
    (i32.const -1))
  (memory (export "memory") 1 1)
  (func (export "setup"))
  (func (export "resume") (param i32 i32))
  (func (export "stop")))
