import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isBindingFor, type Machine, missingBindings } from './missing-bindings.ts';

const LINUX: Machine = { platform: 'linux', arch: 'x64', musl: false };
const MAC: Machine = { platform: 'darwin', arch: 'arm64', musl: false };

test('a binding is told by its name', () => {
  const cases: readonly (readonly [name: string, machine: Machine, expected: boolean])[] = [
    ['@rolldown/binding-linux-x64-gnu', LINUX, true],
    ['@rolldown/binding-linux-x64-musl', LINUX, false],
    ['@rolldown/binding-linux-x64-musl', { ...LINUX, musl: true }, true],
    ['@rolldown/binding-linux-x64-gnu', { ...LINUX, musl: true }, false],
    ['@rolldown/binding-linux-arm64-gnu', LINUX, false],
    ['@rolldown/binding-darwin-arm64', MAC, true],
    ['@rolldown/binding-darwin-x64', MAC, false],
    ['@oxlint-tsgolint/darwin-arm64', MAC, true],
    ['@biomejs/cli-linux-x64', LINUX, true],
    ['@biomejs/cli-linux-x64', { ...LINUX, musl: true }, false],
    ['@rolldown/binding-win32-x64-msvc', LINUX, false],
    ['@rolldown/binding-linux-x64-gnu-extra', LINUX, false],
    ['fsevents', MAC, false],
  ];
  for (const [name, machine, expected] of cases) assert.equal(isBindingFor(name, machine), expected, name);
});

test('the bindings that an installed package lists and node_modules lacks are named with their versions', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'bindings-'));
  t.after(() => rmSync(root, { recursive: true }));
  const optional = (version: string) => ({
    optionalDependencies: { 'x-darwin-arm64': version, 'x-linux-x64-gnu': version, 'x-linux-x64-musl': version },
  });
  const packages = {
    '': optional('0.0.0'),
    'node_modules/x': optional('1.2.3'),
    'node_modules/not-installed': optional('9.9.9'),
  };
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages }));
  mkdirSync(join(root, 'node_modules/x'), { recursive: true });
  assert.deepEqual(missingBindings(root, MAC), ['x-darwin-arm64@1.2.3']);
  assert.deepEqual(missingBindings(root, LINUX), ['x-linux-x64-gnu@1.2.3']);
  mkdirSync(join(root, 'node_modules/x-linux-x64-gnu'));
  assert.deepEqual(missingBindings(root, LINUX), []);
});
