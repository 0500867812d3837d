import { send } from 'switchboard:host/http@0.1.0';
import { write } from 'switchboard:host/log@0.1.0';
import { get as secret } from 'switchboard:host/secrets@0.1.0';

const request = (url: string, more: Partial<HttpRequest> = {}): string =>
  attempt(() => {
    const { status, body } = send({ method: 'GET', url, headers: [], redirects: 0, ...more });
    return `${status} ${String.fromCharCode(...body.subarray(0, 200))}`;
  });

export const get = (url: string, redirects: number): string => request(url, { redirects });
export const withHeader = (url: string, name: string, value: string): string =>
  request(url, { headers: [[name, value]] });
export const withMethod = (url: string, method: string): string => request(url, { method });

export function tell(name: string): string {
  return attempt(() => {
    const value = secret(name);
    write('info', `it is ${value}`, [['field', value]]);
    const hex = value.replace(/./gs, (c) => c.charCodeAt(0).toString(16).padStart(2, '0'));
    return `${value} ${encodeURIComponent(value)} ${hex}`;
  });
}

/** The error case of a result is what is thrown. */
function attempt(work: () => string): string {
  try {
    return work();
  } catch (thrown) {
    const { payload = thrown } = thrown as { payload?: unknown };
    const { tag, val } = payload as { tag?: string; val?: string };
    throw tag === undefined ? String(payload) : `${tag}: ${val ?? ''}`;
  }
}
