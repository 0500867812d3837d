(module
  (table $t 10 funcref)
  (memory (export "memory") 1)
  (func (export "grow") (param $step i32) (result i32)
    (loop $again
      (br_if $again
        (i32.ne (table.grow $t (ref.null func) (local.get $step)) (i32.const -1))))
    (table.size $t)))
