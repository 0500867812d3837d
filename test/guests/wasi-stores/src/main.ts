// oxlint-disable typescript/no-explicit-any -- what a guest's imports are is said by its world
import * as log from 'switchboard:host/log@0.1.0';
import * as config from 'wasi:config/store@0.2.0-rc.1';
import { BLOBSTORE } from './blobstore.ts';
import { KEYVALUE } from './keyvalue.ts';
import { errorText } from './text.ts';

const variables: any = config;
const logs: any = log;

const CONFIG: typeof BLOBSTORE = {
  get: (key = '') => variables.get(key) ?? 'NONE',
  all: () => variables.getAll().join(' '),
};

const KINDS: { readonly [kind: string]: typeof BLOBSTORE } = { kv: KEYVALUE, blob: BLOBSTORE, config: CONFIG };

function once([kind = '', name = '']: readonly string[], args: string[]): string {
  const work = KINDS[kind]?.[name];
  if (!work) throw 'unknown-operation';
  return work(...args);
}

/** `log` says `holding` and goes on for a moment; `kv.<op>`, `blob.<op>`, `config.<op>`; `again <op>` does it for 60 s, and says `holding` once it was done. */
export function run(op: string, args: string[]): string {
  if (op === 'log') {
    logs.write('info', 'holding', []);
    for (const end = Date.now() + 50; Date.now() < end; );
    return 'held';
  }
  const again = op.startsWith('again ');
  const parts = op.replace(/^again /, '').split('.');
  try {
    let said = once(parts, args);
    if (!again) return said;
    logs.write('info', 'holding', []);
    for (const end = Date.now() + 60_000; Date.now() < end; ) said = once(parts, args);
    return said;
  } catch (thrown) {
    throw errorText(thrown);
  }
}
