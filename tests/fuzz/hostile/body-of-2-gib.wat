;; A body of 2.25 GiB: in 32 bits its end may come before its beginning.
(module binary
  "\00asm\01\00\00\00" ;; header
  "\00\1c\07wasmote" ;; metadata: a custom section
  "\01\00\00\00" ;; ABI version
  "\40\00\00\00" ;; image size
  "\01\00\00\00\00\00\00\00\00\00\00\00" ;; layout and build
  "\01\0e\03\60\00\00\60\01\7f\01\7f\60\02\7f\7f\00" ;; types
  "\03\05\04\00\01\02\00" ;; functions
  "\05\04\01\01\01\01" ;; memory
  "\07\29\05\06memory\02\00\05setup\00\00\04step\00\01\06resume\00\02\04stop\00\03" ;; exports
  "\0a\09\04\80\80\80\80\09\00\0b\00" ;; code
)
