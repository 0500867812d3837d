/** What of the host's directories an instance may use, by what they are and not only by what they are called. */
import * as fs from 'node:fs';
import { decideAccess, denialOf, directoryOf } from '#core/access';
import type { Denial, PolicySnapshot } from '#core/permission';
import { identityOf, type ServiceEnv } from '#core/services';
import { codeOf, fsError, system } from './errors.ts';
import { held } from './walk.ts';

export type Granted = PolicySnapshot['fs'][number];

/** A granted directory, opened; or why it cannot be used. */
export type Root = { readonly fd: number } | { readonly denial: Denial };

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
/** Linux: to look names up in a directory it need not be readable. */
const O_PATH = 0x20_0000;

/**
 * File systems that are the kernel's own state, by `statfs` type. Their regular files give the memory, the environment
 * and the settings of the host's process: proc, sysfs, debugfs, tracefs, securityfs, configfs, cgroup, cgroup2, bpf,
 * binfmt_misc, efivarfs, pstore, selinuxfs, smackfs.
 */
const KERNEL: ReadonlySet<number> = new Set([
  0x9fa0, 0x62656572, 0x64626720, 0x74726163, 0x73636673, 0x62656570, 0x27e0eb, 0x63677270, 0xcafe4a11, 0x42494e4d,
  0xde5e81e4, 0x6165676c, 0xf97cff8c, 0x43415d53,
]);

/**
 * Refuses, with a denial: Switchboard's own home, whatever name leads there; file systems of the kernel; changes of what
 * a narrower grant, or another grant of the same directory, gives for reading only; and moving a granted directory, one
 * that holds it, or what holds the home, after which the path of a grant would be another directory.
 */
export class Territory {
  private readonly env: ServiceEnv;
  /** Of directories granted for reading, and nowhere for writing. */
  private readonly readOnly = new Map<string, Granted>();
  private readonly writable = new Set<string>();
  /** Granted directories and those above them, the home and those above it. */
  private readonly fixed: Set<string>;
  /** Whether a device is a file system of the kernel: asked once for each. */
  private readonly kernel = new Map<number, boolean>();
  private readonly mixed: boolean;

  constructor(env: ServiceEnv) {
    this.env = env;
    this.fixed = new Set(env.own ? [env.own.home, ...env.own.above] : []);
    this.mixed = env.policy.fs.some(({ mode }) => mode === 'ro');
  }

  /** Opens a granted directory from `/`, name by name and through no symlink: what it was when it was granted. */
  open(granted: Granted): Root {
    const found = openByName(granted.host);
    const what = `open ${granted.guest}`;
    if ('link' in found) {
      const reason = `the directory is not what was granted as ${granted.guest}: ${found.link} is a symlink now`;
      const { host, guest, mode } = granted;
      return { denial: denialOf('fs', what, reason, { kind: 'fs', host, guest, mode }) };
    }
    if ('code' in found) {
      const reason = `the directory that was granted as ${granted.guest} cannot be opened (${found.code})`;
      return { denial: { capability: 'fs', what, reason } };
    }
    const closed = this.closed(fs.fstatSync(found.fd), found.fd, found.chain);
    if (closed !== undefined) {
      fs.closeSync(found.fd);
      return { denial: { capability: 'fs', what, reason: closed } };
    }
    for (const one of found.chain) this.fixed.add(one);
    const self = found.chain.at(-1) ?? '';
    if (granted.mode === 'rw') {
      this.writable.add(self);
      this.readOnly.delete(self);
    } else if (!this.writable.has(self)) this.readOnly.set(self, granted);
    return { fd: found.fd };
  }

  /**
   * Called with each directory on the way and each node that was opened. Throws `access` where nobody may be; returns
   * the grant by which it may not be changed: that of what it lies in (`inherited`), its own, or the narrowest by name.
   */
  admit(stat: fs.Stats, fd: number, guest: string, inherited: Granted | undefined): Granted | undefined {
    const reason = this.closed(stat, fd, [identityOf(stat)]);
    if (reason !== undefined) {
      this.env.denied({ capability: 'fs', what: `open ${guest}`, reason });
      throw fsError('access');
    }
    return inherited ?? this.readOnlyAt(stat, guest);
  }

