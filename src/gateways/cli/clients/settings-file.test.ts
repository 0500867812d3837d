import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readSettings, refuseForeign, replaceSettings } from './settings-file.ts';

const NOW = new Date('2026-11-21T08:00:00.123Z');
const refused = (message: RegExp) => ({ code: 'file-unreadable', message });

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'settings-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test('[connect.file] a file is replaced whole, keeps its mode, and a copy of the old one lies beside it', (t) => {
  const dir = directory(t);
  const path = join(dir, 'mcp.json');
  writeFileSync(path, '\ufeff{"old":1}');
  chmodSync(path, 0o640);
  const file = readSettings(path, 0o600);
  assert.deepEqual([file.text, file.mark, file.mode], ['{"old":1}', '\ufeff', 0o640]);
  const backup = replaceSettings(file, '{"new":1}', NOW);
  assert.equal(backup, join(dir, 'mcp.json.switchboard-backup-20261121T080000Z'));
  assert.equal(readFileSync(path, 'utf8'), '\ufeff{"new":1}');
  assert.equal(readFileSync(backup ?? '', 'utf8'), '\ufeff{"old":1}');
  assert.deepEqual([statSync(path).mode & 0o777, statSync(backup ?? '').mode & 0o777], [0o640, 0o640]);
  const again = replaceSettings(readSettings(path, 0o600), '{}', NOW);
  assert.equal(again, `${backup}-1`, 'a copy is never written over');
  assert.equal(readdirSync(dir).length, 3);
});

test('[connect.file] a file that is not there is made, with its directories', (t) => {
  const path = join(directory(t), 'a/b/mcp.json');
  const file = readSettings(path, 0o600);
  assert.deepEqual([file.text, file.bytes], ['', undefined]);
  assert.equal(replaceSettings(file, '{}', NOW), undefined);
  assert.equal(readFileSync(path, 'utf8'), '{}');
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('[connect.file] a symbolic link is followed and stays a link', (t) => {
  const dir = directory(t);
  mkdirSync(join(dir, 'dotfiles'));
  writeFileSync(join(dir, 'dotfiles/mcp.json'), 'old');
  symlinkSync('dotfiles/mcp.json', join(dir, 'mcp.json'));
  const backup = replaceSettings(readSettings(join(dir, 'mcp.json'), 0o600), 'new', NOW);
  assert.ok(lstatSync(join(dir, 'mcp.json')).isSymbolicLink());
  assert.equal(readlinkSync(join(dir, 'mcp.json')), 'dotfiles/mcp.json');
  assert.equal(readFileSync(join(dir, 'dotfiles/mcp.json'), 'utf8'), 'new');
  assert.ok(backup?.startsWith(join(dir, 'dotfiles/mcp.json.')));
  assert.deepEqual(readdirSync(dir).toSorted(), ['dotfiles', 'mcp.json']);
});

test('[connect.file] what is no file of text is refused and nothing changes', (t) => {
  const dir = directory(t);
  const path = (name: string): string => join(dir, name);
  symlinkSync('nowhere', path('dangling'));
  symlinkSync('loop', path('loop'));
  mkdirSync(path('directory'));
  execFileSync('mkfifo', [path('pipe')]);
  writeFileSync(path('latin1'), Buffer.from([0x7b, 0xe9, 0x7d]));
  writeFileSync(path('large'), '');
  truncateSync(path('large'), 33 * 1024 * 1024);
  assert.throws(
    () => readSettings(path('dangling'), 0),
    refused(/link to a file that is not there; nothing was changed/),
  );
  assert.throws(() => readSettings(path('loop'), 0), refused(/nothing was changed/));
  assert.throws(() => readSettings(path('directory'), 0), refused(/not a regular file/));
  assert.throws(() => readSettings(path('pipe'), 0), refused(/not a regular file/));
  assert.throws(() => readSettings(path('latin1'), 0), refused(/not UTF-8/));
  assert.throws(() => readSettings(path('large'), 0), refused(/larger than 32 MiB/));
});

test('[connect.file] a file of another user, or with a second name, is refused', (t) => {
  const dir = directory(t);
  const path = join(dir, 'mcp.json');
  writeFileSync(path, 'old');
  const file = readSettings(path, 0o600);
  t.mock.method(process as { getuid(): number }, 'getuid', () => 4_242);
  assert.throws(() => refuseForeign(file), refused(/belongs to the user with id \d+, not to you \(id 4242\)/));
  assert.throws(() => replaceSettings(file, 'new', NOW), refused(/belongs to/));
  t.mock.restoreAll();
  linkSync(path, join(dir, 'second'));
  assert.throws(() => replaceSettings(file, 'new', NOW), refused(/second name/));
  assert.equal(readFileSync(path, 'utf8'), 'old');
  assert.deepEqual(readdirSync(dir), ['mcp.json', 'second']);
});

test('[connect.file] what another program wrote meanwhile is not written over', (t) => {
  const dir = directory(t);
  const path = join(dir, 'mcp.json');
  const none = readSettings(path, 0o600);
  writeFileSync(path, 'first');
  assert.throws(() => replaceSettings(none, 'ours', NOW), refused(/another program has just changed it/));
  const first = readSettings(path, 0o600);
  writeFileSync(path, 'other');
  assert.throws(() => replaceSettings(first, 'ours', NOW), refused(/another program has just changed it/));
  assert.equal(readFileSync(path, 'utf8'), 'other');
  assert.deepEqual(readdirSync(dir), ['mcp.json']);
});
