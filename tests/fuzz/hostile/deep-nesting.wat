;; Blocks in blocks, 50 deep. A thousand would overflow a board's C stack while wasm3 compiles them.
(module
  (func $f
    (block (block (block (block (block (block (block (block (block (block 
    (block (block (block (block (block (block (block (block (block (block 
    (block (block (block (block (block (block (block (block (block (block 
    (block (block (block (block (block (block (block (block (block (block 
    (block (block (block (block (block (block (block (block (block (block (nop))))))))))))))))))))))))))))))))))))))))))))))))))))
  (func (export "step") (param $now i32) (result i32)
    (i32.const -1))
  (memory (export "memory") 1 1)
  (func (export "setup"))
  (func (export "resume") (param i32 i32))
  (func (export "stop")))
