/** Who may do what in a registry: users with passwords, and rights per namespace. */
import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, SwitchboardError } from '#core/errors';
import { printable } from '#core/reference';

export const RIGHTS = ['pull', 'push', 'delete'] as const;
/** The name of those who give no credentials. */
export const ANONYMOUS = 'anonymous';

export type Right = (typeof RIGHTS)[number];

/** Rights by pattern of repositories: `acme/*` for all below acme, `acme/clip` for one, `*` for all. */
export type Rights = Readonly<Record<string, readonly Right[]>>;

interface User {
  /** `scrypt$<salt>$<hash>`, both base64url. */
  readonly password: string;
  readonly rights: Rights;
}

interface UsersDocument {
  readonly users: Readonly<Record<string, User>>;
}

const NAME = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/;
const PATTERN = /^(?:\*|[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?:\/\*)?)$/;
const COST = { N: 16_384, r: 8, p: 1 };
/** More checks at once, of passwords of strangers, could hold every thread; so many others wait. */
const MOST_CHECKS = 2;
const MOST_WAITING = 64;
/** A password that was right is not computed again for so long. */
const REMEMBER_MS = 10 * 60_000;

const usersFile = (directory: string): string => join(directory, 'users.json');

/** Whether rights by pattern allow something in a repository. */
export function allows(rights: Rights, right: Right, repository: string): boolean {
  return Object.entries(rights).some(([pattern, given]) => given.includes(right) && covers(pattern, repository));
}

function covers(pattern: string, repository: string): boolean {
  if (pattern === '*') return true;
  return pattern.endsWith('/*') ? repository.startsWith(pattern.slice(0, -1)) : pattern === repository;
}

/** Adds a user or replaces one. Errors: `invalid-setting`. */
export async function setUser(directory: string, name: string, password: string, rights: Rights): Promise<void> {
  if (name === ANONYMOUS) {
    throw new SwitchboardError(
      'invalid-setting',
      'anonymous is everybody without a password: registry serve --anonymous',
    );
  }
  if (!NAME.test(name)) {
    throw new SwitchboardError('invalid-setting', `"${printable(name)}" is no name for a user: a-z, 0-9, ., _ and -`);
  }
  if (password.length < 8 || password.length > 256) {
    throw new SwitchboardError('invalid-setting', 'a password has 8 to 256 characters');
  }
  checkRights(rights);
  const salt = randomBytes(16);
  const hash = await derive(password, salt);
  const text = `scrypt$${salt.toString('base64url')}$${hash.toString('base64url')}`;
  const { users } = readUsers(directory);
  writeUsers(directory, { users: { ...users, [name]: { password: text, rights } } });
}

function checkRights(rights: Rights): void {
  for (const [pattern, given] of Object.entries(rights)) {
    if (!PATTERN.test(pattern)) {
      throw new SwitchboardError(
        'invalid-setting',
        `"${printable(pattern)}" is no pattern of repositories, as * or acme/* or acme/clip`,
      );
    }
    const wrong = given.find((one) => !RIGHTS.includes(one));
    if (wrong !== undefined) throw new SwitchboardError('invalid-setting', `there is no right "${printable(wrong)}"`);
  }
}

/** False if there was none. */
export function removeUser(directory: string, name: string): boolean {
  const { users } = readUsers(directory);
  if (!Object.hasOwn(users, name)) return false;
  const { [name]: _gone, ...rest } = users;
  writeUsers(directory, { users: rest });
  return true;
}

export function listUsers(directory: string): readonly { readonly name: string; readonly rights: Rights }[] {
  return Object.entries(readUsers(directory).users).map(([name, { rights }]) => ({ name, rights }));
}

function readUsers(directory: string): UsersDocument {
  try {
    const document = JSON.parse(readFileSync(usersFile(directory), 'utf8')) as Partial<UsersDocument>;
    return { users: document.users ?? {} };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return { users: {} };
    throw new SwitchboardError('invalid-setting', `${usersFile(directory)} cannot be read as the list of users`, {
      cause: error,
    });
  }
}

function writeUsers(directory: string, document: UsersDocument): void {
  const path = usersFile(directory);
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(document, undefined, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(temporary, path);
}

function derive(password: string, salt: Uint8Array): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  scrypt(password.normalize('NFC'), salt, 32, COST, (error, key) => (error ? reject(error) : resolve(key)));
  return promise;
}

export interface UserList {
  /** The rights of a user whose password was found to be right lately. */
  remembered(name: string, password: string): Rights | undefined;
  /** The rights of a user whose password is right, undefined for anyone else; `busy` with too many to check. */
  check(name: string, password: string): Promise<Rights | undefined | 'busy'>;
}

/** The users of a directory, as the file has them at each check. */
export function userList(directory: string): UserList {
  let read: { readonly at: string; readonly document: UsersDocument } | undefined;
  const key = randomBytes(32);
  const right = new Map<string, number>();
  const underWay = new Map<string, Promise<boolean>>();
  const waiting: (() => void)[] = [];
  let checking = 0;
  const current = (): UsersDocument => {
    const found = statSync(usersFile(directory), { throwIfNoEntry: false });
    const at = found ? `${found.mtimeMs} ${found.ino} ${found.size}` : '';
    if (read?.at !== at) {
      read = { at, document: readUsers(directory) };
      right.clear();
    }
    return read.document;
  };
  const find = (name: string, password: string): { readonly user: User | undefined; readonly mark: string } => {
    const { users } = current();
    const user = Object.hasOwn(users, name) ? users[name] : undefined;
    const text = `${name}\0${user?.password ?? ''}\0${password}`;
    return { user, mark: createHmac('sha256', key).update(text).digest('hex') };
  };
  const isRight = async (user: User | undefined, password: string): Promise<boolean> => {
    if (checking >= MOST_CHECKS) await new Promise<void>((resolve) => waiting.push(resolve));
    else checking += 1;
    try {
      // As long for a name that is none: the time says nothing of who there is.
      const [, salt = '', hash = ''] = (user?.password ?? 'scrypt$AAAA$AAAA').split('$');
      const derived = await derive(password, Buffer.from(salt, 'base64url'));
      const kept = Buffer.from(hash, 'base64url');
      return user !== undefined && kept.length === derived.length && timingSafeEqual(kept, derived);
    } finally {
      const next = waiting.shift();
      if (next) next();
      else checking -= 1;
    }
  };
  return {
    remembered(name, password) {
      const { user, mark } = find(name, password);
      return (right.get(mark) ?? 0) > Date.now() ? user?.rights : undefined;
    },
    async check(name, password) {
      const { user, mark } = find(name, password);
      // Sixteen connections of one client are one check.
      let work = underWay.get(mark);
      if (!work) {
        if (waiting.length >= MOST_WAITING) return 'busy';
        work = isRight(user, password).finally(() => underWay.delete(mark));
        underWay.set(mark, work);
      }
      if (!(await work) || !user) return undefined;
      if (right.size > 1_000) right.clear();
      right.set(mark, Date.now() + REMEMBER_MS);
      return user.rights;
    },
  };
}
