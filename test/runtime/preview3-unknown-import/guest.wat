(component
  (import "demo:pipe/source@1.0.0" (instance (export "open" (func (result (stream u8)))))))
