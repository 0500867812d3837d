import type { Part } from '../part.ts';
import { kvInterface } from './index.ts';
import { keyvalueAtomicsInterface, keyvalueBatchInterface, keyvalueStoreInterface } from './wasi.ts';

export const part: Part = {
  shared: {
    'wasi:keyvalue/atomics': keyvalueAtomicsInterface,
    'wasi:keyvalue/batch': keyvalueBatchInterface,
  },
  own: {
    'switchboard:host/kv': kvInterface,
    'wasi:keyvalue/store': keyvalueStoreInterface,
  },
};
