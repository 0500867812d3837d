/** Components as OCI artifacts, in the layout of the CNCF's Wasm OCI Artifact specification: one layer, a config that describes it. */
import { SwitchboardError } from '#core/errors';
import { type Digest, printable } from '#core/reference';
import type { ReadManifest } from '../manifest.ts';
import {
  type ContentDigest,
  type Descriptor,
  EMPTY_TYPE,
  MANIFEST_TYPE,
  WASM_CONFIG_TYPE,
  WASM_LAYER_TYPE,
} from '../names.ts';
import { sha256Of } from './repository.ts';

/** What is said of a component in its config and its annotations. */
export interface ComponentFacts {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly imports: readonly string[];
  readonly exports: readonly string[];
  /** When it is published, milliseconds since the epoch. */
  readonly created: number;
  readonly author?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

export interface MadeManifest {
  readonly bytes: Buffer;
  readonly descriptor: Descriptor;
  /** Blobs that it names and that are made with it. */
  readonly blobs: readonly { readonly digest: ContentDigest; readonly bytes: Buffer }[];
}

const LONGEST_DESCRIPTION = 1_000;

/** The manifest and the config of a component whose bytes are `layer`. */
export function makeComponentManifest(facts: ComponentFacts, layer: { digest: Digest; size: number }): MadeManifest {
  const created = new Date(facts.created).toISOString();
  const config = Buffer.from(
    JSON.stringify({
      created,
      ...(facts.author === undefined ? {} : { author: facts.author }),
      architecture: 'wasm',
      os: 'wasip2',
      layerDigests: [layer.digest],
      component: { exports: facts.exports, imports: facts.imports, target: null },
    }),
  );
  const annotations = {
    'org.opencontainers.image.created': created,
    'org.opencontainers.image.title': facts.name,
    'org.opencontainers.image.version': facts.version,
    ...(facts.description === ''
      ? {}
      : { 'org.opencontainers.image.description': facts.description.slice(0, LONGEST_DESCRIPTION) }),
    ...facts.annotations,
  };
  return madeManifest(
    {
      config: { mediaType: WASM_CONFIG_TYPE, digest: sha256Of(config), size: config.length },
      layers: [{ mediaType: WASM_LAYER_TYPE, digest: layer.digest, size: layer.size }],
      annotations,
    },
    [{ digest: sha256Of(config), bytes: config }],
  );
}

/** A manifest that refers to another, with one layer: a README, an SBOM, a signature. */
export function makeReferrer(
  subject: Descriptor,
  artifactType: string,
  layer: { readonly mediaType: string; readonly bytes: Buffer },
  annotations: Readonly<Record<string, string>>,
): MadeManifest {
  const empty = Buffer.from('{}');
  const { mediaType, digest, size } = subject;
  const made = madeManifest(
    {
      artifactType,
      config: { mediaType: EMPTY_TYPE, digest: sha256Of(empty), size: empty.length },
      layers: [{ mediaType: layer.mediaType, digest: sha256Of(layer.bytes), size: layer.bytes.length }],
      subject: { mediaType, digest, size },
      annotations,
    },
    [
      { digest: sha256Of(empty), bytes: empty },
      { digest: sha256Of(layer.bytes), bytes: layer.bytes },
    ],
  );
  return { ...made, descriptor: { ...made.descriptor, artifactType, annotations } };
}

function madeManifest(fields: object, blobs: MadeManifest['blobs']): MadeManifest {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST_TYPE, ...fields }));
  return { bytes, descriptor: { mediaType: MANIFEST_TYPE, digest: sha256Of(bytes), size: bytes.length }, blobs };
}

/** The layer of a component's manifest. Errors: `invalid-artifact` for whatever is not exactly one component. */
export function componentLayer(manifest: ReadManifest, where: string): Descriptor & { readonly digest: Digest } {
  const problem = (what: string): SwitchboardError =>
    new SwitchboardError('invalid-artifact', `${printable(where)} ${what}`);
  if (manifest.mediaType !== MANIFEST_TYPE) throw problem('is not an image manifest of OCI: it has no component');
  if (manifest.config?.mediaType !== WASM_CONFIG_TYPE) {
    throw problem(`is not a component: its config is ${printable(manifest.config?.mediaType ?? 'missing')}`);
  }
  const [layer, ...more] = manifest.layers;
  if (!layer || more.length > 0) throw problem(`has ${manifest.layers.length} layers; a component has exactly one`);
  if (layer.mediaType !== WASM_LAYER_TYPE) throw problem(`has a layer of the type ${printable(layer.mediaType)}`);
  const { digest } = layer;
  if (!digest.startsWith('sha256:')) throw problem('names its component by another digest than sha256');
  return { ...layer, digest: digest as Digest };
}
