(component
  (import "switchboard:host/kv@0.1.0" (instance (export "get" (func))))
  (import "switchboard:host/http@0.1.0" (instance (export "fetch" (func))))
  (import "wasi:filesystem/preopens@0.2.6" (instance (export "get-directories" (func))))
  (import "acme:unknown/thing@1.0.0" (instance (export "go" (func)))))
