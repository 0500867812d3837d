/** Which process listens on a port, as far as this user may know: for the message that the port is taken. */
import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { printable } from '#core/reference';

const LISTEN = '0A';

/** `node (pid 1234)`, or undefined when it cannot be found out. Never fails, and takes a second at most. */
export async function portHolder(port: number): Promise<string | undefined> {
  try {
    const pid = process.platform === 'linux' ? await linuxHolder(port) : await lsofHolder(port);
    if (pid === undefined) return undefined;
    const name =
      process.platform === 'linux' ? (await readFile(`/proc/${pid}/comm`, 'utf8')).trim() : await psName(pid);
    return `${printable(name, 40)} (pid ${pid})`;
  } catch {
    return undefined;
  }
}

async function linuxHolder(port: number): Promise<number | undefined> {
  const inodes = new Set<string>();
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').slice(1);
    for (const line of lines) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      const hexPort = local?.split(':')[1];
      if (state === LISTEN && inode && hexPort && Number.parseInt(hexPort, 16) === port)
        inodes.add(`socket:[${inode}]`);
    }
  }
  if (inodes.size === 0) return undefined;
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    // Other users' processes do not show their descriptors.
    const descriptors = await readdir(`/proc/${entry}/fd`).catch(() => []);
    for (const descriptor of descriptors) {
      const target = await readlink(`/proc/${entry}/fd/${descriptor}`).catch(() => '');
      if (inodes.has(target)) return Number(entry);
    }
  }
  return undefined;
}

async function lsofHolder(port: number): Promise<number | undefined> {
  const output = await run('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fp']);
  const pid = /^p(\d+)$/m.exec(output)?.[1];
  return pid === undefined ? undefined : Number(pid);
}

async function psName(pid: number): Promise<string> {
  return (await run('ps', ['-p', String(pid), '-o', 'comm='])).trim().replace(/^.*\//, '');
}

function run(command: string, args: readonly string[]): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  execFile(command, args, { timeout: 1_000 }, (error, stdout) => (error ? reject(error) : resolve(stdout)));
  return promise;
}
