/** Debian's docker-registry, run for a test: the registry of the distribution project, without the referrers API. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { scratch } from './peer.ts';

const UNPACKED = join(import.meta.dirname, '../../.cache/docker-registry/usr/bin/docker-registry');

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts one with its data in a directory of its own; gives its `host:port`. `auth` is that part of its configuration. */
export async function startDockerRegistry(t: { after(work: () => unknown): void }, auth?: object): Promise<string> {
  const directory = scratch(t);
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const config = join(directory, 'config.yml');
  const document = {
    version: 0.1,
    log: { level: 'error' },
    storage: { filesystem: { rootdirectory: join(directory, 'data') }, delete: { enabled: true } },
    http: { addr: address },
    ...(auth === undefined ? {} : { auth }),
  };
  // JSON is YAML.
  writeFileSync(config, JSON.stringify(document));
  const program = existsSync(UNPACKED) ? UNPACKED : 'docker-registry';
  const child = spawn(program, ['serve', config], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  t.after(async () => {
    child.kill();
    await ended;
  });
  for (const deadline = Date.now() + 10_000; ; ) {
    const up = await fetch(`http://${address}/v2/`).then(
      (response) => response.ok || (auth !== undefined && response.status === 401),
      () => false,
    );
    if (up) return address;
    if (child.exitCode !== null || Date.now() > deadline) throw new Error('docker-registry did not start');
    await delay(20);
  }
}
