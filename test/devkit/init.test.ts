/** New projects where something else makes one, or lies where it would be. */
import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createProject } from '#devkit';
import { newFolder, write } from './projects.ts';

test('[devkit.init] of several that make a project of one name one does, whole; the others are told', async (t) => {
  for (let round = 0; round < 15; round += 1) {
    const parent = newFolder(t);
    if (round % 3 === 0) mkdirSync(join(parent, 'weather'));
    const languages = (['ts', 'c', 'go'] as const).map((language) => createProject(parent, 'weather', language));
    const outcomes = await Promise.allSettled(languages);
    const made = outcomes.filter((one) => one.status === 'fulfilled').map(({ value }) => value);
    assert.equal(made.length, 1);
    const there = readdirSync(join(parent, 'weather'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const [{ dir, files } = { dir: '', files: [] }] = made;
    assert.deepEqual(there.toSorted(), files.map((file) => join(dir, file)).toSorted());
    for (const one of outcomes) {
      if (one.status === 'rejected') assert.equal((one.reason as { code: string }).code, 'invalid-project');
    }
  }
});

test('[devkit.init] a link to nothing of that name is said, and stays', async (t) => {
  const parent = newFolder(t);
  symlinkSync(join(parent, 'nowhere'), join(parent, 'weather'));
  await assert.rejects(createProject(parent, 'weather', 'ts'), {
    code: 'invalid-project',
    message: /weather is a link to nothing/,
  });
  assert.ok(lstatSync(join(parent, 'weather')).isSymbolicLink());
  assert.deepEqual(readdirSync(parent), ['weather']);
});

test('[devkit.init] a file of that name is said, and stays; an empty repository is taken', async (t) => {
  const parent = newFolder(t);
  await write(parent, { weather: 'mine' });
  await assert.rejects(createProject(parent, 'weather', 'ts'), { code: 'invalid-project', message: /not a folder/ });
  await write(parent, { 'fresh/.git/HEAD': 'ref: refs/heads/main' });
  await createProject(parent, 'fresh', 'c');
  assert.ok(readdirSync(join(parent, 'fresh')).includes('component.toml'));
});
