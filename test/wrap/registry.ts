/** A registry of npm's own protocol for tests: it serves packages that lie in this checkout, and packages given as files. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const ROOT = join(import.meta.dirname, '../..');

export interface Registry {
  readonly url: string;
  /** Names and tarballs that were asked for. */
  readonly asked: readonly string[];
  close(): void;
}

/** Files of a package by their path, with a package.json. */
export type MadePackage = { readonly [path: string]: string };

/** `made`: versions of packages, oldest first; anything else comes from `node_modules`. */
export async function startRegistry(made: { readonly [name: string]: readonly MadePackage[] } = {}): Promise<Registry> {
  const asked: string[] = [];
  const tarballs = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '/').slice(1);
    asked.push(path);
    const tarball = tarballs.get(path);
    if (tarball !== undefined) return void response.end(tarball);
    const versions =
      made[path]?.map((files) => Object.entries(files).map(([name, text]) => [name, Buffer.from(text)] as const)) ??
      installed(path);
    if (versions.length === 0)
      return void response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not found"}');
    const { port } = server.address() as AddressInfo;
    const documents = versions.map((files) => {
      const manifest = JSON.parse(files.find(([name]) => name === 'package.json')?.[1].toString() ?? '{}') as {
        name: string;
        version: string;
      };
      const packed = gzipSync(tar(files));
      const name = `-/${path.replace('/', '__')}-${manifest.version}.tgz`;
      tarballs.set(name, packed);
      const integrity = `sha512-${createHash('sha512').update(packed).digest('base64')}`;
      return { ...manifest, dist: { tarball: `http://127.0.0.1:${port}/${name}`, integrity } };
    });
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({
        name: path,
        'dist-tags': { latest: documents.at(-1)?.version },
        versions: Object.fromEntries(documents.map((one) => [one.version, one])),
      }),
    );
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    asked,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function installed(name: string): (readonly (readonly [string, Buffer])[])[] {
  const dir = join(ROOT, 'node_modules', name);
  if (!/^(?:@[\w.-]+\/)?[\w.-]+$/.test(name) || !existsSync(join(dir, 'package.json'))) return [];
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((path) => !path.startsWith('node_modules') && statSync(join(dir, path)).isFile())
    .map((path) => [path, readFileSync(join(dir, path))] as const);
  return [files];
}

/** POSIX ustar, with what npm needs of it. */
function tar(files: readonly (readonly [string, Buffer])[]): Buffer {
  const blocks: Buffer[] = [];
  for (const [path, content] of files) {
    const full = `package/${path}`;
    const cut = full.length > 100 ? full.indexOf('/', full.length - 101) : -1;
    const header = Buffer.alloc(512);
    header.write(full.slice(cut + 1), 0, 100);
    header.write('0000644\0'.concat('0000000\0', '0000000\0'), 100);
    header.write(`${content.length.toString(8).padStart(11, '0')}\0${'0'.repeat(11)}\0        0`, 124);
    header.write('ustar\u000000', 257);
    if (cut > 0) header.write(full.slice(0, cut), 345, 155);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    blocks.push(header, content, Buffer.alloc((512 - (content.length % 512)) % 512));
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
