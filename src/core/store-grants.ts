/** Stores in grants: decided, read from a flag and written as one. Pure. */
import { SwitchboardError } from './errors.ts';
import { parseSize } from './limits.ts';
import type { Permission, PolicySnapshot } from './permission.ts';
import { printable } from './reference.ts';
import { MOST_BYTES, MOST_KEYS, type StoreKind, type StorePermission } from './stores.ts';

const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;

export const isStore = (permission: Permission): permission is StorePermission =>
  permission.kind === 'kv' || permission.kind === 'blob';

/** The granted store of that name. */
export function storeOf(policy: PolicySnapshot, kind: StoreKind, name: string): StorePermission | undefined {
  for (const store of policy.stores) if (store.name === name && store.kind === kind) return store;
  return undefined;
}

/** Why a store may not be read or written, and what would allow it; undefined where it may. */
export function decideStore(
  policy: PolicySnapshot,
  { kind, name, write }: { readonly kind: StoreKind; readonly name: string; readonly write: boolean },
): { readonly what: string; readonly reason: string; readonly item?: StorePermission } | undefined {
  const granted = storeOf(policy, kind, name);
  if (granted && (granted.mode === 'rw' || !write)) return undefined;
  const what = `${write ? 'write' : 'read'} ${kind} store ${printable(name, 64)}`;
  const asked = policy.requests.find((request) => request.kind === kind && request.name === name);
  if (granted) return { what, reason: `${name} is granted for reading only`, item: { ...granted, mode: 'rw' } };
  const unasked = policy.requests.length > 0 && !asked;
  const reason = `the store is not granted${unasked ? ', and the manifest does not request it' : ''}`;
  if (!NAME.test(name)) return { what, reason };
  const mode = write || (asked && 'mode' in asked && asked.mode === 'rw') ? 'rw' : 'ro';
  return { what, reason, item: { kind, name, mode } };
}

/**
 * A store as a flag gives it: `[shared:]NAME[:ro|rw][:SIZE][:COUNTkeys]`, as in `shared:team:rw:256MiB:50000keys`.
 * Without a mode it may be written. Errors: `invalid-setting`.
 */
export function parseStore(kind: StoreKind, text: string): StorePermission {
  const invalid = (why: string): SwitchboardError =>
    new SwitchboardError('invalid-setting', `--${kind} "${printable(text, 200)}": ${why}`);
  const parts = text.split(':');
  // A store may be named `shared`: alone, or before a mode, the word is a name.
  const shared = parts[0] === 'shared' && parts.length > 1 && !/^(?:ro|rw|\d.*)$/.test(parts[1] ?? '');
  const [name = '', ...terms] = shared ? parts.slice(1) : parts;
  if (!NAME.test(name)) throw invalid('a name is letters, digits and _ . -, at most 64; write NAME:ro or NAME:rw');
  let mode: 'ro' | 'rw' | undefined;
  let bytes: number | undefined;
  let keys: number | undefined;
  for (const term of terms) {
    const count = /^(\d{1,9})keys$/.exec(term)?.[1];
    if ((term === 'ro' || term === 'rw') && mode === undefined) mode = term;
    else if (count !== undefined && keys === undefined) keys = Number(count);
    else if (/^\d/.test(term) && bytes === undefined) bytes = parseSize(term);
    else throw invalid('write [shared:]NAME[:ro|rw][:SIZE][:COUNTkeys], as in notes:rw:256MiB');
  }
  return checkStore({
    kind,
    name,
    mode: mode ?? 'rw',
    ...(shared ? { shared } : {}),
    ...(bytes === undefined ? {} : { bytes }),
    ...(keys === undefined ? {} : { keys }),
  });
}

/** Errors: `invalid-setting`. */
export function checkStore(store: StorePermission): StorePermission {
  const { kind, name, bytes = 1, keys = 1 } = store;
  const fits = (value: number, most: number): boolean => Number.isInteger(value) && value >= 1 && value <= most;
  if (NAME.test(name) && fits(bytes, MOST_BYTES) && fits(keys, MOST_KEYS)) return store;
  throw new SwitchboardError('invalid-setting', `--${kind} ${printable(name, 64)}: its name or quota is out of range`);
}

/** The flag that gives it. */
export function formatStore({ kind, name, mode, shared, bytes, keys }: StorePermission): string {
  const quota = `${bytes === undefined ? '' : `:${sizeText(bytes)}`}${keys === undefined ? '' : `:${keys}keys`}`;
  return `--${kind} ${shared ? 'shared:' : ''}${name}:${mode}${quota}`;
}

function sizeText(bytes: number): string {
  const units = [
    [1024 ** 3, 'GiB'],
    [1024 ** 2, 'MiB'],
    [1024, 'KiB'],
  ] as const;
  const unit = units.find(([size]) => bytes % size === 0);
  return unit ? `${bytes / unit[0]}${unit[1]}` : String(bytes);
}
