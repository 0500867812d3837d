/** Another instance, on a thread of its own, that swaps and moves what the first one uses for as long as `going` is 1. */
import { parentPort, workerData } from 'node:worker_threads';
import { openDirectory } from './fs-instance.ts';

const { granted, going } = workerData as { readonly granted: string; readonly going: Int32Array };
const data = openDirectory(granted, []);
let [swapped, refused] = [0, 0];

function attempt(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

for (let n = 0; Atomics.load(going, 0) === 1; n += 1) {
  attempt(() => data.renameAt('x', data, 'aside'));
  // A symlink to another directory of the grant; one that leads out once it is moved up.
  if (n % 2 === 0) attempt(() => data.symlinkAt('other', 'way'));
  else attempt(() => data.symlinkAt('../outside/x', 'other/way'));
  if (attempt(() => data.renameAt(n % 2 === 0 ? 'way' : 'other/way', data, 'x'))) swapped += 1;
  else refused += 1;
  attempt(() => data.unlinkFileAt('x'));
  attempt(() => data.renameAt('aside', data, 'x'));
  // Deeper and higher, so that `..` is another directory.
  attempt(() => data.renameAt('x', data, 'other/deep'));
  attempt(() => data.renameAt('other/deep', data, 'x'));
  if (n === 0) parentPort?.postMessage('going');
}
parentPort?.postMessage({ swapped, refused });
