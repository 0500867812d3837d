import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A home that the launcher and its host process work in. */
export interface ScratchHome {
  readonly path: string;
  /** Waits until no host process runs for it: the last one ends shortly after its last user. */
  quiet(): Promise<void>;
  remove(): Promise<void>;
}

export async function createScratchHome(): Promise<ScratchHome> {
  const parent = await mkdtemp(join(tmpdir(), 'switchboard-bench-'));
  const path = join(parent, 'home');
  const quiet = async (): Promise<void> => {
    for (let waited = 0; await hostRuns(path); waited += POLL_MS) {
      if (waited > LONGEST_MS) throw new Error(`the host process of ${path} does not end`);
      await sleep(POLL_MS);
    }
  };
  return {
    path,
    quiet,
    async remove() {
      await quiet();
      await rm(parent, { recursive: true, force: true });
    },
  };
}

const POLL_MS = 20;
const LONGEST_MS = 10_000;

async function hostRuns(home: string): Promise<boolean> {
  try {
    const { pid } = JSON.parse(await readFile(join(home, 'host.json'), 'utf8')) as { readonly pid: number };
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
