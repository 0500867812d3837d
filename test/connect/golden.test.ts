import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { parse as parseToml } from 'smol-toml';
import { CLIENTS, type Client } from '#gateways/cli/clients/clients';
import { type Case, ENDPOINT, goldenCases, made } from './golden.ts';

const CASES = goldenCases();

for (const golden of CASES) {
  test(`[connect.clients] [connect.preserve] ${golden.name}`, () => {
    const after = made(golden, golden.before);
    assert.equal(after, golden.after);
    assert.equal(made(golden, after), after, 'a second time changes nothing');
    assert.deepEqual(entryIn(golden.client, after), golden.entry === undefined ? undefined : entryRead(golden, after));
  });
}

test('[connect.clients] [connect.http] each client has cases for each form that it takes', () => {
  const forms = (client: Client): string[] =>
    CASES.filter((one) => one.client === client && one.entry).map(({ entry }) =>
      entry?.['command'] ? 'stdio' : 'http',
    );
  for (const client of CLIENTS) {
    assert.deepEqual(new Set(forms(client)), new Set(client.http ? ['stdio', 'http'] : ['stdio']), client.id);
  }
});

test('[connect.remove] what was added can be taken out again, and the file is as it was', () => {
  for (const { name, client, entry, before, after } of CASES) {
    if (!entry || entryIn(client, before) !== undefined) continue;
    const back = made({ client, entry: undefined }, after);
    assert.equal(entryIn(client, back), undefined, name);
    assert.deepEqual(readBack(client, back), { ...readBack(client, before), ...emptied(client, before) }, name);
    const layoutKept =
      Object.keys(serversIn(client, before)).length > 0 || (client.dialect === 'toml' && before !== '');
    if (layoutKept) assert.equal(back, client.dialect === 'toml' ? before.replace(/(?<!\n)$/, '\n') : before, name);
  }
});

/** The object for servers stays, where it was made for ours. */
function emptied(client: Client, before: string): object {
  const there = readBack(client, before)[client.key];
  return client.dialect === 'toml' && there === undefined ? {} : { [client.key]: there ?? {} };
}

type Members = Record<string, unknown>;

/** Another reader than the product's: JSON with comments is JavaScript. */
function readBack(client: Client, text: string): Members {
  const own = text.replace(/^\ufeff/, '');
  if (client.dialect === 'toml') return plain(parseToml(own, { integersAsBigInt: true }));
  if (own.trim() === '') return {};
  return plain(
    client.dialect === 'json' ? JSON.parse(own) : runInNewContext(`(${own.replace(/^(?:\s*\/\/.*\n)*/, '')})`),
  );
}

const plain = (value: unknown): Members =>
  JSON.parse(JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? `${item}n` : item))) as Members;
const serversIn = (client: Client, text: string): Members => (readBack(client, text)[client.key] ?? {}) as Members;
const entryIn = (client: Client, text: string): unknown => serversIn(client, text)['switchboard'];

/** The entry with the members that the user added to it. */
function entryRead({ client, entry, before }: Case, after: string): Members {
  const old = (entryIn(client, before) ?? {}) as Members;
  const reach = ['type', 'source', 'command', 'args', 'url', 'httpUrl', 'headers', 'http_headers'];
  const kept = Object.fromEntries(Object.entries(old).filter(([name]) => !reach.includes(name)));
  const found = entryIn(client, after) as Members;
  if (entry?.['command'] === undefined) assert.ok(JSON.stringify(found).includes(`Bearer ${ENDPOINT.token}`));
  return { ...kept, ...entry };
}
