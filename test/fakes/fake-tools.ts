/** Functions of a fake host, one for each way a call can go. */
import { SwitchboardError } from '#core';
import { createFakeHost, type FakeFunction, type FakeHost } from './fake-host.ts';

const object = (
  properties: { readonly [name: string]: unknown },
  required = Object.keys(properties),
): { [key: string]: unknown } => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});
const text = { type: 'string' };
const integer = { type: 'integer' };

const fails = (id: string, error: () => unknown): FakeFunction => ({
  id,
  result: text,
  run: () => {
    throw error();
  },
});

export const FAKE_FUNCTIONS: readonly FakeFunction[] = [
  {
    id: 'count',
    docs: 'Counts the words of a text.',
    arguments: object({ text }),
    result: object({ words: integer, chars: integer }),
    run: (args) => ({ words: String(args['text']).split(' ').length, chars: String(args['text']).length }),
  },
  { id: 'upper', arguments: object({ text }), result: text, run: (args) => String(args['text']).toUpperCase() },
  {
    id: 'api.split',
    arguments: object({ text }),
    result: { type: 'array', items: { $ref: '#/$defs/word' }, $defs: { word: text } },
    run: (args) => String(args['text']).split(' '),
  },
  { id: 'find', result: { anyOf: [text, { type: 'null' }] }, run: () => null },
  { id: 'nothing', run: () => undefined },
  {
    id: 'logs',
    run: (_, { options, component }) => {
      options.onLog?.({ at: 0, component, stream: 'log', level: 'warn', message: 'careful', fields: { n: '1' } });
      options.onLog?.({ at: 0, component, stream: 'stderr', level: 'debug', message: 'detail' });
      return undefined;
    },
  },
  {
    id: 'wait',
    run: async (_, { options }) => {
      const { signal } = options;
      if (signal && !signal.aborted) {
        await new Promise<void>((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      }
      throw new SwitchboardError('cancelled', 'the call was cancelled');
    },
  },
  { id: 'counter.new', needsSession: true, result: text, run: (_, { session }) => `handle of ${session}` },
  fails(
    'guest-error',
    () => new SwitchboardError('component-error', 'returned an error', { data: { value: 'no such word' } }),
  ),
  fails(
    'guest-record',
    () => new SwitchboardError('component-error', 'returned an error', { data: { value: { code: 7 } } }),
  ),
  fails(
    'limit',
    () => new SwitchboardError('timeout', 'ran longer than 5 s', { fix: 'switchboard limits demo:text --timeout 10s' }),
  ),
  fails('arguments', () => new SwitchboardError('invalid-arguments', 'text: expected string, got number')),
  fails('bug', () => new TypeError('secret: /home/someone/key at line 3')),
];

/** A fake host with `demo:text@1.0.0`. */
export function fakeHostWithTools(): FakeHost {
  const host = createFakeHost();
  host.add('demo:text@1.0.0', FAKE_FUNCTIONS);
  return host;
}
