import { laterFunctions } from './later/offer.ts';
import type { ServiceSet } from '#core/services';

const of = (id: string, names: readonly string[]): readonly string[] => names.map((name) => `${id}#${name}`);

/** Of streams whose bytes come and go through the host. */
const STREAMS = of('wasi:io/streams', [
  '[method]input-stream.blocking-read',
  '[method]input-stream.blocking-skip',
  '[method]output-stream.blocking-write-and-flush',
  '[method]output-stream.blocking-flush',
  '[method]output-stream.blocking-write-zeroes-and-flush',
  '[method]output-stream.blocking-splice',
]);

/** What the engine must know of the services without loading them: which imports may wait. Files never do. */
export const serviceOffer: Omit<ServiceSet, 'load' | 'create'> = {
  suspending: [
    'wasi:io/poll#poll',
    'wasi:io/poll#[method]pollable.block',
    'switchboard:host/http#send',
    'switchboard:host/secrets#get',
    'switchboard:host/elicitation#ask',
    'switchboard:host/elicitation#open',
    'switchboard:host/sampling#create',
    ...of('switchboard:host/reflect', ['list-components', 'get-component', 'call']),
    ...of('switchboard:host/schedule', ['set', 'list', 'cancel']),
    ...of('asterai:host/api', [
      'list-components',
      'list-other-components',
      'get-component',
      'component-implements',
      'call-component-function',
    ]),
    ...of('switchboard:host/kv', ['get', 'exists', 'set', 'delete', 'compare-and-set', 'increment', 'list', 'usage']),
    ...of('switchboard:host/blob', [
      '[method]blob.read',
      '[method]upload.write',
      '[static]upload.finish',
      'open',
      'create',
      'stat',
      'delete',
      'list',
    ]),
    ...of('wasi:keyvalue/store', [
      '[method]bucket.get',
      '[method]bucket.set',
      '[method]bucket.delete',
      '[method]bucket.exists',
      '[method]bucket.list-keys',
    ]),
    ...of('wasi:keyvalue/atomics', ['[static]cas.new', 'increment', 'swap']),
    ...of('wasi:keyvalue/batch', ['get-many', 'set-many', 'delete-many']),
    ...of('wasi:blobstore/types', [
      '[static]outgoing-value.finish',
      '[static]incoming-value.incoming-value-consume-sync',
    ]),
    ...of('wasi:blobstore/container', [
      '[method]container.get-data',
      '[method]container.delete-object',
      '[method]container.delete-objects',
      '[method]container.has-object',
      '[method]container.object-info',
      '[method]container.clear',
      '[method]stream-object-names.read-stream-object-names',
      '[method]stream-object-names.skip-stream-object-names',
    ]),
    ...of('wasi:blobstore/blobstore', ['delete-container', 'copy-object', 'move-object']),
  ],
  // Files and the log are never waited for.
  suspendingWith: {
    'wasi:http/outgoing-handler': STREAMS,
    'switchboard:host/blob-streams': STREAMS,
    'wasi:blobstore/types': STREAMS,
  },
  borrowing: [
    'wasi:io/streams#[method]output-stream.write',
    'wasi:io/streams#[method]output-stream.blocking-write-and-flush',
  ],
  later: laterFunctions,
  version: '8',
};
