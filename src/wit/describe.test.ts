import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import { fromWit } from '#test/wit/fixtures';
import { describeComponent } from './describe.ts';

const WIT = `package demo:text@1.0.0;
interface api { resource doc { constructor(text: string); len: func() -> u64; } count: func(text: string) -> u32; }
interface more { count: func() -> u8; }
world w {
  import wasi:clocks/monotonic-clock@0.2.6;
  import wasi:filesystem/preopens@0.2.6;
  import strange:thing/api@1.0.0;
  import note: func(s: string);
  export api; export more;
  export init: func(shim: string, script: string, entry-path: string, disable-gc: bool);
  export init-all: func(a: u8);
  export wasi:cli/run@0.2.6;
}
package wasi:clocks@0.2.6 { interface monotonic-clock { now: func() -> u64; } }
package wasi:filesystem@0.2.6 { interface preopens { get: func() -> u8; } }
package wasi:cli@0.2.6 { interface run { run: func() -> result; } }
package strange:thing@1.0.0 { interface api { f: func(); } }`;

test('[wit.toolchain] toolchain exports are decoded but never described as callable', async () => {
  const described = describeComponent(await fromWit(WIT, 'w'));
  assert.deepEqual(described.functions.map((f) => f.id).toSorted(), [
    'api.count',
    'api.doc.len',
    'api.doc.new',
    'init-all',
    'more.count',
  ]);
  assert.ok(described.types.exportedFunctions.some((f) => f.name === 'init'));
  assert.ok(described.types.exports.some((e) => e.id === 'wasi:cli/run@0.2.6'));
});

test('[wit.toolchain] the initialiser of componentize-py is no function of the component, another init is', async () => {
  const world = (params: string): string =>
    `package a:b@1.0.0; world w { export exports: interface { init: func(${params}) -> string; } export f: func(); }`;
  const ids = async (params: string): Promise<string[]> =>
    describeComponent(await fromWit(world(params), 'w')).functions.map(({ id }) => id);
  assert.deepEqual(await ids('app-name: string, symbols: string, stub-wasi: bool'), ['f']);
  assert.deepEqual((await ids('app-name: string')).toSorted(), ['exports.init', 'f']);
});

test('[cli.inspect] a description holds digest, size, needs of every import, and plain JSON', async () => {
  const bytes = await fromWit(WIT, 'w');
  const described = describeComponent(bytes);
  assert.equal(described.digest, `sha256:${createHash('sha256').update(bytes).digest('hex')}`);
  assert.equal(described.size, bytes.length);
  assert.deepEqual(described.requirements.map((r) => [r.import, r.access]).toSorted(), [
    ['note', 'unavailable'],
    ['strange:thing/api@1.0.0', 'unavailable'],
    ['wasi:clocks/monotonic-clock@0.2.6', 'allowed'],
    ['wasi:filesystem/preopens@0.2.6', 'grantable'],
  ]);
  assert.deepEqual(JSON.parse(JSON.stringify(described)), described);
  const session = described.functions.filter((f) => f.needsSession).map((f) => f.id);
  assert.deepEqual(session.toSorted(), ['api.doc.len', 'api.doc.new']);
  const count = described.functions.find((f) => f.id === 'api.count');
  assert.equal(count?.wit, 'count: func(text: string) -> u32');
  assert.deepEqual(count?.params, ['text']);
});
