export { attach } from './attach.ts';
export { type ConnectOptions, connectHost, type RemoteHost, tryConnect } from './client.ts';
export { type HomeLock, type HostFile, lockHome, readHostFile } from './lock.ts';
export type { HttpHolder } from './protocol.ts';
export { openHost } from './open-host.ts';
export { type ControlServer, listenControl, type ListenOptions } from './server.ts';
