import type { Part } from '../part.ts';
import { blobInterface, blobStreamsInterface } from './index.ts';
import { blobstoreContainerInterface, blobstoreInterface, blobstoreTypesInterface } from './wasi.ts';

export const part: Part = {
  shared: {
    'switchboard:host/blob-streams': blobStreamsInterface,
    'wasi:blobstore/container': blobstoreContainerInterface,
  },
  own: {
    'switchboard:host/blob': blobInterface,
    'wasi:blobstore/types': blobstoreTypesInterface,
    'wasi:blobstore/blobstore': blobstoreInterface,
  },
};
