declare module 'wasi:cli/environment@0.2.6' {
  export function getEnvironment(): [string, string][];
  export function getArguments(): string[];
  export function initialCwd(): string | undefined;
}

declare module 'wasi:cli/stdin@0.2.6' {
  export function getStdin(): { blockingRead(length: number): Uint8Array };
}

declare module 'wasi:cli/stdout@0.2.6' {
  export function getStdout(): { blockingWriteAndFlush(bytes: Uint8Array): void };
}

declare module 'wasi:clocks/monotonic-clock@0.2.6' {
  interface Pollable {
    block(): void;
  }
  export function now(): number;
  export function subscribeDuration(nanoseconds: number): Pollable;
}

declare module 'wasi:io/poll@0.2.6' {
  export function poll(pollables: { block(): void }[]): Uint32Array;
}

declare module 'wasi:random/random@0.2.6' {
  export function getRandomBytes(length: number): Uint8Array;
}
