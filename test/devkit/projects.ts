/** Projects in temporary folders, and verbs run in them as a person would: from the folder, in processes of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, realpathSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { createProject, type DevkitPorts, type Language } from '#devkit';
import { devkitPorts } from '#gateways/cli/devkit-ports';
import { type Outcome, outcomeOf } from '../e2e/cli-run.ts';

export const MAIN = join(import.meta.dirname, '../../src/gateways/cli/main.ts');

/** A folder that goes with the test. */
export function newFolder(t: Pick<TestContext, 'after'>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'switchboard-devkit-')));
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** The folder of a new project; `files` are written over it. */
export async function newProject(
  t: Pick<TestContext, 'after'>,
  language: Language,
  files: { readonly [path: string]: string } = {},
  name = 'demo-tool',
): Promise<string> {
  const { dir } = await createProject(newFolder(t), name, language);
  await write(dir, files);
  return dir;
}

export async function write(dir: string, files: { readonly [path: string]: string }): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), text);
  }
}

/** The same project elsewhere. */
export async function copyOf(t: Pick<TestContext, 'after'>, dir: string): Promise<string> {
  const copy = join(newFolder(t), 'a', 'longer', 'way', 'to', 'it');
  await cp(dir, copy, { recursive: true, filter: (path) => !/\/(?:build|generated)$/.test(path) });
  return copy;
}

export async function ports(
  t: Pick<TestContext, 'after'>,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<DevkitPorts> {
  return { ...(await devkitPorts(newFolder(t), () => undefined)), environment };
}

export function startIn(cwd: string, home: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, SWITCHBOARD_HOME: home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

export const runIn = (cwd: string, home: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Outcome> =>
  outcomeOf(startIn(cwd, home, args, env));

/** A folder of programs that say these things, for a `PATH`. */
export async function programs(
  t: Pick<TestContext, 'after'>,
  scripts: { readonly [name: string]: string },
): Promise<string> {
  const folder = newFolder(t);
  for (const [name, body] of Object.entries(scripts)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${body}\n`);
    await chmod(join(folder, name), 0o755);
  }
  return folder;
}

export const digestOf = async (file: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
