import { BLOB } from './blob.ts';
import { KV } from './kv.ts';

/** `kv.<op>` or `blob.<op>`. */
export function run(op: string, args: string[]): string {
  const [kind, name = ''] = op.split('.');
  const work = kind === 'kv' ? KV[name] : BLOB[name];
  if (!work) throw 'unknown-operation';
  try {
    return work(...args);
  } catch (thrown) {
    const { payload = thrown } = thrown as { payload?: unknown };
    const { tag, val } = payload as { tag?: string; val?: unknown };
    throw tag === undefined ? String(payload) : `${tag}: ${typeof val === 'string' ? val : ''}`;
  }
}
