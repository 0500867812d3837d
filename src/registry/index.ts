/** The OCI registry: a server of its own, and a client of any. */
export { collectGarbage, type Collected, type CollectOptions } from './server/collect.ts';
export { REGISTRY_LIMITS, type RegistryLimits } from './server/limits.ts';
export { type AnsweredLine, type RegistryOptions, type RunningRegistry, serveRegistry } from './server/server.ts';
export { openStore, type RegistryStore } from './server/store.ts';
export { listUsers, removeUser, type Right, RIGHTS, type Rights, setUser } from './server/users.ts';
