import { rejects } from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createHost } from './index.ts';

test('[http.addresses] a name server is an address, or the host does not start', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'switchboard-names-'));
  t.after(() => rmSync(root, { recursive: true }));
  const home = join(root, 'home');
  for (const server of ['dns.example', '127.0.0.1:99999999', '']) {
    await rejects(createHost({ home, nameServers: [server] }), { code: 'invalid-setting' }, server);
  }
  if (existsSync(home)) throw new Error('a home was made');
  const host = await createHost({ home, nameServers: ['127.0.0.1', '127.0.0.1:5353', '[::1]:53'] });
  await host.close();
});
