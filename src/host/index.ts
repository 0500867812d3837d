export type * from './api.ts';
export { createHost, type HostOptions } from './create-host.ts';
export { VERSION } from './version.ts';
