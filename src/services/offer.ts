import type { ServiceSet } from '#core/services';

/** What the engine must know of the services without loading them: which imports may wait. Files never do. */
export const serviceOffer: Omit<ServiceSet, 'create'> = {
  suspending: [
    'wasi:io/poll#poll',
    'wasi:io/poll#[method]pollable.block',
    'switchboard:host/http#send',
    'switchboard:host/secrets#get',
    'switchboard:host/elicitation#ask',
    'switchboard:host/elicitation#open',
    'switchboard:host/sampling#create',
    'switchboard:host/reflect#list-components',
    'switchboard:host/reflect#get-component',
    'switchboard:host/reflect#call',
    'switchboard:host/schedule#set',
    'switchboard:host/schedule#list',
    'switchboard:host/schedule#cancel',
    'asterai:host/api#list-components',
    'asterai:host/api#list-other-components',
    'asterai:host/api#get-component',
    'asterai:host/api#component-implements',
    'asterai:host/api#call-component-function',
  ],
  // Files and the log are never waited for.
  suspendingWith: {
    'wasi:http/outgoing-handler': [
      'wasi:io/streams#[method]input-stream.blocking-read',
      'wasi:io/streams#[method]input-stream.blocking-skip',
      'wasi:io/streams#[method]output-stream.blocking-write-and-flush',
      'wasi:io/streams#[method]output-stream.blocking-flush',
      'wasi:io/streams#[method]output-stream.blocking-write-zeroes-and-flush',
      'wasi:io/streams#[method]output-stream.blocking-splice',
    ],
  },
  borrowing: [
    'wasi:io/streams#[method]output-stream.write',
    'wasi:io/streams#[method]output-stream.blocking-write-and-flush',
  ],
  version: '6',
};
