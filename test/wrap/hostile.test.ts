/** Packages that mean harm, and real versions of small ones that are known to be vulnerable: the sandbox holds. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeComponent } from '#wit';
import type { MadePackage } from './registry.ts';
import { openWorkshop } from './workshop.ts';

const made = (name: string, files: MadePackage, more: object = {}): MadePackage => ({
  'package.json': JSON.stringify({ name, version: '1.0.0', main: 'index.js', types: 'index.d.ts', ...more }),
  ...files,
});

/** As it was published. */
function published(folder: string): MadePackage {
  const dir = join(import.meta.dirname, 'vulnerable', folder);
  return Object.fromEntries(readdirSync(dir).map((name) => [name, readFileSync(join(dir, name), 'utf8')]));
}

test('[wrap.no-scripts] no script of a package runs, and those that were not run are named', async (t) => {
  const marker = "require('fs').writeFileSync('ran.txt', '')";
  const scripts = {
    preinstall: `node -e "${marker}"`,
    install: `node -e "${marker}"`,
    postinstall: `node -e "${marker}"`,
  };
  const files = { 'index.js': 'exports.one = () => 1;', 'index.d.ts': 'export declare function one(): number;' };
  const workshop = await openWorkshop(t, {
    scripted: [made('scripted', files, { scripts, dependencies: { below: '1.0.0' } })],
    below: [made('below', files, { scripts })],
  });
  const wrapped = await workshop.wrap({ package: 'scripted' });
  for (const name of ['scripted', 'below']) {
    assert.equal(existsSync(join(wrapped.dir, 'node_modules', name, 'ran.txt')), false);
    assert.ok(
      wrapped.refusals.some(({ what, reason }) => what === name && /its postinstall script was not run/.test(reason)),
    );
  }
});

test('[wrap.sources] dependencies from git, files and addresses are not fetched', async (t) => {
  const files = { 'index.js': 'exports.one = () => 1;', 'index.d.ts': 'export declare function one(): number;' };
  const workshop = await openWorkshop(t, {
    gitty: [made('gitty', files, { dependencies: { other: 'git+ssh://git@127.0.0.1:9/x/y.git' } })],
  });
  await assert.rejects(workshop.wrap({ package: 'gitty' }), { code: 'package-unavailable' });
  for (const spec of [
    'git+ssh://git@host/x',
    '../..',
    'file:x',
    'http://host/x.tgz',
    'a b',
    'x@file:..',
    'npm:x',
    '-g',
    'x/../../y',
  ]) {
    await assert.rejects(workshop.wrap({ package: spec }), { code: 'invalid-usage' }, spec);
  }
});

test('[wrap.native] a package with a native part says so; one that has nothing else is refused', async (t) => {
  const workshop = await openWorkshop(t, {
    native: [
      made('native', {
        'index.js': "module.exports = require('./build/native.node');",
        'index.d.ts': 'export declare function hash(text: string): string;',
        'binding.gyp': '{}',
      }),
    ],
  });
  await assert.rejects(workshop.wrap({ package: 'native' }), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'not-wrappable');
    assert.match(error.message, /binding\.gyp|native/);
    return true;
  });
});

test('[wrap.partly] what needs Node is left out or fails by itself; the rest works', async (t) => {
  const workshop = await openWorkshop(t, {
    partly: [
      made('partly', {
        'index.js':
          "const fs = require('fs');\nexports.read = (path) => fs.readFileSync(path, 'utf8');\nexports.length = (text) => text.length;\nexports.gone = undefined;",
        'index.d.ts':
          'export declare function read(path: string): string;\nexport declare function length(text: string): number;\nexport declare function gone(): number;',
      }),
    ],
  });
  const wrapped = await workshop.offer({ package: 'partly' });
  assert.deepEqual(wrapped.functions, ['length']);
  assert.equal(await workshop.host.call(wrapped.reference, 'length', ['four']), 4);
  const reasons = new Map(wrapped.refusals.map(({ what, reason }) => [what, reason]));
  assert.match(reasons.get('read') ?? '', /the module fs does not exist in the sandbox/);
  assert.match(reasons.get('gone') ?? '', /its declarations promise one/);
  assert.match(reasons.get('fs') ?? '', /the sandbox does not have/);
});

