/** Credentials where docker and podman keep them: their files, and the helpers that those name. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { errnoOf, SwitchboardError } from '#core/errors';
import { printable } from '#core/reference';

export type Credentials =
  | { readonly user: string; readonly password: string }
  /** A refresh token of the token flow. */
  | { readonly identityToken: string };

export interface CredentialSources {
  /** Files in the form of docker's config.json, the first that knows the registry counts. */
  readonly files: readonly string[];
  /** What helpers are started with; they are found by its PATH. */
  readonly environment: NodeJS.ProcessEnv;
}

interface DockerConfig {
  readonly auths?: Readonly<
    Record<string, { auth?: unknown; username?: unknown; password?: unknown; identitytoken?: unknown }>
  >;
  readonly credsStore?: unknown;
  readonly credHelpers?: Readonly<Record<string, unknown>>;
}

const HELPER = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const HELPER_MS = 30_000;
const DOCKER_HUB = ['docker.io', 'index.docker.io', 'registry-1.docker.io'];

/** The credentials for a repository of a registry. Errors: `file-unreadable`, `registry-unauthorized` (a helper failed). */
export async function findCredentials(
  sources: CredentialSources,
  registry: string,
  repository: string,
  signal?: AbortSignal,
): Promise<Credentials | undefined> {
  for (const path of sources.files) {
    const config = await readConfig(path);
    const found = config && (await credentialsIn(config, sources, registry, repository, signal));
    if (found) return found;
  }
  return undefined;
}

async function readConfig(path: string): Promise<DockerConfig | undefined> {
  try {
    const document: unknown = JSON.parse(await readFile(path, 'utf8'));
    return typeof document === 'object' && document !== null ? document : undefined;
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT' || errnoOf(cause) === 'ENOTDIR') return undefined;
    // Going on without it would show as a wrong password.
    throw new SwitchboardError('file-unreadable', `cannot read ${printable(path)} for credentials`, { cause });
  }
}

async function credentialsIn(
  config: DockerConfig,
  { environment }: CredentialSources,
  registry: string,
  repository: string,
  signal: AbortSignal | undefined,
): Promise<Credentials | undefined> {
  const keys = keysOf(registry, repository);
  for (const key of keys) {
    const helper = config.credHelpers?.[key];
    if (helper !== undefined) return askHelper(helper, key, environment, signal);
  }
  for (const key of keys) {
    const entry = config.auths?.[key];
    const found = entry && entryOf(entry);
    if (found) return found;
  }
  return config.credsStore === undefined || config.credsStore === ''
    ? undefined
    : askHelper(
        config.credsStore,
        keys.find((key) => config.auths?.[key] !== undefined) ?? registry,
        environment,
        signal,
      );
}

/** The longest first: podman's files have credentials for parts of a registry. */
function keysOf(registry: string, repository: string): readonly string[] {
  const parts = repository.split('/');
  const paths = parts.map((_, i) => `${registry}/${parts.slice(0, parts.length - i).join('/')}`);
  const hub = DOCKER_HUB.includes(registry) ? ['https://index.docker.io/v1/', ...DOCKER_HUB] : [];
  const whole = [
    registry,
    `https://${registry}`,
    `https://${registry}/v1/`,
    `https://${registry}/v2/`,
    `http://${registry}`,
  ];
  return [...paths, ...whole, ...hub];
}

function entryOf(entry: NonNullable<DockerConfig['auths']>[string]): Credentials | undefined {
  const { auth, identitytoken, username, password } = entry;
  if (typeof identitytoken === 'string' && identitytoken !== '') return { identityToken: identitytoken };
  if (typeof username === 'string' && typeof password === 'string' && username !== '')
    return { user: username, password };
  if (typeof auth !== 'string' || auth === '') return undefined;
  const pair = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
  const colon = pair.indexOf(':');
  return colon <= 0 ? undefined : { user: pair.slice(0, colon), password: pair.slice(colon + 1) };
}

/** docker-credential-<name> get: the registry on its standard input, JSON on its output. */
async function askHelper(
  helper: unknown,
  key: string,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<Credentials | undefined> {
  if (typeof helper !== 'string' || !HELPER.test(helper)) {
    throw new SwitchboardError('file-unreadable', `"${printable(String(helper))}" cannot be a credential helper`);
  }
  const program = `docker-credential-${helper}`;
  const failed = (what: string, cause?: unknown): SwitchboardError =>
    new SwitchboardError('registry-unauthorized', `${program} ${what}`, { cause, fix: `docker login ${key}` });
  const limit = AbortSignal.timeout(HELPER_MS);
  const child = spawn(program, ['get'], {
    env: environment,
    stdio: ['pipe', 'pipe', 'ignore'],
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(key);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  try {
    const [code, out] = await Promise.all([ended, text(child.stdout)]);
    if (code !== 0) {
      if (/credentials not found/i.test(out)) return undefined;
      throw failed(`ended with ${code}`);
    }
    const { Username, Secret } = JSON.parse(out) as { Username?: unknown; Secret?: unknown };
    if (typeof Username !== 'string' || typeof Secret !== 'string') throw failed('gave no credentials');
    return Username === '<token>' ? { identityToken: Secret } : { user: Username, password: Secret };
  } catch (error) {
    if (error instanceof SwitchboardError) throw error;
    throw failed(errnoOf(error) === 'ENOENT' ? 'is not on the PATH' : 'failed', error);
  }
}
