;; Exports its memory by the name of step().
(module
  (memory (export "memory") (export "step") 1 1)
  (func (export "setup"))
  (func (export "resume") (param i32 i32))
  (func (export "stop")))
