declare module 'switchboard:host/log@0.1.0' {
  export function write(level: string, message: string, fields: [string, string][]): void;
}

declare module 'wasi:clocks/monotonic-clock@0.2.6' {
  export function subscribeDuration(nanoseconds: number): { block(): void };
}
