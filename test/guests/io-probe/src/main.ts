import { FILES } from './files.ts';
import { OTHERS } from './others.ts';

/** `file.<op>` or `<op>`. */
export function run(op: string, args: string[]): string {
  const work = op.startsWith('file.') ? FILES[op.slice(5)] : OTHERS[op];
  if (!work) throw 'unknown-operation';
  try {
    return work(...args);
  } catch (thrown) {
    const { payload = thrown } = thrown as { payload?: unknown };
    const { tag, val } = payload as { tag?: string; val?: unknown };
    throw tag === undefined ? String(payload) : `${tag}: ${typeof val === 'string' ? val : ''}`;
  }
}
