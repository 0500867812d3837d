import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isInRegistry } from './words.ts';

test('[trust.signed] a name means a registry, whatever files lie where it is said', (t) => {
  const [before, directory] = [process.cwd(), mkdtempSync(join(tmpdir(), 'switchboard-words-'))];
  t.after(() => {
    process.chdir(before);
    rmSync(directory, { recursive: true });
  });
  process.chdir(directory);
  for (const word of ['acme:clip', 'acme:clip@1.0.0', 'acme:clip@^1.2']) {
    writeFileSync(word, 'what nobody signed');
    assert.ok(isInRegistry(word), word);
    assert.ok(!isInRegistry(`./${word}`), word);
  }
  for (const word of ['clip.wasm', './clip.wasm', '/acme/clip', 'acme/clip:1.0.0', 'C:clip']) {
    assert.ok(!isInRegistry(word), word);
  }
});
