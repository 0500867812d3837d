import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { checkRooms } from './check-rooms.ts';

/** The messages, each as `file:line message`, of a checkout with these files besides one of every room. */
function messages(files: { readonly [path: string]: string }): readonly string[] {
  const root = mkdtempSync(join(tmpdir(), 'rooms-'));
  const rooms = ['core', 'wit', 'engine', 'services', 'home', 'host', 'gateways/cli'];
  const all = { ...Object.fromEntries(rooms.map((room) => [`src/${room}/index.ts`, 'export {};'])), ...files };
  try {
    for (const [path, text] of Object.entries(all)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return checkRooms(root).map(({ file, line, message }) => `${file}:${line} ${message}`);
  } finally {
    rmSync(root, { recursive: true });
  }
}

test('[dev.rooms] the direction of the rooms passes', () => {
  const allowed = {
    'src/core/a.ts': "import { b } from './b.ts';",
    'src/core/b.ts': 'export const b = 1;',
    'src/wit/a.ts': "import { b } from '#core/b';\nimport { readFile } from 'node:fs/promises';",
    'src/engine/a.ts': "import '#core';\nimport '#wit';\nimport { generate } from '#jco';",
    'src/host/a.ts': "import '#engine';\nimport '#home';\nimport { env } from '../env.ts';",
    'src/gateways/cli/a.ts': "import '#host';\nawait import('../mcp/a.ts');\nimport '../../env.ts';",
    'src/gateways/mcp/a.ts': "import '#gateways/cli/a';",
    'src/env.ts': 'export const env = () => process.env.HOME;',
    'src/index.ts': "export {} from '#host';\nexport type {} from '#core';",
    'src/wit/a.test.ts': "import '#test/helper';\nimport '#engine';\nprocess.env.X = '1';",
  };
  assert.deepEqual(messages(allowed), []);
});

const violations: readonly (readonly [file: string, text: string, line: number, message: RegExp])[] = [
  ['src/core/a.ts', "import '#wit';", 1, /core may not import wit/],
  ['src/core/a.ts', "\nimport type { X } from '#host';", 2, /core may not import host/],
  ['src/core/a.ts', "import 'node:fs';", 1, /no part of Node/],
  ['src/core/a.ts', "import { join } from 'path';", 1, /no part of Node/],
  ['src/core/a.ts', "import { valid } from 'semver';", 1, /no package/],
  ['src/wit/a.ts', "import { Cell } from '#engine';", 1, /wit may not import engine/],
  ['src/home/a.ts', "import type { Cell } from '#engine/cell';", 1, /home may not import engine/],
  ['src/services/a.ts', "export { x } from '#wit';", 1, /services may not import wit/],
  ['src/engine/a.ts', "export * from '#home';", 1, /engine may not import home/],
  ['src/engine/a.ts', "type H = import('#host').Host;", 1, /engine may not import host/],
  ['src/engine/a.ts', "const h = await import('#host');", 1, /engine may not import host/],
  ['src/host/a.ts', "import '#gateways/cli/main';", 1, /host may not import gateways/],
  ['src/wit/a.ts', "import '../engine/x.ts';", 1, /wit may not import engine/],
  ['src/engine/a.ts', "new URL('../host/entry.ts', import.meta.url);", 1, /engine may not import host/],
  ['src/engine/a.ts', "import '../core/errors.ts';", 1, /through the import map/],
  ['src/core/a.ts', "import '#core/b';", 1, /inside a room/],
  ['src/wit/a.ts', "import '#test/requirements';", 1, /tests or benchmarks/],
  ['src/wit/a.ts', "import '../../bench/main.ts';", 1, /tests or benchmarks/],
  ['src/engine/a.ts', "import { env } from '../env.ts';", 1, /only host and gateways import src\/env.ts/],
  ['src/host/a.ts', '\n\nconst home = process.env.HOME;', 3, /only src\/env.ts reads the environment/],
  ['src/host/a.ts', "process['env']", 1, /only src\/env.ts reads the environment/],
  ['src/host/a.ts', 'const { env } = process;', 1, /only src\/env.ts reads the environment/],
  ['src/host/a.ts', "import { env } from 'node:process';", 1, /only src\/env.ts reads the environment/],
  ['src/host/a.ts', 'const = 1;', 1, /cannot be parsed/],
];

for (const [file, text, line, message] of violations) {
  test(`[dev.rooms] ${file} with ${JSON.stringify(text)} is refused`, () => {
    const found = messages({ [file]: text, 'src/env.ts': 'export const env = 1;' });
    assert.equal(found.length, 1, found.join('\n'));
    assert.ok(found[0]?.startsWith(`${file}:${line} `), found.join());
    assert.match(found[0] ?? '', message);
  });
}

test('[dev.rooms] words in comments and strings are no imports', () => {
  const text = "// import '#host';\nexport const s = \"import '#host'; process.env\";\n/* await import('#host') */";
  assert.deepEqual(messages({ 'src/wit/a.ts': text }), []);
});
