/** The npm registry that npm itself goes to, asked for advisories. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { SwitchboardError } from '#core/errors';
import { printable } from '#core/reference';
import { commandPath, npmVariable, registryVariables, variableOfCaller } from '../../env.ts';

export interface NpmRegistry {
  /** Ends with a slash. */
  readonly url: URL;
  readonly authorization?: string | undefined;
  readonly cafile?: string | undefined;
  readonly proxy?: string | undefined;
}

const PUBLIC = 'https://registry.npmjs.org/';
const BULK = '-/npm/v1/security/advisories/bulk';
const TIMEOUT_MS = 10_000;
const LARGEST_ANSWER = 16 * 1024 * 1024;
const LARGEST_SETTINGS = 1024 * 1024;

/**
 * The registry of npm's settings: environment, the user's npmrc, the machine's. Not the npmrc of a directory: who wrote
 * what is scanned would choose where the names of packages, and a token, go. Errors: `invalid-setting`.
 */
export function npmRegistry(): NpmRegistry {
  const settings = new Map([...readSettings(globalFile()), ...readSettings(userFile())]);
  const setting = (name: string): string | undefined => npmVariable(name) ?? settings.get(name);
  const text = setting('registry') ?? PUBLIC;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new SwitchboardError('invalid-setting', `npm's registry "${printable(text)}" is no address`, {
      fix: `npm config set registry ${PUBLIC}`,
    });
  }
  url.username = '';
  url.password = '';
  url.search = '';
  url.hash = '';
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  const isSafe = url.protocol === 'https:' || /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  return {
    url,
    authorization: isSafe ? authorizationOf(settings, url) : undefined,
    cafile: setting('cafile'),
    proxy: setting('https-proxy') ?? setting('proxy'),
  };
}

const userFile = (): string => npmVariable('userconfig') ?? join(homedir(), '.npmrc');

/** Beside the npm that the shell would run. */
function globalFile(): string {
  const named = npmVariable('globalconfig');
  if (named !== undefined) return named;
  const prefix = npmVariable('prefix');
  if (prefix !== undefined) return join(prefix, 'etc/npmrc');
  const bin = commandPath().find((directory) => existsSync(join(directory, 'npm')));
  return bin === undefined ? '/etc/npmrc' : join(resolve(bin, '..'), 'etc/npmrc');
}

/** `key = value` lines; `${NAME}` is the variable. A file that is not there or not readable says nothing. */
function readSettings(path: string): Map<string, string> {
  const settings = new Map<string, string>();
  let text: string;
  try {
    text = readFileSync(path, 'utf8').slice(0, LARGEST_SETTINGS);
  } catch {
    return settings;
  }
  for (const line of text.split(/\r?\n/)) {
    const [, key, raw = ''] = /^\s*([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key === undefined) continue;
    const value = raw.replace(/^(["'])(.*)\1$/, '$2');
    settings.set(
      key,
      value.replaceAll(/\$\{(\w+)\??\}/g, (_all, name: string) => variableOfCaller(name) ?? ''),
    );
  }
  return settings;
}

/** Of the longest path that npm's settings have credentials for. */
function authorizationOf(settings: ReadonlyMap<string, string>, url: URL): string | undefined {
  for (let path = url.pathname; ; path = path.replace(/[^/]*\/$/, '')) {
    const at = (name: string): string | undefined =>
      settings.get(`//${url.host}${path}:${name}`) ?? settings.get(`//${url.host}${path.replace(/\/$/, '')}:${name}`);
    const token = at('_authToken');
    if (token) return `Bearer ${token}`;
    const [basic, user, password] = [at('_auth'), at('username'), at('_password')];
    if (basic) return `Basic ${basic}`;
    if (user && password) {
      return `Basic ${Buffer.from(`${user}:${Buffer.from(password, 'base64').toString()}`).toString('base64')}`;
    }
    if (path === '/') return undefined;
  }
}

/** Asks the bulk endpoint. Errors: `registry-unreachable`, `registry-refused`, `invalid-setting`. */
export async function askAdvisories(
  packages: Readonly<Record<string, readonly string[]>>,
  signal?: AbortSignal,
): Promise<unknown> {
  const { url, authorization, cafile, proxy } = npmRegistry();
  const { createTransport } = await import('#registry/client/transport');
  const { httpProxy, httpsProxy, noProxy } = registryVariables();
  const transport = await createTransport({
    ca: cafile === undefined ? undefined : readAuthorities(cafile),
    httpProxy: proxy ?? httpProxy,
    httpsProxy: proxy ?? httpsProxy,
    noProxy,
    timeoutMs: TIMEOUT_MS,
  });
  try {
    const limit = AbortSignal.timeout(2 * TIMEOUT_MS);
    const answer = await transport.send(new URL(BULK, url), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(authorization === undefined ? {} : { authorization }),
      },
      body: Buffer.from(JSON.stringify(packages)),
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    if (answer.status !== 200) {
      await answer.discard();
      throw new SwitchboardError('registry-refused', `${printable(url.host)} answered ${answer.status}`);
    }
    return parsed(await answer.bytes(LARGEST_ANSWER), url);
  } catch (cause) {
    if (cause instanceof SwitchboardError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SwitchboardError('registry-unreachable', `${printable(url.host)} cannot be reached: ${printable(why)}`, {
      cause,
    });
  } finally {
    await transport.close();
  }
}

function readAuthorities(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Some registries compress and do not say so. */
function parsed(bytes: Buffer, url: URL): unknown {
  try {
    const plain =
      bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes, { maxOutputLength: LARGEST_ANSWER }) : bytes;
    return JSON.parse(plain.toString('utf8')) as unknown;
  } catch (cause) {
    throw new SwitchboardError('registry-refused', `${printable(url.host)} answered with what is no JSON`, { cause });
  }
}
