;; Nothing at all.
(module binary
  ""
)
