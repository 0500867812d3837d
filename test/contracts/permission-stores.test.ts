import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Home, memoryApprovalStore, memoryGrantStore, memorySecretStore, openHome } from '#home';
import { approvalStoreContract, grantStoreContract, secretStoreContract } from './grant-store.ts';

const closing = async (): Promise<void> => {};

function ofHome<T>(pick: (home: Home) => T) {
  return async (): Promise<{ readonly store: T; readonly close: () => Promise<void> }> => {
    const path = await mkdtemp(join(tmpdir(), 'switchboard-stores-'));
    const home = await openHome(path);
    return {
      store: pick(home),
      close: async () => {
        await home.close();
        await rm(path, { recursive: true });
      },
    };
  };
}

grantStoreContract(
  'SQLite',
  ofHome((home) => home.grants),
);
grantStoreContract('[grant.store] memory', async () => ({ store: memoryGrantStore(), close: closing }));
approvalStoreContract(
  'SQLite',
  ofHome((home) => home.approvals),
);
approvalStoreContract('[approval.store] memory', async () => ({ store: memoryApprovalStore(), close: closing }));
secretStoreContract(
  'files',
  ofHome((home) => home.secrets),
);
secretStoreContract('[secret.store] memory', async () => ({ store: memorySecretStore(() => 1), close: closing }));
