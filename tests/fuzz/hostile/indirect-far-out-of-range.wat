;; Calls what would be 2^32 - 1 entries behind its table.
(module
  (type $f (func (result i32)))
  (table 2 2 funcref)
  (elem (i32.const 0) $good $good)
  (func $good (result i32) (i32.const 1))
  (func (export "step") (param $now i32) (result i32)
    (drop (call_indirect (type $f) (i32.const -1)))
    (i32.const -1))
  (memory (export "memory") 1 1)
  (func (export "setup"))
  (func (export "resume") (param i32 i32))
  (func (export "stop")))
