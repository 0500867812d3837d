(component
  (import "wasi:random/random@0.3.9" (instance (export "get-random-u64" (func (result u64))) (export "roll-dice" (func (result u8))))))
