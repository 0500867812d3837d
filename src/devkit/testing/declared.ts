/** Tests that are data: `*.test.json`, a list of calls with what they must give. For every language. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, SwitchboardError, toSwitchboardError } from '#core/errors';
import { printable } from '#core/reference';
import type { Answers } from './fake-network.ts';
import type { Sandbox, SandboxOptions } from './sandbox.ts';

/** One call. Without `result` and `error` it must only succeed. */
export interface DeclaredTest extends SandboxOptions {
  readonly name: string;
  readonly call: string;
  readonly arguments?: { readonly [name: string]: unknown } | readonly unknown[];
  readonly result?: unknown;
  /** A part of the message, or the code, of the error it must fail with. */
  readonly error?: string;
  /** What files must hold afterwards, by the path that the component sees; null: not there. */
  readonly filesAfter?: { readonly [path: string]: string | null };
}

const MEMBERS: { readonly [name: string]: (value: unknown) => boolean } = {
  name: (value) => typeof value === 'string',
  call: (value) => typeof value === 'string',
  arguments: (value) => typeof value === 'object' && value !== null,
  result: () => true,
  // Any message has the empty text as a part.
  error: (value) => typeof value === 'string' && value.trim() !== '',
  env: isTexts,
  secrets: isTexts,
  files: isTexts,
  http: isAnswers,
  grant: (value) => typeof value === 'boolean',
  filesAfter: (value) =>
    isObject(value) && Object.values(value).every((item) => item === null || typeof item === 'string'),
};

const isObject = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
function isTexts(value: unknown): boolean {
  return isObject(value) && Object.values(value).every((item) => typeof item === 'string');
}
function isAnswers(value: unknown): value is Answers {
  return isObject(value) && Object.values(value).every((item) => typeof item === 'string' || isObject(item));
}

/** The tests of a file. Errors: `invalid-project`, which names the file, the test and the member. */
export async function readDeclared(file: string): Promise<DeclaredTest[]> {
  const fail = (why: string): never => {
    throw new SwitchboardError('invalid-project', `${printable(file, 1_000)}: ${why}`);
  };
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    return fail(printable((error as Error).message));
  }
  if (!Array.isArray(parsed)) return fail('it is not a list of tests');
  if (parsed.length === 0) return fail('it has no test');
  return parsed.map((item: unknown, i): DeclaredTest => {
    const given = isObject(item) ? item : fail(`test ${i + 1} is not an object`);
    const { name, call } = given;
    if (typeof call !== 'string') return fail(`test ${i + 1} has no "call"`);
    for (const [member, value] of Object.entries(given)) {
      const check = Object.hasOwn(MEMBERS, member) ? MEMBERS[member] : undefined;
      if (!check)
        return fail(`test ${i + 1}: "${printable(member)}" is not known; there are ${Object.keys(MEMBERS).join(', ')}`);
      if (!check(value)) return fail(`test ${i + 1}: "${member}" has another form`);
    }
    if ('result' in given && 'error' in given) return fail(`test ${i + 1} has both "result" and "error"`);
    return { ...(given as unknown as DeclaredTest), name: typeof name === 'string' ? name : `${call} ${i + 1}` };
  });
}

/** Runs one in a sandbox of its own. What differs is thrown as an assertion, which shows both sides. */
export async function runDeclared(
  one: DeclaredTest,
  open: (options: SandboxOptions) => Promise<Sandbox>,
): Promise<void> {
  await using sandbox = await open(one);
  let outcome: { readonly value: unknown } | { readonly error: SwitchboardError };
  try {
    outcome = { value: await sandbox.call(one.call, one.arguments ?? []) };
  } catch (thrown) {
    outcome = { error: toSwitchboardError(thrown) };
  }
  if (one.error === undefined) {
    if ('error' in outcome) throw outcome.error;
    if ('result' in one) assert.deepStrictEqual(outcome.value ?? null, one.result);
  } else {
    assert.ok('error' in outcome, `it succeeded; it must fail with ${JSON.stringify(one.error)}`);
    const { code, message } = outcome.error;
    if (code !== one.error && !message.includes(one.error)) assert.strictEqual(message, one.error);
  }
  for (const [path, content] of Object.entries(one.filesAfter ?? {})) {
    assert.deepStrictEqual({ [path]: await contentOf(sandbox, path) }, { [path]: content });
  }
}

async function contentOf(sandbox: Sandbox, path: string): Promise<string | null> {
  for (let at = path.lastIndexOf('/'); at >= 0; at = path.lastIndexOf('/', at - 1)) {
    try {
      const directory = sandbox.directory(path.slice(0, at) || '/');
      return await readFile(join(directory, path.slice(at + 1)), 'utf8');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return null;
      if (at === 0) throw error;
    }
  }
  return null;
}
