declare module 'wasi:filesystem/preopens@0.2.6' {
  // oxlint-disable-next-line typescript/no-explicit-any -- said by the world, used by name
  export function getDirectories(): [any, string][];
}

declare module 'wasi:cli/environment@0.2.6' {
  export function getEnvironment(): [string, string][];
}

declare module 'switchboard:host/http@0.1.0' {
  export function send(request: { method: string; url: string; headers: [string, string][] }): {
    status: number;
    body: Uint8Array;
  };
}
