(component
  (import "switchboard:host/http@0.1.0" (instance (export "fetch" (func))))
  (import "wasi:filesystem/preopens@0.2.6" (instance (export "get-directories" (func))))
  (import "wasi:cli/environment@0.2.6" (instance (export "get-environment" (func))))
  (import "switchboard:host/reflect@0.1.0" (instance (export "call" (func)))))
