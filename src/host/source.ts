import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { type ComponentDescription, errnoOf, type Manifest, printable, SwitchboardError } from '#core';
import { rememberDigest } from '#core/known-digest';

/** A component as given to `inspect` or `install`: its bytes and what they say of themselves. */
export interface DescribedSource {
  readonly bytes: Uint8Array;
  readonly description: ComponentDescription;
  /** For the record: the path, or `bytes`. */
  readonly origin: string;
}

/** Reads and describes a component; runs none of it. Errors: `file-unreadable`, `too-large` and those of decoding. */
export async function describeSource(source: string | Uint8Array, signal?: AbortSignal): Promise<DescribedSource> {
  const { describeComponent, manifestText } = await import('#wit');
  if (typeof source !== 'string') {
    // A copy: the caller's array may change between the check of it and the use.
    const bytes = new Uint8Array(source);
    const manifest = await manifestOf(manifestText(bytes), undefined);
    return own(bytes, { ...describeComponent(bytes), ...manifest }, 'bytes');
  }
  const bytes = await readComponent(source, signal);
  const stem = source.endsWith('.wasm') ? source.slice(0, -'.wasm'.length) : undefined;
  const witText = stem === undefined ? undefined : await readFile(`${stem}.wit`, 'utf8').catch(() => undefined);
  const beside = witText === undefined ? {} : { witText };
  const tomlText = stem === undefined ? undefined : await textBeside(`${stem}.component.toml`);
  const manifest = await manifestOf(manifestText(bytes), tomlText);
  return own(bytes, { ...describeComponent(bytes, beside), ...manifest }, source);
}

/** The bytes are of this module alone until they are handed on, and hashed by the description. */
function own(bytes: Uint8Array, description: ComponentDescription, origin: string): DescribedSource {
  rememberDigest(bytes, description.digest);
  return { bytes, description, origin };
}

/** A file that may be absent; one that is there is read, or it is an error: what it requests would be left out unsaid. */
async function textBeside(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return undefined;
    throw new SwitchboardError(
      'file-unreadable',
      `cannot read ${printable(path)}: ${String(errnoOf(cause) ?? cause)}`,
      {
        cause,
      },
    );
  }
}

/** The manifest inside the component, or the one beside it. Errors: `invalid-manifest`, also if both are there and differ. */
async function manifestOf(inside: string | undefined, beside: string | undefined): Promise<{ manifest?: Manifest }> {
  const text = inside ?? beside;
  if (text === undefined) return {};
  if (inside !== undefined && beside !== undefined && inside !== beside) {
    throw new SwitchboardError('invalid-manifest', 'the manifest beside the component is not the one inside it', {
      fix: 'remove the .component.toml file, or build the component again',
    });
  }
  const { parseManifest } = await import('./manifest.ts');
  return { manifest: parseManifest(text, `sha256:${createHash('sha256').update(text).digest('hex')}`) };
}

async function readComponent(path: string, signal?: AbortSignal): Promise<Uint8Array> {
  const { checkSize } = await import('#wit');
  try {
    await using file = await open(path, 'r');
    const info = await file.stat();
    if (!info.isFile()) throw new SwitchboardError('file-unreadable', `${printable(path)} is not a file`);
    checkSize(info.size);
    signal?.throwIfAborted();
    const bytes = Buffer.allocUnsafeSlow(info.size);
    let size = 0;
    // One read where the system gives all at once.
    for (let count = -1; count !== 0 && size < bytes.length; size += count) {
      count = (await file.read(bytes, size, bytes.length - size, size)).bytesRead;
    }
    signal?.throwIfAborted();
    return bytes.subarray(0, size);
  } catch (cause) {
    if (cause instanceof SwitchboardError) throw cause;
    if (signal?.aborted) throw new SwitchboardError('cancelled', 'reading the component was cancelled', { cause });
    const reason = { ENOENT: 'there is no such file', EACCES: 'permission denied', EISDIR: 'it is a directory' }[
      errnoOf(cause) ?? ''
    ];
    throw new SwitchboardError(
      'file-unreadable',
      `cannot read ${printable(path)}: ${reason ?? String(errnoOf(cause) ?? cause)}`,
      { cause },
    );
  }
}
