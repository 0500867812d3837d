import type { ServiceSet } from '#core/services';

/**
 * What the engine must know of the services without loading them. Only waiting for a pollable can suspend an instance:
 * input is at its end, output is taken at once, and nothing else is granted.
 */
export const serviceOffer: Omit<ServiceSet, 'create'> = {
  suspending: ['wasi:io/poll#poll', 'wasi:io/poll#[method]pollable.block'],
  version: '2',
};
