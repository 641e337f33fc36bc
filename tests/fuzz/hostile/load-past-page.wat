;; Reads behind the page.
(module
  (func (export "step") (param $now i32) (result i32)
    (drop (i32.load (i32.const 65533)))
    (i32.const -1))
  (memory (export "memory") 1 1)
  (func (export "setup"))
  (func (export "resume") (param i32 i32))
  (func (export "stop")))
