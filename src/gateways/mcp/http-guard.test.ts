import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { bearerOf, checkHost, checkOrigin, hostName, sameToken } from './http-guard.ts';

const refused = { code: 'origin-refused' };

test('[mcp.http] Host: the loopback names, the bound address and what the owner added, whatever the port', () => {
  for (const header of [
    'localhost',
    'localhost:7420',
    '127.0.0.1:1',
    '[::1]:7420',
    '192.0.2.7:7420',
    'Tools.Example',
  ]) {
    checkHost(header, '192.0.2.7', ['tools.example']);
  }
  for (const header of [
    undefined,
    '',
    '192.0.2.8',
    'tools.example.evil',
    'evil/localhost',
    'localhost#',
    'a@localhost',
    '2130706433:x',
  ]) {
    assert.throws(() => checkHost(header, '192.0.2.7', ['tools.example']), refused, header);
  }
});

test('[mcp.http] Host: bound to every address, any address of the machine is its own, a name never is', () => {
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  for (const { address } of addresses.filter((one) => !one.address.startsWith('fe80'))) {
    checkHost(`${hostName(address)}:7420`, '0.0.0.0', []);
    checkHost(hostName(address), '::', []);
  }
  assert.throws(() => checkHost('evil.example', '0.0.0.0', []), refused);
  assert.throws(() => checkHost('203.0.113.9', '0.0.0.0', []), refused);
});

test('[mcp.http] Origin: none, or a page of this machine', () => {
  for (const header of [
    undefined,
    'http://localhost',
    'https://localhost:8443',
    'http://127.0.0.1:1',
    'http://[::1]:80',
  ]) {
    checkOrigin(header);
  }
  for (const header of [
    '',
    'null',
    'https://evil.example',
    'http://localhost.evil.example',
    'chrome-extension://localhost',
  ]) {
    assert.throws(() => checkOrigin(header), refused, header);
  }
});

test('[mcp.http] a token that is missing, empty or only begins right is refused', () => {
  assert.equal(sameToken(bearerOf({ authorization: 'Bearer abc' }), 'abc'), true);
  assert.equal(sameToken(bearerOf({ authorization: 'bearer  abc ' }), 'abc'), true);
  for (const authorization of [undefined, '', 'Bearer ab', 'Bearer abcd', 'abc', 'Basic abc', 'Bearerabc']) {
    const sent = bearerOf(authorization === undefined ? {} : { authorization });
    assert.equal(sameToken(sent, 'abc'), false, String(authorization));
    assert.equal(sameToken(sent, ''), false, String(authorization));
  }
  for (const authorization of ['Bearer', 'Bearer ', 'Bearer abc abc', 'Bearer a,b', 'Bearer a=b', 'Bearer \tabc']) {
    assert.throws(() => bearerOf({ authorization }), { code: 'unauthorized', data: { oauth: 'invalid_request' } });
  }
});
