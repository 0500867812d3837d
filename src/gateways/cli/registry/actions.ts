/** What `registry` does. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SwitchboardError } from '#core/errors';
import { formatSize, parseSize } from '#core/limits';
import type { AnsweredLine, RegistryOptions, Right, Rights } from '#registry';
import type { RegistrySettings } from '#registry/client/settings';
import type { Context } from '../context.ts';
import { table } from '../describe-text.ts';
import { safeLine } from '../safe.ts';

export interface RegistryFlags {
  readonly data?: string;
  readonly host: string;
  readonly port: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly anonymous: string;
  readonly mutableTag?: readonly string[];
  readonly accessLog?: true;
  readonly maxBlob?: string;
  readonly maxTotal?: string;
  readonly right?: readonly string[];
  readonly untagged?: true;
  readonly default?: string;
  readonly namespace?: readonly string[];
  readonly plainHttp?: readonly string[];
  readonly ca?: string;
}

type Perform = (context: Context, name: string | undefined, flags: RegistryFlags) => Promise<void>;
type Action = 'serve' | 'add-user' | 'remove-user' | 'users' | 'gc' | 'set' | 'show';

const usage = (message: string): SwitchboardError =>
  new SwitchboardError('invalid-usage', message, { fix: 'switchboard registry --help' });

const dataOf = (context: Context, flags: RegistryFlags): string =>
  resolve(flags.data ?? join(context.home, 'registry'));

const ANONYMOUS: Readonly<Record<string, Rights>> = {
  none: {},
  pull: { '*': ['pull'] },
  push: { '*': ['pull', 'push'] },
  all: { '*': ['pull', 'push', 'delete'] },
};

export const PERFORM: { readonly [K in Action]: Perform } = {
  async serve(context, _name, flags) {
    const { serveRegistry } = await import('#registry');
    const options = await serveOptions(context, flags);
    const { isLoopback } = await import('../serve.ts');
    if (!options.tls && !isLoopback(flags.host)) {
      context.note(
        `WARNING: ${flags.host} can be reached by other machines, over HTTP: passwords can be read on the way.`,
      );
      context.note('WARNING: give --tls-cert and --tls-key, or put a proxy with TLS before it.');
    }
    const running = await serveRegistry({
      ...options,
      ...(flags.accessLog
        ? {
            onAnswer: ({ method, path, status, account }: AnsweredLine) =>
              context.note(`${new Date().toISOString()} ${account} ${status} ${method} ${safeLine(path)}`),
          }
        : {}),
      onFailure: (error) => context.note(`FAILED: ${safeLine(error instanceof Error ? error.message : String(error))}`),
    });
    const { url, address } = running;
    if (context.json) context.printLine({ url, address, data: options.directory, pid: process.pid });
    else
      process.stdout.write(
        `The registry ${address} is served at ${url}\ndata: ${options.directory}\n\nCtrl-C stops.\n`,
      );
    await new Promise<void>((done) => {
      if (context.signal.aborted) done();
      context.signal.addEventListener('abort', () => done(), { once: true });
    });
    await running.close();
    context.finished();
  },
  async 'add-user'(context, name, flags) {
    if (name === undefined) throw usage('name the user');
    const rights = rightsOf(flags.right ?? []);
    if (Object.keys(rights).length === 0) throw usage('say what the user may do, as --right acme/*=pull,push');
    const { readHiddenTwice } = await import('../prompt.ts');
    const { openStore, setUser } = await import('#registry');
    const directory = dataOf(context, flags);
    openStore(directory).close();
    await setUser(directory, name, await readHiddenTwice(`password of ${safeLine(name)}: `, context.signal), rights);
    context.print({ user: name, rights }, () => `${name} may ${rightsText(rights)}`);
  },
  async 'remove-user'(context, name, flags) {
    if (name === undefined) throw usage('name the user');
    const { removeUser } = await import('#registry');
    if (!removeUser(dataOf(context, flags), name)) throw usage(`there is no user ${safeLine(name)}`);
    context.print({ user: name, removed: true }, () => `removed ${name}`);
  },
  async users(context, _name, flags) {
    const { listUsers } = await import('#registry');
    const users = listUsers(dataOf(context, flags));
    if (users.length === 0) context.note('no users');
    context.print({ users }, () => table(users.map(({ name, rights }) => [name, rightsText(rights)])).join('\n'));
  },
  async gc(context, _name, flags) {
    const { collectGarbage, openStore, REGISTRY_LIMITS } = await import('#registry');
    const directory = dataOf(context, flags);
    if (!existsSync(join(directory, 'registry.db'))) {
      throw new SwitchboardError('invalid-usage', `${safeLine(directory)} is not the directory of a registry`, {
        fix: 'switchboard registry gc --data <dir>',
      });
    }
    const store = openStore(directory);
    try {
      const gone = collectGarbage(store, REGISTRY_LIMITS, { untagged: flags.untagged });
      const { manifests, blobs, bytes, uploads } = gone;
      context.print(gone, () =>
        [
          `removed ${manifests} manifests, ${blobs} blobs (${formatSize(bytes)}) and ${uploads} uploads that were left`,
        ].join(),
      );
    } finally {
      store.close();
    }
  },
  async set(context, _name, flags) {
    const { readSettings, writeSettings } = await import('#registry/client/settings');
    // The home is made where it is not there, and checked.
    await context.attach();
    const before = readSettings(context.home);
    const namespaces = { ...before.namespaces };
    for (const text of flags.namespace ?? []) {
      const [namespace = '', place = ''] = text.split('=', 2);
      if (place === '') delete namespaces[namespace];
      else namespaces[namespace] = place;
    }
    const wanted = flags.default ?? before.default;
    const ca = flags.ca === undefined ? before.ca : resolve(flags.ca);
    const settings: RegistrySettings = {
      ...(wanted === undefined || wanted === '' ? {} : { default: wanted }),
      namespaces,
      plainHttp: [...new Set([...before.plainHttp, ...(flags.plainHttp ?? [])])],
      ...(ca === undefined || flags.ca === '' ? {} : { ca }),
    };
    writeSettings(context.home, settings);
    show(context, settings);
  },
  async show(context) {
    const { readSettings } = await import('#registry/client/settings');
    show(context, readSettings(context.home));
  },
};

function show(context: Context, settings: RegistrySettings): void {
  const { default: general, namespaces, plainHttp, ca } = settings;
  context.print(settings, () =>
    table([
      ['default', safeLine(general ?? 'none')],
      ...Object.entries(namespaces).map(([namespace, place]) => [`${safeLine(namespace)}:*`, safeLine(place)]),
      ...plainHttp.map((host) => ['plain HTTP', safeLine(host)]),
      ...(ca === undefined ? [] : [['authorities', safeLine(ca)]]),
    ]).join('\n'),
  );
}

async function serveOptions(context: Context, flags: RegistryFlags): Promise<RegistryOptions> {
  if (!/^\d{1,5}$/.test(flags.port) || Number(flags.port) > 65_535) throw usage('--port takes 0 to 65535');
  const anonymous = Object.hasOwn(ANONYMOUS, flags.anonymous) ? ANONYMOUS[flags.anonymous] : undefined;
  if (!anonymous) throw usage('--anonymous takes none, pull, push or all');
  const { tlsCert, tlsKey } = flags;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) throw usage('--tls-cert and --tls-key go together');
  const tls =
    tlsCert === undefined || tlsKey === undefined ? undefined : { cert: await pem(tlsCert), key: await pem(tlsKey) };
  const mutable = new Set(flags.mutableTag);
  return {
    directory: dataOf(context, flags),
    host: flags.host,
    port: Number(flags.port),
    tls,
    anonymous,
    mutableTags: (tag) => mutable.has(tag),
    limits: {
      ...(flags.maxBlob === undefined ? {} : { blob: parseSize(flags.maxBlob) }),
      ...(flags.maxTotal === undefined ? {} : { total: parseSize(flags.maxTotal) }),
    },
  };
}

async function pem(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new SwitchboardError('file-unreadable', `cannot read ${safeLine(path)}`, { cause });
  });
}

function rightsOf(texts: readonly string[]): Rights {
  const rights: Record<string, readonly Right[]> = {};
  for (const text of texts) {
    const [pattern = '', list = ''] = text.split('=', 2);
    rights[pattern] = list.split(',').filter(Boolean) as Right[];
  }
  return rights;
}

const rightsText = (rights: Rights): string =>
  Object.entries(rights)
    .map(([pattern, given]) => `${given.join(', ')} in ${safeLine(pattern)}`)
    .join('; ');
