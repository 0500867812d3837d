/** Whose request it is, and whether it may. */
import type { IncomingMessage } from 'node:http';
import { Refusal } from './refusal.ts';
import { allows, ANONYMOUS, type Right, type Rights, userList } from './users.ts';

export interface Account {
  /** Of the user; `anonymous` without one. */
  readonly name: string;
  /** Whether it may do anything at all. */
  readonly able: boolean;
  may(right: Right, repository: string): boolean;
}

/** Tells clients that credentials are taken, in answers that are no refusal too: some look for it in the first only. */
export const CHALLENGE = 'Basic realm="switchboard registry", charset="UTF-8"';

export interface Access {
  /** Refuses wrong credentials. */
  accountOf(request: IncomingMessage): Promise<Account>;
  /** Refuses what the account may not: `UNAUTHORIZED` for those who gave no credentials, `DENIED` for users. */
  need(account: Account, right: Right, repository: string): void;
}

/**
 * Wrong passwords for one user from one address, and for all users from one, before it has to wait. Whoever is signed in
 * already does not: behind a proxy all have one address.
 */
const MOST_WRONG = { user: 20, address: 200 };
const WRONG_MS = 60_000;
const MOST_REMEMBERED = 10_000;

export function createAccess(directory: string, anonymous: Rights): Access {
  const users = userList(directory);
  const wrong = new Map<string, { count: number; until: number }>();
  const account = (name: string, rights: Rights): Account => ({
    name,
    able: Object.keys(rights).length + Object.keys(anonymous).length > 0,
    // A user may do what anybody may.
    may: (right, repository) => allows(rights, right, repository) || allows(anonymous, right, repository),
  });
  const refuse = (message: string): Refusal =>
    new Refusal('UNAUTHORIZED', message, { headers: { 'www-authenticate': CHALLENGE } });

  const countOf = (key: string): number => {
    const seen = wrong.get(key);
    return seen && seen.until > Date.now() ? seen.count : 0;
  };
  const addWrong = (key: string): void => {
    const count = countOf(key) + 1;
    if (wrong.size > MOST_REMEMBERED) {
      for (const [old, { until }] of wrong) if (until <= Date.now()) wrong.delete(old);
      if (wrong.size > MOST_REMEMBERED) wrong.clear();
    }
    wrong.set(key, { count, until: Date.now() + WRONG_MS });
  };

  const checked = async (name: string, password: string, address: string): Promise<Account> => {
    const known = users.remembered(name, password);
    if (known) return account(name, known);
    const ofUser = `${address} ${name}`;
    if (countOf(ofUser) >= MOST_WRONG.user || countOf(address) >= MOST_WRONG.address) {
      throw new Refusal('TOOMANYREQUESTS', 'too many wrong passwords; wait a minute', {
        headers: { 'retry-after': '60' },
      });
    }
    const rights = await users.check(name, password);
    if (rights === 'busy') {
      throw new Refusal('TOOMANYREQUESTS', 'too many passwords are being checked', { headers: { 'retry-after': '1' } });
    }
    if (rights) return account(name, rights);
    for (const key of [ofUser, address]) addWrong(key);
    throw refuse('the user or the password is wrong');
  };

  return {
    async accountOf(request) {
      const header = request.headers.authorization;
      if (header === undefined) return account(ANONYMOUS, {});
      const encoded = /^basic +([A-Za-z0-9+/=_-]{1,1024})$/i.exec(header)?.[1];
      const pair = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('utf8');
      const colon = pair.indexOf(':');
      // What skopeo and podman send of someone who is not signed in, once they have seen that credentials are taken.
      if (pair === ':') return account(ANONYMOUS, {});
      if (colon < 0) throw refuse('the Authorization header is not one of the Basic scheme');
      return checked(pair.slice(0, colon), pair.slice(colon + 1), request.socket.remoteAddress ?? '');
    },
    need(asker, right, repository) {
      if (asker.may(right, repository)) return;
      if (asker.name === ANONYMOUS) throw refuse(`${right} in ${repository} needs a user who may`);
      throw new Refusal('DENIED', `${asker.name} may not ${right} in ${repository}`);
    },
  };
}
