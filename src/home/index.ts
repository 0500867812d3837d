/** The home directory: what is kept between runs, and its backends. */
export { memoryComponentStore } from './memory-component-store.ts';
export { type Home, type Marks, openHome, type OpenHomeOptions } from './home.ts';
export { type HomePaths, homePaths } from './layout.ts';
export { fileLogStore, type FileLogStoreOptions } from './log-store.ts';
export { memoryApprovalStore, memoryGrantStore, memorySecretStore } from './memory-grant-store.ts';
export { memoryScheduleStore } from './memory-schedule-store.ts';
export { memoryLogStore } from './memory-log-store.ts';
export type { Migration } from './migrations.ts';
export { memoryBlobStore } from './memory-blob-store.ts';
export { memoryKvStore } from './memory-kv-store.ts';
export { noFaults, systemClock, systemRandom } from './system.ts';
export { fileTokenStore, memoryTokenStore } from './token-store.ts';
