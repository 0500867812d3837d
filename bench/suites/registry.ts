/** The registry: blobs against a bare server of files, installs against a plain download. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Digest } from '#core';
import { installArtifact } from '#gateways/cli/registry/install-artifact';
import { Context } from '#gateways/cli/context';
import { createHost } from '#host';
import { createClient, noVerifier, type RegistryClient } from '#registry/client/client';
import { writeLock, type Locked } from '#registry/client/lock';
import { publishComponent } from '#registry/client/publish';
import { parseArtifactReference } from '#registry/client/reference';
import { injectPackage } from '#wit';
import { guest } from '../../test/guests/build.ts';
import { ended, LAUNCHER, ROOT } from '../processes.ts';
import { interleave } from '../rounds.ts';
import { boundedRow, comparedRow, type Row } from '../row.ts';
import type { Suite } from '../suite.ts';

const TEN_MB = 10_000_000;
const CLIENTS = 16;
const MANY = 100;

export const registry: Suite = async ({ quick, say }) => {
  const directory = mkdtempSync(join(tmpdir(), 'switchboard-bench-registry-'));
  const ours = await serve('ours', join(directory, 'registry'));
  const bare = await serve('bare', directory);
  try {
    const client = await clientOf(directory);
    const component = await tenMegabytes();
    const address = new URL(ours.url).host;
    await publish(client, address, 'bench:large@1.0.0', component);
    const file = join(directory, 'large.wasm');
    writeFileSync(file, component);
    const blob = `${ours.url}/v2/bench/large/blobs/${digestOf(component)}`;
    const rows = [
      await blobs(blob, `${bare.url}/large.wasm`, quick),
      await install(client, address, blob, directory, quick),
      await locked(client, address, directory, quick ? 3 : MANY, say),
    ];
    await client.close();
    return rows;
  } finally {
    for (const { child } of [ours, bare]) child.kill();
    await Promise.all([ended(ours.child), ended(bare.child)]);
    rmSync(directory, { recursive: true, force: true });
  }
};

async function blobs(ours: string, bare: string, quick: boolean): Promise<Row> {
  const all = async (url: string): Promise<number> => {
    const started = performance.now();
    await Promise.all(Array.from({ length: CLIENTS }, () => download(url)));
    return performance.now() - started;
  };
  const took = await interleave(
    { bare: () => all(bare), ours: () => all(ours) },
    { least: quick ? 2 : 10, most: 40, budgetMs: quick ? 1 : 8_000 },
  );
  return comparedRow(`${CLIENTS} clients, a blob of 10 MB each`, 'ms', took.ours, took.bare, took.bare / 0.8);
}

/** With the blob not in the cache, and the compiled code there: how long that takes is no matter of the registry. */
async function install(
  client: RegistryClient,
  address: string,
  blob: string,
  directory: string,
  quick: boolean,
): Promise<Row> {
  const host = await createHost({ home: join(directory, 'home') });
  const context = new Context(host.home, true, new AbortController().signal);
  const word = `oci://${address}/bench/large:1.0.0`;
  const ours = async (): Promise<number> => {
    rmSync(join(host.home, 'cache/registry'), { recursive: true, force: true });
    const cold = await clientOf(host.home);
    const started = performance.now();
    const artifact = await cold.resolve(word);
    await installArtifact({ context, host, client: cold, verifier: noVerifier }, artifact);
    const took = performance.now() - started;
    await host.uninstall('bench:large');
    await cold.close();
    return took;
  };
  const plain = async (): Promise<number> => {
    const started = performance.now();
    await downloadTo(blob, join(directory, 'plain.wasm'));
    return performance.now() - started;
  };
  await ours();
  const took = await interleave({ plain, ours }, { least: quick ? 2 : 10, most: 40, budgetMs: quick ? 1 : 8_000 });
  await host.close();
  return comparedRow('install of 10 MB from loopback, cold', 'ms', took.ours, took.plain, 1.5 * took.plain);
}

