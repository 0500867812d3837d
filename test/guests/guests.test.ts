import { after, test } from 'node:test';
import { deepEqual, equal, match, ok, rejects, throws } from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeComponent } from '#wit';
import { buildComponent } from '../../scripts/build-components.ts';
import { guest } from './build.ts';
import { direct, type DirectExports } from './direct.ts';

const scratch = await mkdtemp(join(tmpdir(), 'guests-'));
after(() => rm(scratch, { recursive: true }));

/** What a guest needs to run without a host: everything it says is kept. */
function services() {
  const said: string[] = [];
  class Pollable {
    block(): void {}
  }
  class OutputStream {
    blockingWriteAndFlush(bytes: Uint8Array): void {
      said.push(Buffer.from(bytes).toString());
    }
  }
  class IoError {}
  return {
    said,
    imports: {
      'switchboard:host/log': {
        write: (level: string, text: string, fields: unknown) =>
          void said.push(`${level} ${text} ${JSON.stringify(fields)}`),
      },
      'wasi:cli/stdout': { getStdout: () => new OutputStream() },
      'wasi:cli/stderr': { getStderr: () => new OutputStream() },
      'wasi:cli/exit': {
        exit: (status: { tag: string }) => {
          throw new Error(`exit ${status.tag}`);
        },
      },
      'wasi:cli/environment': { getEnvironment: () => [['A', 'b']] },
      'wasi:clocks/monotonic-clock': { now: () => 5n, subscribeDuration: () => new Pollable() },
      'wasi:clocks/wall-clock': { now: () => ({ seconds: 1_700_000_000n, nanoseconds: 1 }) },
      'wasi:io/error': { Error: IoError },
      'wasi:io/poll': { Pollable, poll: () => new Uint32Array([1]) },
      'wasi:io/streams': { OutputStream },
      'wasi:random/random': { getRandomBytes: (length: bigint) => new Uint8Array(Number(length)).fill(7) },
    },
  };
}

const load = async (name: string): Promise<Awaited<ReturnType<typeof direct>>> => direct((await guest(name)).bytes);

for (const name of ['echo', 'ts-echo']) {
  void test(`guest ${name} echoes and adds`, async () => {
    const instance: DirectExports = (await load(name))();
    equal(instance.echo('grüße 🙂'), 'grüße 🙂');
    equal(instance.add(4_294_967_295, 3), 2);
  });
}

void test('guest kitchen returns every type as it came', async () => {
  const { api, version } = (await load('kitchen'))();
  equal(version(), 'kitchen 0.1.0');
  equal(api.echoU64(2n ** 64n - 1n), 2n ** 64n - 1n);
  equal(api.echoS8(-128), -128);
  deepEqual(api.echoShape({ tag: 'circle', val: 2.5 }), { tag: 'circle', val: 2.5 });
  const polygon = { tag: 'polygon', val: [{ x: 1, y: -2, name: 'é' }] };
  deepEqual(api.echoShape(polygon), polygon);
  deepEqual(api.echoOptionOption({ tag: 'some', val: 3 }), { tag: 'some', val: 3 });
  deepEqual(api.echoResult({ tag: 'err', val: 'no' }), { tag: 'err', val: 'no' });
  deepEqual(api.echoTuple([1, 'é', 1.5]), [1, 'é', 1.5]);
  deepEqual(api.echoPermission({ read: true, listAll: true }).listAll, true);
  const many = [1n, 'b', new Uint8Array([1]), { tag: 'some', val: 'x' }, 1.5, 2.5, '🙂', true, -3, 'dark-blue', -5n, 7];
  deepEqual(api.echoMany(...many), many);
  equal(api.divide(-2147483648, -1), -2147483648);
  throws(
    () => api.lookup('secret'),
    (error) => (error as { tag?: string }).tag === 'denied',
  );
});

