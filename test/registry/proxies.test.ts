/** Our client through proxies, with TLS at both ends and authorities of one's own. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { setUser } from '#registry';
import { clientOf, publish } from './client-of.ts';
import { OPEN, randomBlob, scratch, startRegistry } from './peer.ts';

/** An authority, and what it signed for some names. */
function authority(directory: string, names: readonly string[]) {
  const at = (name: string): string => join(directory, name);
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'ignore', cwd: directory });
  const fresh = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...fresh, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=an authority');
  openssl('req', ...fresh, '-keyout', 'own.key', '-out', 'own.csr', '-subj', `/CN=${names[0]}`);
  writeFileSync(at('names'), `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`);
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names'];
  openssl('x509', '-req', '-in', 'own.csr', '-out', 'own.pem', ...signed);
  const read = (name: string): string => readFileSync(at(name), 'utf8');
  return { ca: at('ca.pem'), tls: { cert: read('own.pem'), key: read('own.key') } };
}

interface Tunnelled {
  readonly to: string;
  readonly authorization: string | undefined;
}

/** A proxy that leads every name to one port of this machine. */
async function proxy(
  t: TestContext,
  port: number,
  tls?: { readonly cert: string; readonly key: string },
): Promise<{ readonly port: number; readonly tunnels: Tunnelled[]; readonly bytes: () => Buffer }> {
  const tunnels: Tunnelled[] = [];
  const passed: Buffer[] = [];
  const refuse: RequestListener = (_request, response) => response.writeHead(400).end();
  const server: Server = tls ? createTlsServer(tls, refuse) : createServer(refuse);
  const open = new Set<Duplex>();
  server.on('connect', (request, socket: Duplex) => {
    tunnels.push({ to: request.url ?? '', authorization: request.headers['proxy-authorization'] });
    const onward = connect(port, '127.0.0.1');
    for (const one of [socket, onward]) {
      open.add(one);
      one.on('error', () => undefined);
    }
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    socket.on('data', (chunk: Buffer) => passed.push(chunk));
    socket.pipe(onward).pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => {
    for (const one of open) one.destroy();
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, tunnels, bytes: () => Buffer.concat(passed) };
}

for (const secure of [false, true]) {
  test(`[registry.auth] a registry over TLS through a proxy ${secure ? 'over TLS' : 'over HTTP'}, both of one’s own authority`, async (t) => {
    const directory = scratch(t);
    const data = scratch(t);
    const { ca, tls } = authority(directory, ['registry.test', 'localhost']);
    await setUser(data, 'alice', 'correct horse', OPEN);
    const { address, directory: _data } = await startRegistry(t, { directory: data, tls, anonymous: {} });
    const port = Number(address.split(':')[1]);
    const between = await proxy(t, port, secure ? tls : undefined);
    const auth = join(directory, 'auth.json');
    const secret = Buffer.from('alice:correct horse').toString('base64');
    writeFileSync(auth, JSON.stringify({ auths: { 'registry.test': { auth: secret } } }));
    const httpsProxy = `${secure ? 'https' : 'http'}://me:proxy%20word@localhost:${between.port}`;
    const options = { ca, proxies: { httpsProxy }, credentials: { files: [auth], environment: {} } };
    const client = await clientOf(t, options);
    const { bytes } = randomBlob(200_000);
    await publish(client, 'registry.test', 'acme:clip@1.0.0', bytes);
    const artifact = await client.resolve('oci://registry.test/acme/clip:1.0.0');
    assert.ok(Buffer.from(await artifact.bytes()).equals(bytes));
    assert.deepEqual([...new Set(between.tunnels.map(({ to }) => to))], ['registry.test:443']);
    const [tunnel] = between.tunnels;
    assert.equal(tunnel?.authorization, `Basic ${Buffer.from('me:proxy word').toString('base64')}`);
    assert.ok(!between.bytes().includes(secret), 'the proxy sees nothing of what goes through');
    const without = await clientOf(t, { ...options, ca: undefined });
    await assert.rejects(without.resolve('oci://registry.test/acme/clip:1.0.0'), { code: 'registry-unreachable' });
    const refusing = await clientOf(t, { ...options, proxies: { httpsProxy: 'http://127.0.0.1:1' } });
    await assert.rejects(refusing.resolve('oci://registry.test/acme/clip:1.0.0'), { code: 'registry-unreachable' });
  });
}
