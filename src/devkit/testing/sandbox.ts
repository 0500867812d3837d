/** A component under test: a host of its own, what its manifest requests, temporary directories, a fake network. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import type { LogRecord } from '#core/events';
import { SwitchboardError } from '#core/errors';
import { callableFunctions } from '#core/functions';
import type { Manifest, Permission } from '#core/permission';
import { printable } from '#core/reference';
import type { ComponentTypes } from '#core/wit-types';
import type { DevkitHost } from '../ports.ts';
import { type Answers, type SentRequest, startFakeNetwork } from './fake-network.ts';

export interface SandboxOptions {
  readonly env?: { readonly [name: string]: string };
  readonly secrets?: { readonly [name: string]: string };
  readonly files?: { readonly [path: string]: string | Uint8Array };
  readonly http?: Answers;
  readonly grant?: boolean;
}

type Arguments = { readonly [name: string]: unknown } | readonly unknown[];

export interface Sandbox {
  readonly component: { readonly [fn: string]: (...args: unknown[]) => Promise<unknown> };
  call(fn: string, args?: Arguments): Promise<unknown>;
  directory(guest: string): string;
  readonly requests: readonly SentRequest[];
  readonly logs: readonly string[];
  /** The host that it runs in, and its name there. */
  readonly host: DevkitHost;
  readonly reference: string;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The component that is tested, and what it needs. */
export interface Subject {
  readonly name: string;
  readonly version: string;
  readonly bytes: Uint8Array;
  readonly types: ComponentTypes;
  readonly manifest: Manifest | undefined;
  /** A host in a home, its network the fake one on that port. */
  readonly openHost: (home: string, fakeNetwork: number) => Promise<DevkitHost>;
  /** Sees each record before the test does, and keeps it where it answers true. */
  readonly filter: (record: LogRecord) => boolean;
}

/** Errors: those of installing; `invalid-setting` where a file is given outside what the manifest requests. */
export async function openSandbox(subject: Subject, options: SandboxOptions): Promise<Sandbox> {
  const root = await mkdtemp(join(tmpdir(), 'switchboard-sandbox-'));
  const network = await startFakeNetwork(options.http ?? {});
  let host: DevkitHost | undefined;
  const close = async (): Promise<void> => {
    await host?.close();
    await network.close();
    await rm(root, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    const opened = await subject.openHost(join(root, 'home'), network.port);
    host = opened;
    const reference = `${subject.name}@${subject.version}`;
    await opened.install(subject.bytes, { as: reference, origin: 'test' });
    const directories = await makeDirectories(root, subject.manifest);
    await writeFiles(directories, options.files ?? {});
    await grantRequested(opened, subject, directories, options);
    const session = await opened.session();
    const logs: string[] = [];
    const onLog = (record: LogRecord): void => {
      if (!subject.filter(record)) logs.push(record.message);
    };
    const call = async (fn: string, args: Arguments = []): Promise<unknown> => {
      const { stack = '' } = new Error();
      try {
        return await opened.call(reference, fn, args, { session: session.id, onLog });
      } catch (error) {
        throw calledFrom(error, stack);
      }
    };
    return {
      component: functionsOf(subject.types, call),
      call,
      directory(guest) {
        const found = directories.get(guest);
        if (found === undefined) throw outside(guest, subject.manifest);
        return found;
      },
      requests: network.requests,
      logs,
      host: opened,
      reference,
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The error of a call with the place in the test that made it: where in the host it came about says nothing to its author. */
function calledFrom(error: unknown, stack: string): unknown {
  if (!(error instanceof Error)) return error;
  const own = /^ *at .*(?:\bnode:|[\\/]devkit[\\/]testing[\\/])/;
  const frames = stack.split('\n').filter((line) => /^ *at /.test(line) && !own.test(line));
  // Its message has what that said.
  Reflect.deleteProperty(error, 'cause');
  error.stack = [`${error.name}: ${error.message}`, ...frames].join('\n');
  return error;
}

function functionsOf(types: ComponentTypes, call: Sandbox['call']): Sandbox['component'] {
  const callable = callableFunctions(types, () => false).filter(({ fn }) => fn.kind === 'function');
  const camel = (name: string): string =>
    name.replace(/^.*[.#/]/, '').replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(callable.map(({ id, name }) => [camel(name), (...args: unknown[]) => call(id, args)]));
}

/** A directory for each that the manifest requests, by the path that the component sees. */
async function makeDirectories(root: string, manifest: Manifest | undefined): Promise<Map<string, string>> {
  const made = new Map<string, string>();
  for (const request of manifest?.permissions ?? []) {
    if (request.kind !== 'fs') continue;
    const dir = join(root, `directory-${made.size}`);
    await mkdir(dir);
    made.set(request.guest, dir);
  }
  return made;
}

async function writeFiles(
  directories: ReadonlyMap<string, string>,
  files: { readonly [path: string]: string | Uint8Array },
): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const found = [...directories].find(([guest]) => path.startsWith(guest === '/' ? '/' : `${guest}/`));
    const inside = found && relative(found[0], path);
    if (found === undefined || inside === undefined || inside.split('/').includes('..')) throw outside(path, undefined);
    const file = join(found[1], inside);
    if (!existsSync(dirname(file))) await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

function outside(path: string, manifest: Manifest | undefined): SwitchboardError {
  const known = (manifest?.permissions ?? []).flatMap((request) => (request.kind === 'fs' ? [request.guest] : []));
  const has = known.length === 0 ? '' : `; it requests ${known.join(', ')}`;
  return new SwitchboardError('invalid-setting', `component.toml requests no directory for ${printable(path)}${has}`, {
    fix: 'add [[permissions.fs]] with guest, mode and reason to component.toml',
  });
}

/** Everything the manifest requests: directories are temporary ones, what a test gives no value for is left out. */
async function grantRequested(
  host: DevkitHost,
  { name, manifest }: Subject,
  directories: ReadonlyMap<string, string>,
  { env = {}, secrets = {}, grant = true }: SandboxOptions,
): Promise<void> {
  const permissions: Permission[] = [];
  for (const request of manifest?.permissions ?? []) {
    const { reason: _, ...asked } = request;
    if (asked.kind === 'fs') permissions.push({ ...asked, host: directories.get(asked.guest) ?? '' });
    else if (asked.kind === 'env') {
      const value = env[asked.name];
      if (value !== undefined) permissions.push({ ...asked, value });
    } else if (asked.kind === 'secret') {
      const value = secrets[asked.name];
      if (value === undefined) continue;
      await host.setSecret(asked.name, value);
      permissions.push(asked);
    } else permissions.push(asked);
  }
  if (grant && permissions.length > 0) await host.grant(name, { permissions, creator: 'test' });
}
