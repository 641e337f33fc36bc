;; Grows its memory by 2^32 - 1 pages: wasm3 takes that for one page less.
(module
  (func (export "step") (param $now i32) (result i32)
    (drop (memory.grow (i32.const -1)))
    (i32.const -1))
  (memory (export "memory") 1 1)
  (func (export "setup"))
  (func (export "resume") (param i32 i32))
  (func (export "stop")))
