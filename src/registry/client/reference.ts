/** What people write to name a component in a registry. */
import { validRange } from 'semver';
import { SwitchboardError } from '#core/errors';
import { parseReference, printable } from '#core/reference';
import { type ContentDigest, isDigest, isRepository, isTag } from '../names.ts';

/** A repository of a registry. */
export interface Place {
  /** `host` or `host:port`. */
  readonly registry: string;
  readonly repository: string;
}

/** One artifact: by its tag, its digest, or both, where the digest decides. */
export interface ArtifactReference extends Place {
  readonly tag?: string | undefined;
  readonly digest?: ContentDigest | undefined;
}

/** A component by name, in whatever registry its namespace is in; a version, a range, or the newest. */
export interface NamedComponent {
  readonly name: string;
  /** A semver range; `*` where none was given. */
  readonly range: string;
}

const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;
const LONGEST = 512;

const invalid = (text: string, expected: string): SwitchboardError =>
  new SwitchboardError('invalid-reference', `"${printable(text)}" is not ${expected}`);

/** Whether a word means a component in a registry rather than a file or what is installed. */
export function meansRegistry(word: string): boolean {
  return word.startsWith('oci://') || (/^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*(?:@|$)/.test(word) && !word.includes('/'));
}

/** Parses `oci://host[:port]/path/name[:tag][@digest]`. Errors: `invalid-reference`. */
export function parseArtifactReference(text: string): ArtifactReference {
  const expected = 'a reference to a registry, as oci://host/namespace/name:1.0.0';
  if (text.length > LONGEST || !text.startsWith('oci://')) throw invalid(text, expected);
  const [located = '', digest, ...more] = text.slice('oci://'.length).split('@');
  if (more.length > 0 || (digest !== undefined && !isDigest(digest))) throw invalid(text, expected);
  const slash = located.indexOf('/');
  const colon = located.indexOf(':', slash);
  const path = located.slice(slash + 1, colon < 0 ? undefined : colon);
  const tag = colon < 0 ? undefined : located.slice(colon + 1);
  const place = slash < 0 ? undefined : checkedPlace(located.slice(0, slash), path);
  if (!place || (tag !== undefined && !isTag(tag))) throw invalid(text, expected);
  return { ...place, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

function checkedPlace(registry: string, repository: string): Place | undefined {
  return HOST.test(registry) && isRepository(repository) ? { registry: registry.toLowerCase(), repository } : undefined;
}

/** Parses `ns:name[@range]`. Errors: `invalid-reference`. */
export function parseNamedComponent(text: string): NamedComponent {
  const at = text.indexOf('@');
  const { name } = parseReference(at < 0 ? text : text.slice(0, at));
  const range = at < 0 ? '*' : text.slice(at + 1);
  if (range.length > 100 || validRange(range) === null) {
    throw invalid(text, 'a component with a version or a range, as acme:clip@^1.2');
  }
  return { name, range };
}

/** Parses `host[:port][/path]`, below which namespaces are. Errors: `invalid-setting`. */
export function parsePrefix(text: string): { readonly registry: string; readonly path: string } {
  const bare = text.replace(/^oci:\/\//, '').replace(/\/+$/, '');
  const slash = bare.indexOf('/');
  const registry = slash < 0 ? bare : bare.slice(0, slash);
  const path = slash < 0 ? '' : bare.slice(slash + 1);
  if (bare.length > LONGEST || !HOST.test(registry) || (path !== '' && !isRepository(path))) {
    const scheme = /^https?:\/\//.exec(text)?.[0];
    throw new SwitchboardError(
      'invalid-setting',
      `"${printable(text)}" is not a registry, as host or host/path`,
      scheme === undefined ? {} : { fix: `leave ${scheme} out` },
    );
  }
  return { registry: registry.toLowerCase(), path };
}

/** Where a component is below a prefix: `ns:name` is the repository `path/ns/name`. */
export function placeBelow(prefix: string, name: string): Place {
  const { registry, path } = parsePrefix(prefix);
  return { registry, repository: `${path === '' ? '' : `${path}/`}${name.replace(':', '/')}` };
}

/** The component that a repository is for: its last two parts; undefined where they could not name one. */
export function nameOfRepository(repository: string): string | undefined {
  const [namespace, name] = repository.split('/').slice(-2);
  try {
    return name === undefined ? undefined : parseReference(`${namespace}:${name}`).name;
  } catch {
    return undefined;
  }
}

/** Tags have no `+`: build metadata is written with `_`, as other tools do. */
export const tagOfVersion = (version: string): string => version.replaceAll('+', '_');
export const versionOfTag = (tag: string): string => tag.replaceAll('_', '+');

export function formatArtifact({ registry, repository, tag, digest }: ArtifactReference): string {
  return `oci://${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** Whether only this machine is meant: such a registry may speak HTTP. */
export function isLoopbackRegistry(registry: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/.test(registry);
}