/** In a home whose caches are warm and that has nothing installed, by the command. */
async function locked(
  client: RegistryClient,
  address: string,
  directory: string,
  count: number,
  say: (text: string) => void,
): Promise<Row> {
  const home = join(directory, 'many');
  const host = await createHost({ home });
  const own = await clientOf(join(home, 'cache'), true);
  const context = new Context(home, true, new AbortController().signal);
  const { bytes } = await guest('echo');
  const lock = new Map<string, Locked>();
  say(`publishing, installing and removing ${count} components`);
  for (let i = 0; i < count; i += 1) {
    const name = `bench:many-${letters(i)}`;
    await publish(client, address, `${name}@1.0.0`, Buffer.from(injectPackage(bytes, `${name}@1.0.0`)));
    const artifact = await own.resolve(`oci://${address}/${name.replace(':', '/')}:1.0.0`);
    await installArtifact({ context, host, client: own, verifier: noVerifier }, artifact);
    const { version, reference: source, manifest, digest, size } = artifact;
    lock.set(name, { version, range: '^1', source, manifest, digest, size });
  }
  for (const name of lock.keys()) await host.uninstall(name);
  await own.close();
  await host.close();
  writeLock(join(directory, 'switchboard.lock'), lock);
  const started = performance.now();
  const child = spawn(LAUNCHER, ['install', '--locked', '--home', home], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number];
  const took = performance.now() - started;
  if (code !== 0) throw new Error(`install --locked ended with ${code}`);
  return boundedRow(`install --locked of ${MANY} components from the cache`, 'ms', (took * MANY) / count, 3_000);
}

const letters = (i: number): string => String(i).replaceAll(/\d/g, (digit) => 'abcdefghij'[Number(digit)] ?? '');

async function tenMegabytes(): Promise<Buffer> {
  const { bytes } = await guest('echo');
  const named = injectPackage(bytes, 'bench:large@1.0.0');
  const payload = Buffer.concat([Buffer.from([3]), Buffer.from('pad'), randomBytes(TEN_MB - named.length)]);
  return Buffer.concat([named, Buffer.from([0]), leb(payload.length), payload]);
}

function leb(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    bytes.push(rest > 127 ? (rest & 127) | 128 : rest);
    if (rest <= 127) return Buffer.from(bytes);
  }
}

const digestOf = (bytes: Uint8Array): Digest => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

async function publish(client: RegistryClient, address: string, reference: string, bytes: Buffer): Promise<void> {
  const [name = '', version = ''] = reference.split('@');
  const { registry: host, repository } = parseArtifactReference(
    `oci://${address}/${name.replace(':', '/')}:${version}`,
  );
  const place = { registry: host, repository };
  await publishComponent(client.open(place), place, {
    facts: { name, version, description: '', imports: [], exports: [], created: 0 },
    component: { digest: digestOf(bytes), size: bytes.length, source: bytes },
    attachments: [],
  });
}

function clientOf(directory: string, isCache = false): Promise<RegistryClient> {
  return createClient({
    settings: { namespaces: {}, plainHttp: [] },
    credentials: { files: [], environment: {} },
    proxies: {},
    cache: isCache ? directory : join(directory, 'cache'),
  });
}

async function serve(kind: 'ours' | 'bare', directory: string): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [join(ROOT, 'bench/registry/server.ts'), kind, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (!child.stdout) throw new Error('the server has no output');
  for await (const url of createInterface(child.stdout)) return { child, url };
  throw new Error(`the server ${kind} did not start`);
}

async function responseOf(url: string): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  get(url, resolve).on('error', reject);
  return promise;
}

async function download(url: string): Promise<void> {
  let size = 0;
  for await (const chunk of (await responseOf(url)) as AsyncIterable<Buffer>) size += chunk.length;
  if (size < TEN_MB) throw new Error(`the blob has ${size} bytes`);
}

/** As one does by hand: into a file, and its sha256. */
async function downloadTo(url: string, path: string): Promise<void> {
  const hash = createHash('sha256');
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(undefined, chunk);
    },
  });
  await pipeline(await responseOf(url), through, createWriteStream(path, { flush: true }));
  hash.digest('hex');
}
