/** Files as people and programs write them, by chance: what is not ours stays, to the byte. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Client, CLIENTS, type Entry } from '#gateways/cli/clients/clients';
import { changedText } from '#gateways/cli/clients/entry';

const client = (id: string): Client => CLIENTS.find((one) => one.id === id) as Client;
const LAUNCH = { command: '/opt/switchboard/switchboard', args: ['serve', '--stdio'] };

/** A small generator that gives the same numbers for the same seed. */
function chance(seed: number): (below: number) => number {
  let state = seed + 1;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function randomJson(pick: (below: number) => number, comments: boolean): string {
  const eol = pick(3) === 0 ? '\r\n' : '\n';
  const unit = ['  ', '\t', '    ', ' '][pick(4)] ?? '';
  const tight = pick(6) === 0;
  const remark = (): string =>
    comments && !tight && pick(3) === 0 ? ([' // {"a": [', ' /* , } */', '\t// "x": 1,'][pick(3)] ?? '') : '';
  const value = (depth: number, indent: string): string => {
    const kind = pick(depth > 2 ? 4 : 6);
    if (kind < 4) return ['"a // b"', '-1.5e3', 'true', '"\\"}\\u0000,"'][kind] ?? '';
    return kind === 4
      ? `[${pick(2) === 0 ? '' : `"x",${tight ? '' : ' '}{"y":[]}`}]`
      : object(depth + 1, indent, pick(4));
  };
  const object = (depth: number, indent: string, size: number, own: readonly string[] = []): string => {
    const names = [...Array(size).keys()].map((i) => `${['a', 'mcpServers', '__proto__', 'k"'][pick(4)] ?? ''}${i}`);
    const members = [
      ...names.map((name) => `${JSON.stringify(name)}:${tight ? '' : ' '}${value(depth, indent + unit)}`),
      ...own,
    ];
    if (members.length === 0) return '{}';
    const trailing = comments && pick(2) === 0 ? ',' : '';
    if (tight) return `{${members.join(',')}${trailing}}`;
    const lines = members.map(
      (member, i) => `${indent}${unit}${member}${i < members.length - 1 ? ',' : trailing}${remark()}`,
    );
    const before = comments && pick(4) === 0 ? `${indent}${unit}/* first */${eol}` : '';
    const after = comments && pick(4) === 0 ? `${indent}${unit}// last${eol}` : '';
    return `{${remark()}${eol}${before}${lines.join(eol)}${eol}${after}${indent}}`;
  };
  const colon = tight ? ':' : ': ';
  const servers = pick(3) === 0 ? [] : [`"mcpServers"${colon}${object(1, unit, 1 + pick(3))}`];
  return `${object(0, '', pick(4), servers)}${pick(2) === 0 ? eol : ''}`;
}

/** Checks that every sign of `before` is still there, in its order; of an object without members the space inside may go. */
function assertKept(before: string, after: string, seed: number): void {
  let at = -1;
  for (const sign of before.replaceAll(/\{\s*\}/g, '{}')) {
    at = after.indexOf(sign, at + 1);
    assert.ok(at >= 0, `seed ${seed}: ${JSON.stringify(before)} became ${JSON.stringify(after)}`);
  }
}

for (const id of ['claude-code', 'cursor']) {
  test(`[connect.preserve] [connect.remove] ${id}: 2,000 files by chance`, () => {
    const own = client(id);
    const entry: Entry = own.stdio(LAUNCH);
    for (let seed = 0; seed < 2_000; seed += 1) {
      const before = randomJson(chance(seed), own.dialect === 'jsonc');
      const after = changedText(own, 'f', before, 'switchboard', entry);
      const back = changedText(own, 'f', after, 'switchboard', undefined);
      assertKept(before, after, seed);
      if (/"mcpServers": ?\{(?!\})/.test(before)) assert.equal(back, before, `seed ${seed}`);
    }
  });
}

test('[connect.preserve] [connect.remove] Codex: 1,000 files by chance', () => {
  const codex = client('codex');
  const parts = [
    'a = 1 # one',
    "b = '''\n[mcp_servers.switchboard]\n'''",
    'c = """x\\"""" # "',
    'd = [ # [\n  "]",\n  { e = "}" },\n]',
    '"quoted key".f = 1979-05-27',
    '\'mcp_servers\' = { x = { command = "y" } }',
  ];
  const tables = ['[t] # [x]', '[ "t.u" . v ]', '[[list]]', '[mcp_servers.other.env]', '[mcp_servers."o.p"]'];
  for (let seed = 0; seed < 1_000; seed += 1) {
    const pick = chance(seed);
    const eol = pick(3) === 0 ? '\r\n' : '\n';
    const used = tables.filter(() => pick(2) === 0);
    const inline = used.every((name) => !name.includes('mcp_servers'));
    const lines = parts.slice(0, inline && pick(3) === 0 ? 6 : 5).filter(() => pick(2) === 0);
    for (const name of used)
      lines.push(...(pick(2) === 0 ? ['# remark', name] : ['', name]), ...(pick(2) === 0 ? ['g = "h"'] : []));
    const before = lines.length === 0 ? '' : `${lines.join('\n').replaceAll('\n', eol)}${eol}`;
    const entry = codex.stdio(LAUNCH);
    if (before.includes("'mcp_servers' =")) {
      assert.throws(() => changedText(codex, 'f', before, 'switchboard', entry), { code: 'file-unreadable' }, before);
      continue;
    }
    const after = changedText(codex, 'f', before, 'switchboard', entry);
    assert.ok(after.startsWith(before), before);
    const other = changedText(
      codex,
      'f',
      `${after}${eol}[zz]${eol}k = 1${eol}`,
      'switchboard',
      codex.http?.({ url: 'http://x', token: 't' }),
    );
    assert.ok(other.startsWith(before) && other.endsWith(`${eol}[zz]${eol}k = 1${eol}`), other);
    assert.equal(changedText(codex, 'f', after, 'switchboard', undefined), before, `seed ${seed}`);
  }
});
