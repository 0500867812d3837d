/** The bundled components that need permissions, as built, on the real host. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createHost, type Host } from '#host';
import { buildComponent } from '../../scripts/build-components.ts';

const ROOT = join(import.meta.dirname, '..', '..');

async function hostWith(t: TestContext, name: string): Promise<{ host: Host; root: string }> {
  const root = mkdtempSync(join(tmpdir(), 'switchboard-bundled-'));
  const out = join(ROOT, 'components', 'dist', `${name}.wasm`);
  await buildComponent({ dir: join(ROOT, 'components', name), out });
  const host = await createHost({ home: join(root, 'home') });
  t.after(async () => {
    await host.close();
    rmSync(root, { recursive: true });
  });
  await host.install(out);
  return { host, root };
}

test('[bundled.files] works in a granted directory, reads only where that is all, and sees nothing without', async (t) => {
  const { host, root } = await hostWith(t, 'files');
  const work = join(root, 'work');
  mkdirSync(join(work, 'sub'), { recursive: true });
  writeFileSync(join(work, 'a.md'), 'one\ntwo ✓\nthree\n');
  writeFileSync(join(work, 'sub', 'b.txt'), 'Two more');
  writeFileSync(join(work, 'bytes.bin'), Uint8Array.of(0xff, 0xfe, 0));
  const call = (fn: string, args: unknown[]): Promise<unknown> => host.call('switchboard:files', fn, args);

  assert.deepEqual(await call('roots', []), []);
  await assert.rejects(call('list-directory', ['/work', null]), { code: 'denied', fix: /--fs "\$PWD":\/work:rw$/ });
  await host.grant('switchboard:files', { permissions: [{ kind: 'fs', host: work, guest: '/work', mode: 'rw' }] });
  assert.deepEqual(await call('roots', []), ['/work']);
  const listed = (await call('list-directory', ['/work', true])) as {
    path: string;
    kind: string;
    size: number | null;
  }[];
  assert.deepEqual(
    listed.map(({ path, kind, size }) => `${kind} ${path} ${String(size)}`),
    ['file a.md 18', 'file bytes.bin 3', 'directory sub null', 'file sub/b.txt 8'],
  );
  assert.deepEqual(await call('read-file', ['/work/a.md', 2, 2]), {
    text: 'two ✓',
    'first-line': 2,
    'last-line': 2,
    lines: 3,
  });
  assert.deepEqual(await call('search', ['/work', 'TWO', null]), [
    { path: 'a.md', line: 2, text: 'two ✓' },
    { path: 'sub/b.txt', line: 1, text: 'Two more' },
  ]);
  assert.equal(((await call('search', ['/work', 'two', '*.md'])) as unknown[]).length, 1);
  assert.equal(await call('write-file', ['/work/new/deep/c.txt', 'é𝄞']), 6);
  assert.equal(readFileSync(join(work, 'new', 'deep', 'c.txt'), 'utf8'), 'é𝄞');
  await call('edit-file', ['/work/a.md', 'two ✓', 'zwei']);
  assert.equal(readFileSync(join(work, 'a.md'), 'utf8'), 'one\nzwei\nthree\n');
  await assert.rejects(call('edit-file', ['/work/a.md', 'e', 'x']), {
    code: 'component-error',
    message: /more than once/,
  });
  await assert.rejects(call('read-file', ['/work/bytes.bin', null, null]), {
    code: 'component-error',
    message: /not text/,
  });
  await assert.rejects(call('read-file', ['/work/none', null, null]), {
    code: 'component-error',
    message: /no such file/,
  });
  await assert.rejects(call('read-file', ['/work/../home/version', null, null]), { code: 'denied' });

  await host.grant('switchboard:files', { permissions: [{ kind: 'fs', host: work, guest: '/work', mode: 'ro' }] });
  await assert.rejects(call('write-file', ['/work/d.txt', 'x']), { code: 'denied', fix: /:\/work:rw$/ });
});

test('[bundled.fetch] reads pages that are granted, as Markdown, text or raw, through redirects', async (t) => {
  const { host } = await hostWith(t, 'fetch');
  const server = createServer((request, response) => {
    if (request.url === '/moved') response.writeHead(301, { location: '/page' }).end();
    else if (request.url === '/page') {
      response.setHeader('content-type', 'text/html; charset=iso-8859-1');
      response.end(
        Buffer.from('<title>T</title><h1>Caf\u00e9</h1><p>See <a href="/x">this</a>.<script>1</script>', 'latin1'),
      );
    } else response.writeHead(200, { 'content-type': 'image/png' }).end('x');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const call = (fn: string, args: unknown[]): Promise<unknown> => host.call('switchboard:fetch', fn, args);

  await assert.rejects(call('read', [`${at}/page`, null, null]), { code: 'denied' });
  await host.grant('switchboard:fetch', { permissions: [{ kind: 'net', host: '*', port: '*' }] });
  await assert.rejects(call('read', [`${at}/page`, null, null]), {
    code: 'denied',
    message: /this machine \(loopback\)/,
  });
  const { port } = server.address() as AddressInfo;
  await host.grant('switchboard:fetch', {
    permissions: [{ kind: 'net', host: '127.0.0.1', port }],
    unrequested: true,
  });
  const page = (await call('read', [`${at}/moved`, null, null])) as {
    url: string;
    content: string;
    truncated: boolean;
  };
  assert.deepEqual(page.url, `${at}/page`);
  assert.match(page.content, new RegExp(`# Café\\s+See \\[this\\]\\(${at}/x\\)\\.`));
  assert.match(
    ((await call('read', [`${at}/page`, 'text', null])) as { content: string }).content,
    /Café\s+See this\./,
  );
  assert.equal(((await call('read', [`${at}/page`, 'raw', 5])) as { content: string }).content, '<titl');
  assert.deepEqual(await call('links', [`${at}/page`]), [{ url: `${at}/x`, text: 'this' }]);
  assert.equal(((await call('metadata', [`${at}/page`])) as { title: string }).title, 'T');
  await assert.rejects(call('read', [`${at}/picture`, null, null]), {
    code: 'component-error',
    message: /image\/png, not text/,
  });
});

test('[bundled.time] tells the time of the machine', async (t) => {
  const { host } = await hostWith(t, 'time');
  const before = Date.now();
  const { iso } = (await host.call('switchboard:time', 'now', [])) as { iso: string };
  assert.ok(Date.parse(iso) >= before - 1 && Date.parse(iso) <= Date.now());
  await assert.rejects(host.call('switchboard:time', 'parse', ['2026-02-30']), { code: 'component-error' });
});
