declare module 'switchboard:host/http@0.1.0' {
  export interface Response {
    readonly status: number;
    readonly url: string;
    readonly headers: readonly [string, string][];
    readonly body: Uint8Array;
    readonly truncated: boolean;
  }

  export function send(request: {
    method: string;
    url: string;
    headers: [string, string][];
    timeoutMs?: number;
    maxBytes?: number;
    redirects?: number;
  }): Response;
}
