declare module 'wasi:filesystem/preopens@0.2.6' {
  interface Descriptor {
    renameAt(path: string, to: Descriptor, name: string): void;
    unlinkFileAt(path: string): void;
  }
}
