import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';

/**
 * The whole environment of our workers: none of the owner's variables, and where compiled code is kept if this process
 * keeps it, so that a thread does not strip the types of its modules again at every start.
 */
export function workerEnv(): { [name: string]: string } {
  const directory = getCompileCacheDir();
  return directory === undefined ? {} : { NODE_COMPILE_CACHE: dirname(directory) };
}
