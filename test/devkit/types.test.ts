/** Generated types of worlds whose names are hard: words of JavaScript, names that several interfaces have. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { openProject, writeDeclarations } from '#devkit';
import { newProject, ports } from './projects.ts';

const ROOT = join(import.meta.dirname, '../..');
const IO = `package wasi:io@0.2.6;
interface streams { resource input-stream; resource output-stream; }
`;

/** What the compiler says of a project. */
async function checked(dir: string): Promise<string> {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const args = [tsc, '--noEmit', '--skipLibCheck', 'false', '-p', '.'];
  const run = promisify(execFile)(process.execPath, args, { cwd: dir });
  return (await run.catch((error: { stdout: string }) => error)).stdout;
}

/** The interfaces of a package of Switchboard's. */
async function interfacesOf(...files: string[]): Promise<string[]> {
  const texts = await Promise.all(files.map((file) => readFile(join(ROOT, 'wit', file), 'utf8')));
  return texts.flatMap((text) => [...text.matchAll(/^interface ([a-z-]+)/gm)].map(([, name = '']) => name));
}

test('[devkit.types] a project that imports every interface of switchboard:host checks', async (t) => {
  const names = await interfacesOf('host.wit', 'host-streams.wit');
  assert.ok(names.includes('kv') && names.includes('blob-streams') && names.length >= 11);
  const imports = names.map((name) => `    import switchboard:host/${name}@0.1.0;\n`).join('');
  const dir = await newProject(t, 'ts', {
    'wit/world.wit': `package local:demo-tool@0.1.0;\nworld tool {\n${imports}    export greet: func(name: string) -> result<string, string>;\n}\n`,
    'wit/deps/io.wit': IO,
    'src/main.ts': `import { type Blob, type Guest, type Upload } from 'switchboard:guest';
import * as blobs from 'switchboard:host/blob@0.1.0';
import { read } from 'switchboard:host/blob-streams@0.1.0';
import { delete as remove, compareAndSet, list } from 'switchboard:host/kv@0.1.0';
const size = (blob: Blob): number => blob.size();
const end = (upload: Upload): number => blobs.Upload.finish(upload).size;
export const greet: Guest['greet'] = (name) => {
  const gone: boolean = remove('s', name);
  const had: boolean = blobs.delete('s', name);
  const page = list('s', '', null, 10);
  const first = blobs.list('s', '', null, 10).names[0] ?? page.keys[0];
  read(blobs.open('s', name), 0, null);
  compareAndSet('s', 'k', null, new Uint8Array(1), null);
  return [gone, had, first, size(blobs.open('s', name)), end(blobs.create('s', name))].join();
};
`,
  });
  const own = await ports(t);
  await writeDeclarations(await openProject(dir, own), own);
  assert.equal(await checked(dir), '');
});

test('[devkit.types] types and functions may be called what the declarations call theirs', async (t) => {
  const dir = await newProject(t, 'ts', {
    'wit/world.wit': `package local:demo-tool@0.1.0;
interface one {
    record answer { status: u8 }
    record promise { a: u8 }
    record guest { b: u8 }
    record sandbox { c: u8 }
    resource thing { constructor(n: u8); new: static func() -> thing; delete: func(default: u8) -> u8; }
    delete: func(x: answer) -> promise;
    await: func(x: guest) -> sandbox;
}
interface two {
    resource thing { constructor(text: string); }
    class: func(x: borrow<thing>) -> option<thing>;
}
world tool {
    import two;
    export one;
    export greet: func() -> string;
}
`,
    'src/main.ts': `import type { Guest } from 'switchboard:guest';
import { class as classOf, Thing as Other } from 'local:demo-tool/two@0.1.0';
class Thing {
  readonly n: number;
  constructor(n: number) { this.n = n; }
  static new(): Thing { return new Thing(1); }
  delete(n: number): number { return n + this.n; }
}
export const one: Guest['one'] = {
  Thing,
  delete: ({ status }) => ({ a: status }),
  await: ({ b }) => ({ c: b }),
};
export const greet: Guest['greet'] = () => String(classOf(new Other('x')) === null);
`,
    'src/as-test.ts': `import { component } from 'switchboard:test';
const { a }: { a: number } = await component.delete({ status: 1 });
export const sum = a + (await component.await({ b: 1 })).c;
`,
  });
  const own = await ports(t);
  await writeDeclarations(await openProject(dir, own), own);
  assert.equal(await checked(dir), '');
});
