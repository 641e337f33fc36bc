;; A table of one function, and 2^31 + 2 more behind place 2^31 - 1: in 32 bits they end at place 1, where there is room.
(module binary
  "\00asm\01\00\00\00" ;; header
  "\00\1c\07wasmote" ;; metadata: a custom section
  "\01\00\00\00" ;; ABI version
  "\40\00\00\00" ;; image size
  "\01\00\00\00\00\00\00\00\00\00\00\00" ;; layout and build
  "\01\0e\03\60\00\00\60\01\7f\01\7f\60\02\7f\7f\00" ;; types
  "\03\05\04\00\01\02\00" ;; functions
  "\04\05\01\70\01\01\01" ;; table
  "\05\04\01\01\01\01" ;; memory
  "\07\29\05\06memory\02\00\05setup\00\00\04step\00\01\06resume\00\02\04stop\00\03" ;; exports
  "\09\16\02" ;; elements
  "\00\41\00\0b\01\00" ;; one at 0
  "\00\41\ff\ff\ff\ff\07\0b\82\80\80\80\08\00\00" ;; the others
  "\0a\0f\04\02\00\0b\04\00\41\7f\0b\02\00\0b\02\00\0b" ;; code: step() returns -1
)
