;; Does not export step().
(module
  (memory (export "memory") 1 1)
  (func (export "setup"))
  (func (export "resume") (param i32 i32))
  (func (export "stop")))