test('[wrap.partly] what needs Node already when it is loaded is refused in one line', async (t) => {
  const workshop = await openWorkshop(t, {
    loads: [
      made('loads', {
        'index.js': "require('util').inherits(function () {}, Error);\nexports.one = () => 1;",
        'index.d.ts': 'export declare function one(): number;',
      }),
    ],
  });
  await assert.rejects(workshop.wrap({ package: 'loads' }), {
    code: 'not-wrappable',
    message:
      'nothing of loads can be offered, it does not load in the sandbox: the module util does not exist in the sandbox, so neither does inherits',
  });
});

test('[wrap.partly] what nothing can make any more is not offered', async (t) => {
  const workshop = await openWorkshop(t, {
    clocks: [
      made('clocks', {
        'index.js': `exports.Clock = class { constructor() { this.zone = new Intl.Collator(); } get hour() { return 1; } add() { return this; } };
exports.earliest = (clocks) => clocks[0];
exports.found = (zone) => undefined;
exports.parsed = (text) => { throw new Error('no clock'); };
exports.hours = () => 24;`,
        'index.d.ts': `export declare class Clock { constructor(); readonly hour: number; add(hours: number): Clock; }
export declare function earliest(...clocks: Clock[]): Clock;
export declare function found(zone?: string): Clock | undefined;
export declare function parsed(text: string): Clock;
export declare function hours(): number;`,
      }),
    ],
  });
  const wrapped = await workshop.offer({ package: 'clocks' });
  assert.deepEqual([...wrapped.functions].sort(), ['found', 'hours', 'parsed']);
  assert.deepEqual([wrapped.crossing, wrapped.exported], [3, 6]);
  const reasons = new Map(wrapped.refusals.map(({ what, reason }) => [what, reason]));
  assert.match(reasons.get('new Clock') ?? '', /Intl is not defined/);
  for (const what of ['Clock.prototype.add', 'earliest'])
    assert.match(reasons.get(what) ?? '', /needs a clock, and nothing that works in the sandbox makes one/);
});

test('[wrap.sandbox] a library has no network, no files and no permission to ask for', async (t) => {
  const workshop = await openWorkshop(t, {
    phones: [
      made('phones', {
        'index.js': `exports.home = async () => String(await fetch('http://127.0.0.1:9/'));
exports.socket = () => String(new WebSocket('ws://127.0.0.1:9/'));
exports.names = () => ['fetch', 'XMLHttpRequest', 'WebSocket', 'require', 'Deno', 'Bun'].filter((name) => typeof globalThis[name] !== 'undefined');`,
        'index.d.ts':
          'export declare function home(): Promise<string>;\nexport declare function socket(): string;\nexport declare function names(): string[];',
      }),
    ],
  });
  const wrapped = await workshop.offer({ package: 'phones' });
  assert.deepEqual(await workshop.host.call(wrapped.reference, 'names', []), []);
  const imports = decodeComponent(wrapped.bytes).imports.map(({ id }) => id);
  assert.deepEqual(
    imports.filter((id) => /sockets|http/.test(id)),
    [],
  );
  assert.equal(readFileSync(join(wrapped.dir, 'component.toml'), 'utf8').includes('[[permissions'), false);
});

test('[wrap.vulnerable] trim 0.0.1: a regular expression without end is stopped, and the host goes on', {
  timeout: 120_000,
}, async (t) => {
  const workshop = await openWorkshop(t, { trim: [published('trim-0.0.1')] });
  const wrapped = await workshop.offer({ package: 'trim' });
  assert.equal(await workshop.host.call(wrapped.reference, 'api.trim', ['" a "']), '"a"');
  const endless = `a${' '.repeat(200_000)}b`;
  await assert.rejects(
    workshop.host.call(wrapped.reference, 'api.trim', [JSON.stringify(endless)], { timeout: 1_000 }),
    {
      code: 'timeout',
    },
  );
  assert.equal(await workshop.host.call(wrapped.reference, 'api.trim', ['" b "']), '"b"');
});

test('[wrap.vulnerable] minimist 0.2.0: a polluted prototype stays in its call', { timeout: 120_000 }, async (t) => {
  const workshop = await openWorkshop(t, { minimist: [published('minimist-0.2.0')] });
  const wrapped = await workshop.offer({ package: 'minimist' });
  const parse = (...words: string[]): Promise<unknown> =>
    workshop.host.call(wrapped.reference, 'minimist', [JSON.stringify(words), 'null']);
  await parse('--__proto__.polluted', 'yes');
  assert.equal(({} as { polluted?: string }).polluted, undefined);
  assert.equal(String(await parse('--x', '1')).includes('polluted'), false);
});
