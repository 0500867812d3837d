declare module 'wasi:clocks/wall-clock@0.2.6' {
  export function now(): { readonly seconds: number | bigint; readonly nanoseconds: number };
}
