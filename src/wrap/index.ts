/** Libraries of npm, and a person's own TypeScript, as components: typed, documented, tried, without permissions. */
export { wrapLibrary } from './wrap.ts';
export type { Wrapped, WrapOptions } from './wrap.ts';
export { ownName } from './source.ts';
export type { ProvingHost, WrapPorts } from './ports.ts';
export type { Refusal } from './model.ts';
export { rewrapLibrary } from './rewrap.ts';
export type { Change, Rewrapped } from './rewrap.ts';
