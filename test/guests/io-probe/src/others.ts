import { getArguments, getEnvironment, initialCwd } from 'wasi:cli/environment@0.2.6';
import { getStdin } from 'wasi:cli/stdin@0.2.6';
import { getStdout } from 'wasi:cli/stdout@0.2.6';
import { now, subscribeDuration } from 'wasi:clocks/monotonic-clock@0.2.6';
import { poll } from 'wasi:io/poll@0.2.6';
import { getRandomBytes } from 'wasi:random/random@0.2.6';
import { send } from 'switchboard:host/http@0.1.0';
import { write } from 'switchboard:host/log@0.1.0';
import { get as secret } from 'switchboard:host/secrets@0.1.0';
import { forever, pause, tell } from './waiting.ts';

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

function stdin(): string {
  try {
    return String.fromCharCode(...getStdin().blockingRead(1000));
  } catch (thrown) {
    return String((thrown as { payload?: { tag?: string } }).payload?.tag);
  }
}

export const OTHERS: { readonly [op: string]: (...args: string[]) => string } = {
  process: () => JSON.stringify([getArguments(), getEnvironment(), initialCwd() ?? null, stdin()]),
  log: (message, name, value) => String(write('info', message, [[name, value]])),
  print: (text) => String(getStdout().blockingWriteAndFlush(ascii(text))),
  /** `status`, the number of headers and the body. */
  get: (url) => {
    const { status, headers, body } = send({ method: 'GET', url, headers: [], redirects: 0 });
    return `${status} ${headers.length} ${String.fromCharCode(...body.subarray(0, 200))}`;
  },
  headers: (url) => JSON.stringify(send({ method: 'GET', url, headers: [], redirects: 0 }).headers),
  header: (url, name, value) => {
    const { status } = send({ method: 'GET', url, headers: [[name, value]], redirects: 0 });
    return String(status);
  },
  secret: (name) => `has ${secret(name).length}`,
  hold: (ms) => {
    tell('holding');
    pause(Number(ms));
    return 'held';
  },
  poll: (times, ms) => {
    const kept = Array.from({ length: Number(times) }, () => subscribeDuration(Number(ms) * 1_000_000));
    return String(poll(kept).length);
  },
  'poll-nothing': () => String(poll([]).length),
  'secrets-forever': (name) => forever(() => secret(name)),
  'get-forever': (url) => forever(() => send({ method: 'GET', url, headers: [] })),
  'log-forever': (message) => forever(() => tell(message)),
  'print-forever': (text) => {
    const stream = getStdout();
    return forever(() => stream.blockingWriteAndFlush(ascii(text)));
  },
  'clock-forever': () => forever(now),
  'random-forever': () => forever(() => getRandomBytes(1000)),
  'pause-forever': () => forever(() => pause(1)),
};
