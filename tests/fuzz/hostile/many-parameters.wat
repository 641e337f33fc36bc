;; A type of 17 parameters: wasm3 writes them past its stack before it looks.
(module
  (func $f (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 ))
  (func (export "step") (param $now i32) (result i32)
    (nop)
    (i32.const -1))
  (memory (export "memory") 1 1)
  (func (export "setup"))
  (func (export "resume") (param i32 i32))
  (func (export "stop")))
