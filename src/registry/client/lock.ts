/** `switchboard.lock`: which bytes a name and a range were resolved to, so that others get the same. */
import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { validRange } from 'semver';
import { errnoOf, SwitchboardError } from '#core/errors';
import { type Digest, parseReference, printable } from '#core/reference';
import { isDigest } from '../names.ts';
import { parseArtifactReference } from './reference.ts';

export interface Locked {
  readonly version: string;
  /** What was asked for: what `update` looks for again. */
  readonly range: string;
  /** `oci://host/namespace/name:version`. */
  readonly source: string;
  /** Of the manifest. */
  readonly manifest: Digest;
  /** Of the component, and its bytes. */
  readonly digest: Digest;
  readonly size: number;
}

/** By `ns:name`, in order. */
export type Lock = ReadonlyMap<string, Locked>;

const LARGEST = 4 * 1024 * 1024;

/** Empty where there is none. Errors: `lock-mismatch`, `file-unreadable`. */
export function readLock(path: string): Lock {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return new Map();
    throw new SwitchboardError('file-unreadable', `cannot read ${printable(path)}`, { cause });
  }
  try {
    if (text.length > LARGEST) throw new Error('it is too large');
    const { version, components } = JSON.parse(text) as { version?: unknown; components?: unknown };
    if (version !== 1) throw new Error(`its version is ${JSON.stringify(version)}; this Switchboard reads 1`);
    if (typeof components !== 'object' || components === null) throw new Error('it has no components');
    return new Map(Object.entries(components).map(([name, one]) => [parseReference(name).name, entryOf(name, one)]));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SwitchboardError('lock-mismatch', `${printable(path)} cannot be used: ${printable(why)}`, { cause });
  }
}

function entryOf(name: string, value: unknown): Locked {
  const { version, range, source, manifest, digest, size } = (value ?? {}) as {
    readonly [K in keyof Locked]?: unknown;
  };
  const fits =
    typeof version === 'string' &&
    typeof range === 'string' &&
    validRange(range) !== null &&
    typeof source === 'string' &&
    isSha256(manifest) &&
    isSha256(digest) &&
    typeof size === 'number' &&
    Number.isSafeInteger(size);
  if (!fits) throw new Error(`the entry of ${name} is not as it was written`);
  parseReference(`${name}@${version}`);
  parseArtifactReference(source);
  return { version, range, source, manifest, digest, size };
}

const isSha256 = (value: unknown): value is Digest => isDigest(value) && value.startsWith('sha256:');

/** Replaces the file, whole or not at all. The same content is the same bytes. */
export function writeLock(path: string, lock: Lock): void {
  const entries = [...lock].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const text = `${JSON.stringify({ version: 1, components: Object.fromEntries(entries) }, undefined, 2)}\n`;
  try {
    writeFileSync(`${path}.${process.pid}.tmp`, text);
    renameSync(`${path}.${process.pid}.tmp`, path);
  } catch (cause) {
    throw new SwitchboardError('file-unreadable', `cannot write ${printable(path)}`, { cause });
  }
}

/** A process that ended while it held a lock file leaves it; after so long it counts for nothing. */
const STALE_MS = 10_000;
const WAIT_MS = 20;

/**
 * Adds entries to a lock file, which is made where it is not there; of several processes that do so at once none takes
 * back what another added. Errors: those of `readLock`, `file-unreadable`.
 */
export function addToLock(path: string, entries: Lock): void {
  const guard = `${path}.guard`;
  hold(guard, path);
  try {
    writeLock(path, new Map([...readLock(path), ...entries]));
  } finally {
    rmSync(guard, { force: true });
  }
}

/** Waits until this process alone has the guard. It is held for a moment, so waiting blocks. */
function hold(guard: string, path: string): void {
  const sleep = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    try {
      closeSync(openSync(guard, 'wx'));
      return;
    } catch (cause) {
      if (errnoOf(cause) !== 'EEXIST') {
        throw new SwitchboardError('file-unreadable', `cannot write ${printable(path)}`, { cause });
      }
    }
    const since = statSync(guard, { throwIfNoEntry: false })?.mtimeMs;
    if (since !== undefined && Date.now() - since > STALE_MS) rmSync(guard, { force: true });
    else Atomics.wait(sleep, 0, 0, WAIT_MS);
  }
}
