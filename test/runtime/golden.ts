/**
 * Golden cases: each folder of test/runtime with a `case.json` is a component, a list of calls and what they must
 * give. A new golden test is a new folder. docs of the format: test/runtime/README.md.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Limits, LogRecord } from '#core';
import { toSwitchboardError } from '#core/errors';
import type { CallOptions, Host, Session } from '#host/api';
import { buildBundled } from '../../scripts/build-components.ts';
import { fromWat, guest } from '../guests/build.ts';
import { stockGuest } from '../stock/guests.ts';

export interface ExpectedError {
  readonly code: string;
  /** Parts the message must contain. */
  readonly message?: string | readonly string[];
  readonly data?: unknown;
}

export interface GoldenCall {
  readonly function: string;
  readonly args?: { readonly [name: string]: unknown } | readonly unknown[];
  /** The whole result; absent: there is none. */
  readonly expect?: unknown;
  /** Fields the result must at least have. */
  readonly part?: unknown;
  readonly error?: ExpectedError;
  /** Records the call must log, in order: the fields given. */
  readonly logs?: readonly { readonly [field: string]: unknown }[];
  /** Keeps the result for `{"$ref": name}` in later arguments. */
  readonly save?: string;
  /** Made in the case's session. */
  readonly session?: boolean;
  /** Run time in milliseconds. */
  readonly timeout?: number;
}

export interface GoldenCase {
  readonly name: string;
  readonly dir: string;
  readonly requirements: readonly string[];
  readonly component: string;
  readonly limits?: Partial<Limits>;
  /** Installing must fail; there are no calls. */
  readonly refused?: ExpectedError;
  readonly calls?: readonly GoldenCall[];
}

/** All cases, by folder name. */
export async function goldenCases(root: string): Promise<GoldenCase[]> {
  const entries = await readdir(root, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory() && entry.name !== 'files').map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const dir = join(root, name);
      const text = await readFile(join(dir, 'case.json'), 'utf8');
      return { ...(JSON.parse(text) as Omit<GoldenCase, 'name' | 'dir'>), name, dir };
    }),
  );
}

/** Installs the case's component under a name of its own and makes its calls, one after another. */
export async function runCase(host: Host, golden: GoldenCase): Promise<void> {
  const bytes = await componentBytes(golden);
  const reference = `golden:${golden.name}`;
  const installing = host.install(bytes, { as: `${reference}@1.0.0` });
  if (golden.refused) {
    expectError(await outcome(installing), golden.refused, 'install');
    return;
  }
  await installing;
  if (golden.limits) await host.setLimits(reference, golden.limits);
  const session = golden.calls?.some((call) => call.session) ? await host.session() : undefined;
  const saved = new Map<string, unknown>();
  try {
    for (const [i, call] of (golden.calls ?? []).entries()) {
      await runCall(host, session, reference, golden, call, saved, `call ${i} (${call.function})`);
    }
  } finally {
    await session?.close();
  }
}

async function runCall(
  host: Host,
  session: Session | undefined,
  reference: string,
  golden: GoldenCase,
  call: GoldenCall,
  saved: Map<string, unknown>,
  where: string,
): Promise<void> {
  const logs: LogRecord[] = [];
  const options: CallOptions = { onLog: (record) => void logs.push(record), timeout: call.timeout };
  const args = (await resolve(call.args ?? {}, golden.dir, saved)) as { readonly [name: string]: unknown };
  const caller = call.session ? session : host;
  if (!caller) throw new Error('the case has no session');
  const result = await outcome(caller.call(reference, call.function, args, options));
  if (call.error) expectError(result, call.error, where);
  else {
    if (result.error !== undefined) throw new Error(`${where} failed`, { cause: result.error });
    if (call.part !== undefined) expectPart(result.value, call.part, where);
    else if (call.save === undefined || 'expect' in call)
      deepEqual(result.value, await resolve(call.expect, golden.dir, saved), where);
  }
  if (call.save !== undefined) saved.set(call.save, result.value);
  if (call.logs) expectPart(logs, call.logs, `${where}: logs`);
}

interface Outcome {
  readonly value?: unknown;
  readonly error?: unknown;
}

async function outcome(promise: Promise<unknown>): Promise<Outcome> {
  try {
    return { value: await promise };
  } catch (error) {
    return { error };
  }
}

function expectError(result: Outcome, expected: ExpectedError, where: string): void {
  ok(
    result.error !== undefined,
    `${where} should fail with ${expected.code}, but gave ${JSON.stringify(result.value)?.slice(0, 200)}`,
  );
  const error = toSwitchboardError(result.error);
  equal(error.code, expected.code, `${where}: ${error.message}`);
  for (const part of [expected.message ?? []].flat())
    ok(error.message.includes(part), `${where}: "${error.message}" lacks "${part}"`);
  if (expected.data !== undefined) expectPart(error.data, expected.data, `${where}: data`);
}

/** Objects may have more fields than expected; `{"$match": regex}` and `{"$length": n}` describe a value. */
function expectPart(actual: unknown, expected: unknown, where: string): void {
  if (Array.isArray(expected)) {
    ok(Array.isArray(actual), `${where} is no array`);
    equal(actual.length, expected.length, `${where}: length of ${JSON.stringify(actual).slice(0, 500)}`);
    for (const [i, item] of expected.entries()) expectPart(actual[i], item, `${where}[${i}]`);
  } else if (typeof expected === 'object' && expected !== null) {
    for (const [key, value] of Object.entries(expected)) {
      if (key === '$match') match(String(actual), new RegExp(String(value), 'u'), where);
      else if (key === '$length') equal((actual as { length: number }).length, value, `${where}: length`);
      else expectPart((actual as { [key: string]: unknown } | undefined)?.[key], value, `${where}.${key}`);
    }
  } else equal(actual, expected, where);
}

/** Replaces `{"$file": path}`, `{"$repeat": [text, times]}` and `{"$ref": name}` by what they stand for. */
async function resolve(value: unknown, dir: string, saved: ReadonlyMap<string, unknown>): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map((item) => resolve(item, dir, saved)));
  if (typeof value !== 'object' || value === null) return value;
  const special = value as {
    readonly $file?: string;
    readonly $repeat?: readonly [string, number];
    readonly $ref?: string;
  };
  if (special.$file !== undefined) return readFile(join(dir, special.$file), 'utf8');
  if (special.$repeat !== undefined) return special.$repeat[0].repeat(special.$repeat[1]);
  if (special.$ref !== undefined) return reference(special.$ref, saved);
  const entries = Object.entries(value).map(async ([key, item]) => [key, await resolve(item, dir, saved)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** `name`, or `name.2` for an item of a saved list. */
function reference(name: string, saved: ReadonlyMap<string, unknown>): unknown {
  const [key = '', index] = name.split('.');
  const value = saved.get(key);
  return index === undefined ? value : (value as readonly unknown[])[Number(index)];
}

async function componentBytes({ component, dir }: GoldenCase): Promise<Uint8Array> {
  const [kind, name = ''] = component.split(':', 2);
  if (kind === 'guest') return (await guest(name)).bytes;
  if (kind === 'stock') return readFile(await stockGuest(name as Parameters<typeof stockGuest>[0]));
  if (kind === 'wat') return fromWat(join(dir, name));
  if (kind !== 'bundled')
    throw new Error(`a component is guest:name, bundled:name, stock:name or wat:file, not ${component}`);
  const [built] = await buildBundled({ names: [name] });
  return readFile(built?.out ?? '');
}
