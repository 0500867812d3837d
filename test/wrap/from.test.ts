/** `wrap --from`: a person's own files, where and as they lie. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type TestContext, test } from 'node:test';
import { devkitPorts } from '#gateways/cli/devkit-ports';
import { wrapPorts } from '#gateways/cli/wrap-ports';
import { buildProject } from '#devkit';
import { ownName, rewrapLibrary } from '#wrap';
import { openWorkshop, type Workshop } from './workshop.ts';

async function withFiles(
  t: TestContext,
  files: { readonly [path: string]: string },
): Promise<Workshop & { readonly at: (path: string) => string }> {
  const workshop = await openWorkshop(t);
  const at = (path: string): string => join(workshop.dir, path);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), text);
  }
  return { ...workshop, at };
}

test('[wrap.from] a single file, and what it imports beside it', { timeout: 120_000 }, async (t) => {
  const { at, offer, host } = await withFiles(t, {
    'tools/sums.ts':
      "import { plus } from './plus.ts';\nexport const sum = (list: number[]): number => list.reduce(plus, 0);\n",
    'tools/plus.ts': 'export const plus = (a: number, b: number): number => a + b;\n',
  });
  const wrapped = await offer({ from: at('tools/sums.ts') });
  assert.equal(wrapped.reference, 'local:sums@0.1.0');
  assert.deepEqual(wrapped.functions, ['sum']);
  assert.equal(await host.call(wrapped.reference, 'sum', [[1, 2, 3]]), 6);
});

test('[wrap.from] a package whose sources lie above src/ too: name, version, dependencies, rewrap and a build by hand', {
  timeout: 240_000,
}, async (t) => {
  const { at, dir, host, offer } = await withFiles(t, {
    'shop/package.json': JSON.stringify({
      name: 'shop',
      version: '3.1.0',
      description: 'Prices of things.',
      license: 'MIT',
      dependencies: { rates: '^1.0.0' },
    }),
    'shop/src/index.ts':
      "import { TAX } from '../tax.ts';\nimport { rate } from 'rates';\n/** With tax. */\nexport const price = (net: number): number => net * (1 + TAX) * rate();\n",
    'shop/tax.ts': 'export const TAX = 0.25;\n',
    'shop/node_modules/rates/package.json':
      '{"name":"rates","version":"1.2.0","license":"ISC","main":"index.js","dependencies":{"deep":"*"}}',
    'shop/node_modules/rates/index.js': "module.exports.rate = () => require('deep');\n",
    'shop/node_modules/rates/LICENSE': 'The licence of rates.',
    'shop/node_modules/deep/package.json': '{"name":"deep","version":"0.1.0","license":"MIT"}',
    'shop/node_modules/deep/index.js': 'module.exports = 2;\n',
  });
  const wrapped = await offer({ from: at('shop') });
  assert.equal(wrapped.reference, 'local:shop@3.1.0');
  assert.equal(await host.call(wrapped.reference, 'price', [4]), 10);
  const read = (path: string): string => readFileSync(join(wrapped.dir, path), 'utf8');
  assert.equal(read('licences/rates@1.2.0.txt'), 'The licence of rates.');
  const bill = JSON.parse(read('sbom.cdx.json')) as { components: { purl: string }[]; dependencies: object[] };
  assert.deepEqual(bill.components.map(({ purl }) => purl).sort(), ['pkg:npm/deep@0.1.0', 'pkg:npm/rates@1.2.0']);
  assert.deepEqual(bill.dependencies[0], { ref: 'local:shop@3.1.0', dependsOn: ['pkg:npm/rates@1.2.0'] });

  const include = relative(wrapped.dir, at('shop'));
  assert.match(read('README.md'), new RegExp(`^switchboard build --include ${include}$`, 'm'));
  const ports = await devkitPorts(join(dir, 'tools'), () => undefined);
  await assert.rejects(buildProject(wrapped.dir, ports), { code: 'build-failed', message: /outside the project/ });
  const built = await buildProject(wrapped.dir, ports, { include: [at('shop')] });
  assert.deepEqual(Buffer.from(built.bytes), Buffer.from(wrapped.bytes), 'by hand it is the same');

  writeFileSync(
    at('shop/src/index.ts'),
    `${readFileSync(at('shop/src/index.ts'), 'utf8')}export const free = (): number => 0;\n`,
  );
  const again = await rewrapLibrary(
    { dir: wrapped.dir },
    await wrapPorts({ home: join(dir, 'tools'), signal: t.signal }, () => undefined),
  );
  assert.deepEqual([again.reference, again.versionBefore], ['local:shop@3.1.0', '3.1.0']);
  assert.deepEqual(again.changes.functions, [{ name: 'free', after: 'func() -> result<f64, string>' }]);
});

test('[wrap.from] the version that was given stays when it is wrapped again', { timeout: 120_000 }, async (t) => {
  const { at, dir, wrap } = await withFiles(t, { 'one.ts': 'export const one = (): number => 1;\n' });
  const wrapped = await wrap({ from: at('one.ts'), as: 'my:one@2.0.0' });
  const ports = await wrapPorts({ home: join(dir, 'tools'), signal: t.signal }, () => undefined);
  assert.equal((await rewrapLibrary({ dir: wrapped.dir }, ports)).reference, 'my:one@2.0.0');
});

test('[wrap.from] nothing of a person’s own is written over', async (t) => {
  const mine = 'export const one = (): number => 1;\n';
  const { at, wrap } = await withFiles(t, {
    'lib/src/main.ts': mine,
    'flat/index.ts': mine,
    'plain/package.json': '{"name":"plain"}',
  });
  for (const folder of ['lib', 'flat', 'plain']) {
    await assert.rejects(wrap({ from: at('lib'), dir: at(folder) }), {
      code: 'invalid-usage',
      message: /that wrap did not make/,
    });
  }
  assert.equal(readFileSync(at('lib/src/main.ts'), 'utf8'), mine);
  assert.equal(existsSync(at('lib/wit')), false);
});

test('[wrap.from] the entry is what package.json names, the usual one otherwise; a folder without one is told', {
  timeout: 120_000,
}, async (t) => {
  const { at, wrap } = await withFiles(t, {
    'named/package.json': '{"exports":{".":{"types":"./x.d.ts","default":"./lib/entry.ts"}}}',
    'named/lib/entry.ts': 'export const named = (): number => 1;\n',
    'none/a.ts': 'export const a = 1;\n',
  });
  assert.deepEqual((await wrap({ from: at('named') })).functions, ['named']);
  await assert.rejects(wrap({ from: at('none') }), { code: 'invalid-usage', message: /names its entry/ });
  await assert.rejects(wrap({ from: at('nowhere') }), { code: 'invalid-usage', message: /does not exist/ });
  assert.deepEqual(
    ['x/lib', 'x/lib/src', 'x/lib/src/index.ts', 'x/lib/sums.ts', 'x/lib/main.mts'].map((path) => ownName(at(path))),
    ['lib', 'lib', 'lib', 'sums', 'lib'],
  );
});
