/** What wrapping writes, and wrapping again. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { wrapPorts } from '#gateways/cli/wrap-ports';
import { rewrapLibrary } from '#wrap';
import type { MadePackage } from './registry.ts';
import { openWorkshop } from './workshop.ts';

const library = (version: string, declarations: string, code: string, more: object = {}): MadePackage => ({
  'package.json': JSON.stringify({
    name: 'small',
    version,
    license: 'MIT',
    description: 'Small things.',
    main: 'index.js',
    types: 'index.d.ts',
    ...more,
  }),
  'index.d.ts': declarations,
  'index.js': code,
  LICENSE: 'The licence of small.',
  'README.md':
    "# small\n\n```html\n<b>small.repeat('no', 1)</b>\n```\n\nSo:\n\n```js\nconst small = require('small');\nsmall.repeat('ab', 2); // abab\n```\n",
});

const ONE = library(
  '1.0.0',
  `export interface Options {
  /** Between them. @default "" */
  separator?: string;
}
/** Repeats a text. */
export declare function repeat(text: string, times: number, options?: Options): string;
export declare function gone(): number;
export declare function refused(value: symbol): void;`,
  `exports.repeat = (text, times, { separator = '' } = {}) => Array(times).fill(text).join(separator);
exports.gone = () => 1;
exports.refused = () => undefined;`,
  { dependencies: { below: '1.0.0' } },
);
const TWO = library(
  '2.0.0',
  `export declare function repeat(text: string, times: number): string;
export declare function fresh(list: number[]): Promise<number>;`,
  `exports.repeat = (text, times) => text.repeat(times);
exports.fresh = async (list) => { await null; await new Promise((done) => setTimeout(done, 50)); return list.length; };`,
);
const BELOW: MadePackage = { 'package.json': '{"name":"below","version":"1.0.0","license":"ISC"}', 'index.js': '' };

test('[wrap.project] a whole project: docs, examples, licences, bill of materials, lock, smoke test, what does not cross', async (t) => {
  const workshop = await openWorkshop(t, { small: [ONE], below: [BELOW] });
  const wrapped = await workshop.offer({ package: 'small', as: 'acme:tiny' });
  const read = (path: string): string => readFileSync(join(wrapped.dir, path), 'utf8');
  assert.equal(wrapped.reference, 'acme:tiny@1.0.0');
  assert.deepEqual([wrapped.crossing, wrapped.exported], [2, 3]);
  const wit = read('wit/world.wit');
  assert.match(wit, /\/\/\/ Repeats a text\./);
  assert.match(wit, /\/\/\/ Example: .*small\.repeat\('ab', 2\)/);
  assert.match(wit, /Between them\. Default: ""/);
  assert.match(read('README.md'), /`refused`: its parameter value is a symbol \(small\/index\.d\.ts:8\)/);
  assert.equal(read('licences/small@1.0.0.txt'), 'The licence of small.');
  assert.match(read('licences/below@1.0.0.txt'), /ISC/);
  const bill = JSON.parse(read('sbom.cdx.json')) as {
    specVersion: string;
    components: { purl: string; hashes: unknown[] }[];
    dependencies: unknown;
  };
  assert.equal(bill.specVersion, '1.6');
  assert.deepEqual(bill.components.map(({ purl }) => purl).sort(), ['pkg:npm/below@1.0.0', 'pkg:npm/small@1.0.0']);
  assert.ok(bill.components.every(({ hashes }) => hashes.length === 1));
  const smoke = JSON.parse(read('test/smoke.test.json')) as { call: string; arguments: unknown }[];
  assert.deepEqual(smoke.find(({ call }) => call === 'api.repeat')?.arguments, ['ab', 2, null]);
  const record = JSON.parse(read('wrap.json')) as { packages: { name: string; integrity: string }[] };
  assert.ok(record.packages.every(({ integrity }) => integrity.startsWith('sha512-')));
  assert.ok(existsSync(join(wrapped.dir, 'package-lock.json')));
  const call = (args: object): Promise<unknown> =>
    workshop.host.call(wrapped.reference, 'repeat', args as { [name: string]: unknown });
  assert.equal(await call({ text: 'a', times: 3, options: { separator: '-' } }), 'a-a-a');
  await assert.rejects(call({ text: 'a', times: -1 }), { code: 'component-error', message: /RangeError/ });
});

test('[wrap.offline] what npm has in its cache is enough, and without it the error says so', async (t) => {
  const workshop = await openWorkshop(t, { small: [ONE], below: [BELOW] });
  const first = await workshop.wrap({ package: 'small' });
  const asked = workshop.registry.asked.length;
  const again = await workshop.wrap({ package: 'small@1.0.0', offline: true });
  assert.equal(workshop.registry.asked.length, asked);
  assert.deepEqual(Buffer.from(again.bytes), Buffer.from(first.bytes), 'the same packages give the same bytes');
  await assert.rejects(workshop.wrap({ package: 'never-seen', offline: true }), { code: 'package-unavailable' });
});

test('[wrap.rewrap] a new version: functions, types, packages and size are compared, component.toml stays', async (t) => {
  const workshop = await openWorkshop(t, { small: [ONE, TWO], below: [BELOW] });
  const wrapped = await workshop.wrap({ package: 'small@1' });
  const manifest = `${readFileSync(join(wrapped.dir, 'component.toml'), 'utf8')}# mine\n`;
  writeFileSync(join(wrapped.dir, 'component.toml'), manifest);
  const ports = await wrapPorts({ home: join(workshop.dir, 'tools'), signal: t.signal }, () => undefined);
  const made = await rewrapLibrary({ dir: wrapped.dir }, ports);
  assert.deepEqual([made.versionBefore, made.reference], ['1.0.0', 'npm:small@2.0.0']);
  assert.deepEqual(
    made.changes.functions.map(({ name, before, after }) => [name, before === undefined, after === undefined]),
    [
      ['fresh', true, false],
      ['gone', false, true],
      ['repeat', false, false],
    ],
  );
  assert.deepEqual(
    made.changes.types.map(({ name }) => name),
    ['options'],
  );
  assert.deepEqual(made.changes.packages, [
    { name: 'below', before: '1.0.0' },
    { name: 'small', before: '1.0.0', after: '2.0.0' },
  ]);
  assert.deepEqual(made.changes.permissions, []);
  assert.equal(made.sizeBefore, wrapped.bytes.length);
  assert.equal(readFileSync(join(wrapped.dir, 'component.toml'), 'utf8'), manifest);
  await workshop.host.install(made.bytes, { as: made.reference, origin: 'test' });
  assert.equal(await workshop.host.call(made.reference, 'fresh', [[1, 2]]), 2, 'promises and timers are waited for');
});

