import type { ApprovalRequest, Grant } from '#core/permission';
import type { ApprovalStore, GrantStore, SecretStore } from '#core/ports';
import { refuseTooMany } from './grant-store.ts';
import { checkSecret } from './secret-store.ts';

/** Grants that end with the process. */
export function memoryGrantStore(): GrantStore {
  const grants = new Map<string, Grant>();
  return {
    async add(added) {
      for (const grant of added) grants.set(grant.id, structuredClone(grant));
    },
    list: async (subject) => [...grants.values()].filter((grant) => subject === undefined || grant.subject === subject),
    async remove(ids) {
      const gone = ids.flatMap((id) => grants.get(id) ?? []);
      for (const { id } of gone) grants.delete(id);
      return gone;
    },
  };
}

/** Requests that end with the process. */
export function memoryApprovalStore(): ApprovalStore {
  const requests = new Map<string, ApprovalRequest>();
  const list = (state?: ApprovalRequest['state']): ApprovalRequest[] =>
    [...requests.values()].filter((request) => state === undefined || request.state === state).toReversed();
  return {
    async file(request) {
      const open = list('open');
      refuseTooMany(open.length, open.filter(({ subject }) => subject === request.subject).length);
      requests.set(request.id, structuredClone(request));
    },
    get: async (id) => requests.get(id),
    list: async (state) => list(state),
    async decide(id, state, at) {
      const request = requests.get(id);
      if (request?.state !== 'open') return undefined;
      const decided: ApprovalRequest = { ...request, state, decidedAt: at };
      requests.set(id, decided);
      return decided;
    },
  };
}

/** Secrets that end with the process. */
export function memorySecretStore(now: () => number): SecretStore {
  const secrets = new Map<string, { readonly value: string; readonly changedAt: number }>();
  return {
    async set(name, value) {
      checkSecret(name, value);
      secrets.set(name, { value, changedAt: now() });
    },
    get: async (name) => secrets.get(name)?.value,
    list: async () =>
      [...secrets].map(([name, { changedAt }]) => ({ name, changedAt })).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    remove: async (name) => secrets.delete(name),
  };
}
