;; A length that takes more bytes than a number of 32 bits has.
(module binary
  "\00asm\01\00\00\00" ;; header
  "\00\1c\07wasmote" ;; metadata: a custom section
  "\01\00\00\00" ;; ABI version
  "\40\00\00\00" ;; image size
  "\01\00\00\00\00\00\00\00\00\00\00\00" ;; layout and build
  "\01\80\80\80\80\80\00" ;; types
)
