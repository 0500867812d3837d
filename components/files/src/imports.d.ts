declare module 'wasi:filesystem/preopens@0.2.6' {
  type Kind = 'directory' | 'regular-file' | 'symbolic-link' | 'unknown';

  export interface Descriptor {
    [Symbol.dispose](): void;
    openAt(
      follow: { symlinkFollow?: boolean },
      path: string,
      how: { create?: boolean; truncate?: boolean; directory?: boolean },
      flags: { read?: boolean; write?: boolean },
    ): Descriptor;
    read(length: number, offset: number): [Uint8Array, boolean];
    write(bytes: Uint8Array, offset: number): number | bigint;
    statAt(follow: { symlinkFollow?: boolean }, path: string): { type: Kind; size: number | bigint };
    readDirectory(): {
      readDirectoryEntry(): { type: Kind; name: string } | undefined;
      [Symbol.dispose](): void;
    };
    createDirectoryAt(path: string): void;
  }

  export function getDirectories(): [Descriptor, string][];
}
