/** The token flow against the registry of the distribution project, with a token service as its documentation has it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { clientOf, publish } from './client-of.ts';
import { startDockerRegistry } from './docker-registry.ts';
import { randomBlob, scratch } from './peer.ts';

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

test('[registry.auth] tokens of a service, for the scopes of each request, are taken by a real registry', async (t) => {
  const directory = scratch(t);
  const at = (name: string): string => join(directory, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', at('key.pem')];
  const request = ['req', '-x509', ...key, '-out', at('cert.pem'), '-days', '2', '-subj', '/CN=tokens'];
  execFileSync('openssl', request, { stdio: 'ignore' });
  const privateKey = readFileSync(at('key.pem'), 'utf8');
  const certificate = readFileSync(at('cert.pem'), 'utf8').replaceAll(/-----[^-]+-----|\s/g, '');
  const asked: { readonly scope: string; readonly user: string | undefined }[] = [];
  const rights: { readonly [user: string]: readonly string[] } = { alice: ['pull', 'push'], nobody: ['pull'] };

  const service = createServer((incoming, response) => {
    const query = new URL(incoming.url ?? '', 'http://tokens').searchParams;
    const scope = query.get('scope') ?? '';
    const basic = /^Basic (.+)$/.exec(incoming.headers.authorization ?? '')?.[1];
    const user = basic === undefined ? undefined : Buffer.from(basic, 'base64').toString().split(':')[0];
    asked.push({ scope, user });
    const [type = '', name = '', actions = ''] = scope.split(':');
    const now = Math.floor(Date.now() / 1_000);
    const claims = {
      iss: 'tokens',
      sub: user ?? '',
      aud: query.get('service'),
      exp: now + 300,
      nbf: now - 10,
      iat: now,
      jti: randomUUID(),
      access: [{ type, name, actions: actions.split(',').filter((one) => rights[user ?? 'nobody']?.includes(one)) }],
    };
    const text = `${encoded({ alg: 'ES256', typ: 'JWT', x5c: [certificate] })}.${encoded(claims)}`;
    const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    response.end(JSON.stringify({ token: `${text}.${signature.toString('base64url')}` }));
  });
  service.listen(0, '127.0.0.1');
  await new Promise((resolve) => service.once('listening', resolve));
  t.after(() => service.close());
  const realm = `http://127.0.0.1:${(service.address() as AddressInfo).port}/token`;
  const token = { realm, service: 'ours', issuer: 'tokens', rootcertbundle: at('cert.pem') };
  const address = await startDockerRegistry(t, { token });

  const file = at('auth.json');
  const auth = Buffer.from('alice:correct horse').toString('base64');
  writeFileSync(file, JSON.stringify({ auths: { [address]: { auth } } }));
  const alice = await clientOf(t, { credentials: { files: [file], environment: {} } });
  const { bytes } = randomBlob(50_000);
  await publish(alice, address, 'acme:clip@1.0.0', bytes);
  assert.deepEqual([...new Set(asked.map(({ scope }) => scope))].toSorted(), [
    'repository:acme/clip:pull',
    'repository:acme/clip:pull,push',
  ]);
  assert.ok(asked.every(({ user }) => user === 'alice'));
  assert.ok(asked.length <= 4, `a token is used again: ${asked.length} were asked for`);

  const anybody = await clientOf(t);
  const artifact = await anybody.resolve(`oci://${address}/acme/clip:1.0.0`);
  assert.ok(Buffer.from(await artifact.bytes()).equals(bytes));
  await assert.rejects(publish(anybody, address, 'acme:clip@2.0.0', bytes), { code: 'registry-unauthorized' });
});
