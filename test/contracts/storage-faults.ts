/** Faults by the query of this module's address, for the storage thread too. */
import type { FaultPoints } from '#core';

const { searchParams } = new URL(import.meta.url);

export const faults: FaultPoints = {
  hit(reached) {
    if (reached !== searchParams.get('point')) return;
    if (searchParams.get('manner') === 'kill') process.kill(process.pid, 'SIGKILL');
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  },
};
