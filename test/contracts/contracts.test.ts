import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  fileLogStore,
  memoryComponentStore,
  memoryLogStore,
  memoryTokenStore,
  noFaults,
  openHome,
  systemClock,
  systemRandom,
} from '#home';
import { componentStoreContract } from './component-store.ts';
import { logStoreContract } from './log-store.ts';
import { tokenStoreContract } from './token-store.ts';

const nothing = async (): Promise<void> => {};

async function inHome<T>(pick: (home: Awaited<ReturnType<typeof openHome>>) => T) {
  const path = await mkdtemp(join(tmpdir(), 'switchboard-contract-'));
  const home = await openHome(path);
  const close = async (): Promise<void> => {
    await home.close();
    await rm(path, { recursive: true });
  };
  return { store: pick(home), close };
}

componentStoreContract('memory', async () => ({ store: memoryComponentStore(), close: nothing }));
componentStoreContract('home', () => inHome((home) => home.components));

logStoreContract('memory', async (bytes) => ({ store: memoryLogStore(bytes), close: nothing }));
logStoreContract('home', async (bytes) => {
  const directory = await mkdtemp(join(tmpdir(), 'switchboard-logs-'));
  const bounds = { files: 4, fileBytes: bytes / 4, bufferBytes: 4 * bytes };
  const store = fileLogStore({ directory, home: directory, clock: systemClock, faults: noFaults, ...bounds });
  const close = async (): Promise<void> => {
    await store.close();
    await rm(directory, { recursive: true });
  };
  return { store, close };
});

tokenStoreContract('memory', async () => ({ store: memoryTokenStore(systemRandom), close: nothing }));
tokenStoreContract('home', () => inHome((home) => home.tokens));
