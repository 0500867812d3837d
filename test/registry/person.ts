/** People of tests, each with a home and a directory, who run verbs. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { injectPackage } from '#wit';
import { keepHost, newHome, outcomeOf, type run, start } from '../e2e/cli-run.ts';
import { guest } from '../guests/build.ts';
import { scratch } from './peer.ts';

/** Runs verbs of one home in one directory; those that print JSON give it. */
export interface Person {
  readonly home: string;
  readonly directory: string;
  (...args: string[]): ReturnType<typeof run>;
  json<T>(...args: string[]): Promise<T>;
}

export async function person(t: TestContext): Promise<Person> {
  const home = newHome(t);
  await keepHost(t, home);
  return personOf(t, home);
}

/** One whose home nobody has made yet. */
export function newcomer(t: TestContext): Person {
  return personOf(t, newHome(t));
}

function personOf(t: TestContext, home: string): Person {
  const directory = scratch(t);
  const own = async (...args: string[]): ReturnType<typeof run> => {
    const child = start(home, args, {}, directory);
    child.stdin?.end();
    return outcomeOf(child);
  };
  const json = async <T>(...args: string[]): Promise<T> => {
    const { code, stdout, stderr } = await own(...args, '--output', 'json');
    assert.equal(code, 0, stdout + stderr);
    return JSON.parse(stdout) as T;
  };
  return Object.assign(own, { home, directory, json });
}

/** A component of the echo guest that says its name. */
export async function componentFile(directory: string, reference: string): Promise<string> {
  const { bytes } = await guest('echo');
  const path = join(directory, `${reference.replaceAll(/[^a-z0-9.]/g, '-')}.wasm`);
  writeFileSync(path, injectPackage(bytes, reference));
  return path;
}
