/** Whose request it is, and whether it may. */
import type { IncomingMessage } from 'node:http';
import { Refusal } from './refusal.ts';
import { allows, type Right, type Rights, userList } from './users.ts';

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

const ANONYMOUS = 'anonymous';
/** Wrong passwords in a row, from one address, before it has to wait. */
const MOST_WRONG = 20;
const WRONG_MS = 60_000;

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

  const checked = async (name: string, password: string, address: string): Promise<Account> => {
    const seen = wrong.get(address);
    if (seen && seen.until > Date.now() && seen.count >= MOST_WRONG) {
      throw new Refusal('TOOMANYREQUESTS', 'too many wrong passwords; wait a minute', {
        headers: { 'retry-after': '60' },
      });
    }
    const rights = await users.check(name, password);
    if (rights === 'busy') {
      throw new Refusal('TOOMANYREQUESTS', 'too many passwords are being checked', { headers: { 'retry-after': '1' } });
    }
    if (rights) return account(name, rights);
    if (wrong.size > 10_000) wrong.clear();
    const count = seen && seen.until > Date.now() ? seen.count + 1 : 1;
    wrong.set(address, { count, until: Date.now() + WRONG_MS });
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
