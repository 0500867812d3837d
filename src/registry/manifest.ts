/** Manifests of a stranger, read and checked: nothing of them is used before. */
import { printable } from '#core/reference';
import {
  type Descriptor,
  DOCKER_INDEX_TYPE,
  DOCKER_MANIFEST_TYPE,
  INDEX_TYPE,
  isDigest,
  MANIFEST_TYPE,
} from './names.ts';

/** Descriptors in one manifest, and annotations in one descriptor: more are a bomb. */
const MOST_DESCRIPTORS = 4_096;
const MOST_ANNOTATIONS = 4_096;

/** What both sides need of a manifest or an index. */
export interface ReadManifest {
  readonly mediaType: string;
  readonly artifactType: string | undefined;
  /** Of an image manifest. */
  readonly config: Descriptor | undefined;
  readonly layers: readonly Descriptor[];
  /** Of an index. */
  readonly manifests: readonly Descriptor[];
  readonly subject: Descriptor | undefined;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A manifest that is none; the message says what is wrong with it. */
export class ManifestProblem extends Error {}

/**
 * Reads a manifest of one of the four kinds. `type` is the media type it was sent with, which its own must equal. Throws
 * `ManifestProblem`. The caller has bounded its size (`LARGEST_MANIFEST`).
 */
export function readManifest(bytes: Uint8Array, type: string | undefined): ReadManifest {
  const value = objectOf(parse(bytes), 'the manifest');
  checkKeys(value, 'it');
  const own = optionalText(value['mediaType'], 'mediaType');
  const mediaType = own ?? type ?? (value['manifests'] === undefined ? MANIFEST_TYPE : INDEX_TYPE);
  if (type !== undefined && own !== undefined && own !== type) {
    throw new ManifestProblem(`its mediaType is ${printable(own)}, it was sent as ${printable(type)}`);
  }
  if (value['schemaVersion'] !== 2) throw new ManifestProblem('its schemaVersion is not 2');
  const common = {
    mediaType,
    artifactType: optionalText(value['artifactType'], 'artifactType'),
    subject: value['subject'] === undefined ? undefined : descriptorOf(value['subject'], 'subject'),
    annotations: annotationsOf(value['annotations'], 'annotations'),
  };
  if (mediaType === INDEX_TYPE || mediaType === DOCKER_INDEX_TYPE) {
    // What is both could be read as either by those who go by its form.
    if (value['layers'] !== undefined || value['config'] !== undefined) {
      throw new ManifestProblem('it is an index with layers or a config');
    }
    return { ...common, config: undefined, layers: [], manifests: descriptorsOf(value['manifests'], 'manifests') };
  }
  if (mediaType !== MANIFEST_TYPE && mediaType !== DOCKER_MANIFEST_TYPE) {
    throw new ManifestProblem(`${printable(mediaType)} is not a kind of manifest that is known`);
  }
  if (value['manifests'] !== undefined) throw new ManifestProblem('it is a manifest with manifests, as an index has');
  return {
    ...common,
    config: descriptorOf(value['config'], 'config'),
    layers: descriptorsOf(value['layers'], 'layers'),
    manifests: [],
  };
}

/** What a manifest is, to those who look for referrers of a kind. */
export function artifactTypeOf(manifest: ReadManifest): string | undefined {
  return manifest.artifactType ?? manifest.config?.mediaType;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new ManifestProblem('it is not JSON');
  }
}

type Loose = { readonly [key: string]: unknown };

const KNOWN = new Map(
  [
    'schemaVersion',
    'mediaType',
    'artifactType',
    'config',
    'layers',
    'manifests',
    'subject',
    'annotations',
    'digest',
    'size',
    'urls',
  ].map((name) => [name.toLowerCase(), name]),
);

/** Clients in Go read `Layers` as `layers`: what has both would be one thing to them and another here. */
function checkKeys(value: Loose, where: string): void {
  for (const key of Object.keys(value)) {
    const known = KNOWN.get(key.toLowerCase());
    if (known !== undefined && known !== key) throw new ManifestProblem(`${where} has ${printable(key)}, not ${known}`);
  }
}

function objectOf(value: unknown, where: string): Loose {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Loose;
  throw new ManifestProblem(`${where} is not an object`);
}

function optionalText(value: unknown, where: string): string | undefined {
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'string' && value.length <= 255) return value;
  throw new ManifestProblem(`${where} is not a short text`);
}

function descriptorsOf(value: unknown, where: string): Descriptor[] {
  if (!Array.isArray(value)) throw new ManifestProblem(`${where} is not a list`);
  if (value.length > MOST_DESCRIPTORS) throw new ManifestProblem(`${where} has more than ${MOST_DESCRIPTORS} entries`);
  return value.map((one, i) => descriptorOf(one, `${where}[${i}]`));
}

/** Checks one descriptor. Throws `ManifestProblem`. */
export function descriptorOf(value: unknown, where: string): Descriptor {
  const described = objectOf(value, where);
  checkKeys(described, where);
  const { mediaType, digest, size, ...rest } = described;
  const type = optionalText(mediaType, `${where}.mediaType`);
  if (type === undefined) throw new ManifestProblem(`${where}.mediaType is missing`);
  if (!isDigest(digest)) throw new ManifestProblem(`${where}.digest is not a sha256 or sha512 digest`);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw new ManifestProblem(`${where}.size is not a size`);
  }
  const { artifactType, annotations, urls } = rest;
  const kind = optionalText(artifactType, `${where}.artifactType`);
  return {
    mediaType: type,
    digest,
    size,
    ...(kind === undefined ? {} : { artifactType: kind }),
    ...(annotations === undefined ? {} : { annotations: annotationsOf(annotations, `${where}.annotations`) }),
    ...(Array.isArray(urls) && urls.length > 0 ? { urls: urls.map(String) } : {}),
  };
}

function annotationsOf(value: unknown, where: string): Record<string, string> {
  if (value === undefined || value === null) return {};
  const entries = Object.entries(objectOf(value, where));
  if (entries.length > MOST_ANNOTATIONS) {
    throw new ManifestProblem(`${where} has more than ${MOST_ANNOTATIONS} entries`);
  }
  for (const [key, text] of entries) {
    if (typeof text !== 'string') throw new ManifestProblem(`${where}.${printable(key, 40)} is not a text`);
  }
  return Object.fromEntries(entries) as Record<string, string>;
}
