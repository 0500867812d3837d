import { send } from 'switchboard:host/http@0.1.0';
import { write } from 'switchboard:host/log@0.1.0';
import { get as secret } from 'switchboard:host/secrets@0.1.0';
import { getStderr } from 'wasi:cli/stderr@0.2.6';
import { getStdout } from 'wasi:cli/stdout@0.2.6';

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

interface Told {
  exact: Uint8Array;
  amid: Uint8Array[];
  text: string;
}

export function tellBytes(name: string, fails: boolean): Told {
  const value = secret(name);
  const exact = bytesOf(value);
  const half = value.length >> 1;
  for (const [before, part] of [
    ['it is ', value.slice(0, half)],
    ['', `${value.slice(half)} indeed`],
  ] as const) {
    write('info', before + part, []);
    getStdout().blockingWriteAndFlush(bytesOf(before + part));
    getStderr().blockingWriteAndFlush(bytesOf(before + part));
  }
  getStderr().blockingWriteAndFlush(Uint8Array.of(10, 0xff, 0xfe, ...exact, 0xff, 10));
  const amid = [0, 1, 2, 3].map((before) => Uint8Array.of(...bytesOf('abc').subarray(0, before), ...exact, 0xff, 0xfe));
  const told = { exact, amid, text: value };
  if (fails) throw { tag: 'told', val: told };
  return told;
}

export const askFor = (name: string): string => {
  const value = secret(name);
  return request(`http://${value}.example/${value}`);
};

const bytesOf = (ascii: string): Uint8Array => Uint8Array.from(ascii, (c) => c.charCodeAt(0));

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
