;; A section of 2^32 - 1 bytes: its end wraps in 32 bits.
(module binary
  "\00asm\01\00\00\00" ;; header
  "\00\1c\07wasmote" ;; metadata: a custom section
  "\01\00\00\00" ;; ABI version
  "\40\00\00\00" ;; image size
  "\01\00\00\00\00\00\00\00\00\00\00\00" ;; layout and build
  "\01\0e\03\60\00\00\60\01\7f\01\7f\60\02\7f\7f\00" ;; types
  "\03\05\04\00\01\02\00" ;; functions
  "\05\ff\ff\ff\ff\0f\01" ;; memory of 4 GiB
)
