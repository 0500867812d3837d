import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'node:test';
import {
  type Home,
  memoryApprovalStore,
  memoryGrantStore,
  memoryScheduleStore,
  memorySecretStore,
  openHome,
} from '#home';
import { scheduleStoreContract } from './schedule-store.ts';
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
describe('[grant.store] grants', () => {
  grantStoreContract(
    'SQLite',
    ofHome((home) => home.grants),
  );
  grantStoreContract('memory', async () => ({ store: memoryGrantStore(), close: closing }));
});
describe('[approval.store] requests', () => {
  approvalStoreContract(
    'SQLite',
    ofHome((home) => home.approvals),
  );
  approvalStoreContract('memory', async () => ({ store: memoryApprovalStore(), close: closing }));
});
describe('[schedule.store] schedules', () => {
  scheduleStoreContract(
    'SQLite',
    ofHome((home) => home.schedules),
  );
  scheduleStoreContract('memory', async () => ({ store: memoryScheduleStore(), close: closing }));
});
describe('[secret.store] secrets', () => {
  secretStoreContract(
    'files',
    ofHome((home) => home.secrets),
  );
  secretStoreContract('memory', async () => ({ store: memorySecretStore(() => 1), close: closing }));
});