test('[wrap.from] one’s own TypeScript, with a class and a callback', async (t) => {
  const workshop = await openWorkshop(t);
  const lib = join(workshop.dir, 'lib');
  mkdirSync(lib);
  writeFileSync(
    join(lib, 'index.ts'),
    `/** Counts. */
export class Counter {
  #count = 0;
  add(by: number): this { this.#count += by; return this; }
  get count(): number { return this.#count; }
}
export const mapped = (list: number[], each: (value: number) => number): number[] => list.map(each);
`,
  );
  const wrapped = await workshop.offer({ from: lib, as: 'my:lib@0.2.0' });
  assert.equal(wrapped.reference, 'my:lib@0.2.0');
  assert.deepEqual(await workshop.host.call(wrapped.reference, 'mapped', [[1, 2], '(n) => n * 10']), [10, 20]);
  const session = await workshop.host.session();
  const call = (fn: string, args: readonly unknown[]): Promise<unknown> =>
    workshop.host.call(wrapped.reference, fn, args, { session: session.id });
  const counter = await call('counter.create', []);
  await call('counter.add', [counter, 2]);
  await call('counter.add', [counter, 3]);
  assert.equal(await call('counter.count', [counter]), 5);
});

test('[wrap.export] only what is asked for; what does not exist or cannot cross is told', async (t) => {
  const workshop = await openWorkshop(t, { small: [ONE], below: [BELOW] });
  const wrapped = await workshop.wrap({ package: 'small', only: ['gone'] });
  assert.deepEqual(wrapped.functions, ['gone']);
  await assert.rejects(workshop.wrap({ package: 'small', only: ['refused'] }), {
    code: 'not-wrappable',
    message: /cannot cross|nothing of/,
  });
  await assert.rejects(workshop.wrap({ package: 'small', only: ['nowhere'] }), { code: 'not-wrappable' });
});

test('[wrap.project] a package may be called as a word of WIT is', async (t) => {
  const named: MadePackage = {
    'package.json': '{"name":"async","version":"1.0.0","main":"index.js","types":"index.d.ts"}',
    'index.d.ts': 'export declare function one(): number;',
    'index.js': 'exports.one = () => 1;',
  };
  const workshop = await openWorkshop(t, { async: [named] });
  const wrapped = await workshop.offer({ package: 'async' });
  assert.equal(wrapped.reference, 'npm:async@1.0.0');
  assert.equal(await workshop.host.call('npm:async', 'one', []), 1);
});
