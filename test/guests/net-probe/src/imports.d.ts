interface HttpRequest {
  method: string;
  url: string;
  headers: [string, string][];
  body?: Uint8Array | undefined;
  timeoutMs?: number | undefined;
  maxBytes?: number | undefined;
  redirects?: number | undefined;
}

declare module 'switchboard:host/http@0.1.0' {
  export function send(request: HttpRequest): {
    status: number;
    url: string;
    headers: [string, string][];
    body: Uint8Array;
  };
}

declare module 'switchboard:host/secrets@0.1.0' {
  export function get(name: string): string;
}

declare module 'switchboard:host/log@0.1.0' {
  export function write(level: string, message: string, fields: [string, string][]): void;
}

declare module 'wasi:cli/stdout@0.2.6' {
  export function getStdout(): { blockingWriteAndFlush(bytes: Uint8Array): void };
}

declare module 'wasi:cli/stderr@0.2.6' {
  export function getStderr(): { blockingWriteAndFlush(bytes: Uint8Array): void };
}