  /** The same of a name: by what it is, if it is a directory, and by what it is called. */
  readOnlyAt(stat: fs.Stats | undefined, guest: string): Granted | undefined {
    if (!this.mixed) return undefined;
    const own = stat?.isDirectory() ? this.readOnly.get(identityOf(stat)) : undefined;
    if (own) return own;
    const narrowest = directoryOf(this.env.policy, guest);
    return narrowest?.mode === 'ro' ? narrowest : undefined;
  }

  /** Throws `read-only`, and tells it, where a grant says so. */
  needWrite(by: Granted | undefined, guest: string): void {
    if (!by) return;
    const decision = decideAccess(this.env.policy, { kind: 'fs', path: guest, write: true });
    this.env.denied(
      decision.allowed
        ? denialOf('fs', `write ${guest}`, `it lies in a directory that is granted for reading only, as ${by.guest}`, {
            kind: 'fs',
            host: by.host,
            guest: by.guest,
            mode: 'rw',
          })
        : decision.denial,
    );
    throw fsError('read-only');
  }

  /** Throws `busy` where the name is that of a directory which must stay where it is. */
  needMovable(stat: fs.Stats | undefined, guest: string): void {
    if (!stat?.isDirectory() || !this.fixed.has(identityOf(stat))) return;
    const reason = 'a granted directory, or Switchboard’s own, is this one or lies in it: it stays where it is';
    this.env.denied({ capability: 'fs', what: `move ${guest}`, reason });
    throw fsError('busy');
  }

  private closed(stat: fs.Stats, fd: number, chain: readonly string[]): string | undefined {
    if (this.env.own && chain.includes(this.env.own.home)) return 'it is Switchboard’s own directory';
    if (process.platform !== 'linux') return undefined;
    let isKernel = this.kernel.get(stat.dev);
    if (isKernel === undefined) {
      isKernel = KERNEL.has(system(() => fs.statfsSync(`/proc/self/fd/${fd}`)).type);
      this.kernel.set(stat.dev, isKernel);
    }
    return isKernel ? 'it is of a file system of the kernel, such as /proc, which no grant gives' : undefined;
  }
}

type Found =
  | { readonly fd: number; readonly chain: readonly string[] }
  | { readonly link: string }
  | { readonly code: string };

/** The directory, with the identities of all from `/` to itself; or where a symlink is on the way; or an error code. */
function openByName(path: string): Found {
  const names = path.split('/').filter((name) => name !== '');
  const chain: string[] = [];
  let at = { fd: -1, path: '/' };
  try {
    at = { fd: openNext('/', names.length === 0), path: '/' };
    chain.push(identityOf(fs.fstatSync(at.fd)));
    for (const [i, name] of names.entries()) {
      const below = held(at, name);
      const here = `/${names.slice(0, i + 1).join('/')}`;
      if (fs.lstatSync(below).isSymbolicLink()) return ended(at.fd, { link: here });
      const fd = openNext(below, i === names.length - 1);
      fs.closeSync(at.fd);
      at = { fd, path: here };
      chain.push(identityOf(fs.fstatSync(fd)));
    }
    return { fd: at.fd, chain };
  } catch (thrown) {
    return ended(at.fd, { code: codeOf(thrown) });
  }
}

function ended<T>(fd: number, found: T): T {
  if (fd >= 0) fs.closeSync(fd);
  return found;
}

function openNext(path: string, isLast: boolean): number {
  const access = process.platform === 'linux' && !isLast ? O_PATH : O_RDONLY | O_NONBLOCK;
  return fs.openSync(path, access | O_DIRECTORY | O_NOFOLLOW);
}
