import { deepEqual, equal, rejects } from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { type Denial, NO_PERMISSIONS, type PolicySnapshot, type ServiceEnv } from '#core';
import { createEgress, type Egress } from './egress.ts';
import { Failed, Refused } from './failures.ts';
import type { Resolve } from './resolve.ts';

let server: Server;
let port = 0;
let hosts: (string | undefined)[] = [];

before(async () => {
  server = createServer((request, response) => {
    hosts.push(request.headers.host);
    response.setHeader('set-cookie', 'a=b');
    if (request.url === '/slow') {
      response.write('begun');
      return;
    }
    response.end('reached');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

function egressOf(net: PolicySnapshot['net'], answers: readonly (readonly string[])[]) {
  const denials: Denial[] = [];
  const stop = new AbortController();
  const enders: (() => void)[] = [];
  const env = {
    policy: { ...NO_PERMISSIONS, net },
    denied: (denial: Denial) => void denials.push(denial),
    signal: () => stop.signal,
    onEnd: (work: () => void) => void enders.push(work),
  } as unknown as ServiceEnv;
  let asked = 0;
  const resolve: Resolve = (_, done) => {
    const addresses = answers[Math.min(asked, answers.length - 1)] ?? [];
    asked += 1;
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  return { egress: createEgress(env, resolve), denials, stop, enders, asked: () => asked };
}

const get = (egress: Egress, url: string) =>
  egress.request({ method: 'GET', url: new URL(url), headers: [], body: undefined });

test('[http.addresses] a name that leads to a private address is refused, whichever of its addresses it is', async () => {
  for (const answer of [['127.0.0.1'], ['10.0.0.7'], ['::1'], ['::ffff:127.0.0.1'], ['93.184.216.34', '192.168.0.1']]) {
    const { egress, denials } = egressOf([{ host: 'rebind.example', port: '*' }], [answer]);
    await rejects(
      get(egress, `http://rebind.example:${port}/`),
      (thrown) => thrown instanceof Refused && thrown.address,
    );
    equal(denials.length, 1);
  }
  deepEqual(hosts, [], 'the server was reached');
});

test('[http.addresses] a name server that changes its answer changes nothing: each connection is to what was decided', async () => {
  const net = [
    { host: 'rebind.example', port: '*' as const },
    { host: '127.0.0.1', port },
  ];
  const { egress, asked } = egressOf(net, [['127.0.0.1'], ['10.0.0.7']]);
  hosts = [];
  const first = await get(egress, `http://rebind.example:${port}/`);
  equal(first.status, 200);
  equal(Buffer.concat(await Array.fromAsync(first.body)).toString(), 'reached');
  deepEqual(hosts, [`rebind.example:${port}`]);
  await rejects(get(egress, `http://rebind.example:${port}/`), Refused);
  equal(asked(), 2, 'resolved once for a connection, anew for the next');
});

test('[http.addresses] a stopped call and an ended instance end what they had under way', async () => {
  const { egress, stop } = egressOf([{ host: '127.0.0.1', port }], []);
  const slow = await get(egress, `http://127.0.0.1:${port}/slow`);
  const failed = rejects(Array.fromAsync(slow.body), Failed);
  stop.abort(new Error('stopped'));
  await failed;
  await rejects(get(egress, `http://127.0.0.1:${port}/`));
  const other = egressOf([{ host: '127.0.0.1', port }], []);
  const open = await get(other.egress, `http://127.0.0.1:${port}/slow`);
  const cut = rejects(Array.fromAsync(open.body), Failed);
  for (const end of other.enders) end();
  await cut;
});
