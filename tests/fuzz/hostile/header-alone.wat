;; A module without sections: valid, and useless.
(module binary
  "\00asm\01\00\00\00" ;; header
)