void test('guest kitchen counts its counters', async () => {
  const { counters } = (await load('kitchen'))();
  const counter = new counters.Counter(3);
  equal(counter.inc(2), 5);
  equal(counters.peek(counter), 5);
  const merged = counters.Counter.merge(new counters.Counter(1), counter);
  equal(counters.alive(), 2);
  equal(counters.consume(merged), 6);
  deepEqual(
    counters.makeMany(3).map((c: { value(): number }) => c.value()),
    [0, 1, 2],
  );
  equal(counters.maybe(false), undefined);
});

void test('guest state remembers and uses its services', async () => {
  const { said, imports } = services();
  const state = (await load('state'))(imports);
  deepEqual([state.next(), state.next()], [1, 2]);
  state.remember('mine');
  equal(state.recall(), 'mine');
  equal(state.sleep(10), 1);
  equal(state.race(10, 5), 1);
  deepEqual([state.now(), state.wall()], [5n, 1_700_000_000n]);
  deepEqual(state.randomBytes(2), new Uint8Array([7, 7]));
  deepEqual(state.environment(), [['A', 'b']]);
  state.log('hello', 'f');
  equal(state.print('x'.repeat(5000)), true);
  deepEqual(said, ['info hello [["field","f"]]', 'x'.repeat(4096), 'x'.repeat(904)]);
});

void test('guest hostile harms as it says', async () => {
  const { said, imports } = services();
  const make = await load('hostile');
  const hostile = make(imports);
  equal(hostile.touchMemory(3), 3);
  deepEqual(hostile.aliasStrings(3, 4), ['xxxx', 'xxxx', 'xxxx']);
  hostile.aliasLog(2, 1);
  hostile.logFlood(2, 2);
  equal(hostile.stdoutFlood(2, 3), 2);
  deepEqual(said, ['info aliases [["x","x"],["x","x"]]', 'info xx []', 'info xx []', 'xxx', 'xxx']);
  equal(hostile.recurse(10), make(imports).recurse(10));
  for (const bad of [
    'trap',
    'readOutside',
    'badPointer',
    'badEnum',
    'badVariant',
    'badOption',
    'badChar',
    'postTrap',
  ]) {
    throws(() => make(imports)[bad](), Error, bad);
  }
  throws(() => make(imports).divide(1, 0), WebAssembly.RuntimeError);
  throws(() => make(imports).exit(true), /exit err/);
  throws(() => make(imports).recurse(100_000_000), RangeError);
  const armed = make(imports);
  armed.armRealloc(2);
  throws(() => armed.take('text'));
});

void test('guest tables grows its table, start-trap never starts', async () => {
  ok((await load('tables'))().grow(1000) > 9000);
  const make = await load('start-trap');
  throws(() => make(), WebAssembly.RuntimeError);
});

void test('guests needs and refused import what they say', async () => {
  const needs = (await load('needs'))({ 'acme:db/query': { run: (sql: string) => `ran ${sql}` } });
  equal(needs.run('select'), 'ran select');
  const make = await load('refused');
  throws(() => make(), TypeError);
});

void test('a guest that does not exist is named', async () => {
  await rejects(guest('no-such'), /no guest no-such/);
});

void test('[bundled.text] a component is built once, again when its file is not whole, never half', async () => {
  const out = join(scratch, 'text.wasm');
  const dir = join(import.meta.dirname, '..', '..', 'components', 'text');
  const both = await Promise.all([buildComponent({ dir, out }), buildComponent({ dir, out })]);
  deepEqual(
    both.map((result) => result.built),
    [true, true],
  );
  deepEqual(await readdir(scratch), ['text.wasm']);
  equal((await buildComponent({ dir, out })).built, false);
  await truncate(out, 1_000_000);
  equal((await buildComponent({ dir, out })).built, true);
  const types = decodeComponent(await readFile(out));
  equal(types.package, 'switchboard:text@0.1.0');
  match(types.exportedFunctions.find((fn) => fn.name === 'count')?.docs ?? '', /^Counts the characters/);
});
