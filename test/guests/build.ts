/**
 * Components for tests. Each folder here with a `world.wit` is a guest, in C (`guest.c`), in core WAT
 * (`core.wat`) or in TypeScript (`src/main.ts`). Built when first asked for, kept in `.cache/guests` under a
 * hash of everything that went in, so that concurrent test processes may ask for the same one.
 */
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { buildComponent } from '../../scripts/build-components.ts';

const GUESTS = import.meta.dirname;
const ROOT = dirname(dirname(GUESTS));
const CACHE = join(ROOT, '.cache', 'guests');

const CLANG_FLAGS = [
  '--target=wasm32-unknown-unknown',
  '-std=c11',
  '-O2',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-ffreestanding',
  '-nostdlib',
  '-mbulk-memory',
  '-Wl,--no-entry',
  '-Wl,--stack-first',
  '-Wl,-z,stack-size=16384',
  '-Wl,--strip-all',
];

export interface Guest {
  /** The component's file. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Gives the guest of that name, building it if needed. Fails with what the compiler said. */
export async function guest(name: string): Promise<Guest> {
  const dir = join(GUESTS, name);
  if (!existsSync(join(dir, 'world.wit'))) throw new Error(`there is no guest ${name} in test/guests`);
  await mkdir(CACHE, { recursive: true });
  if (existsSync(join(dir, 'src', 'main.ts'))) {
    const out = join(CACHE, `${name}.wasm`);
    await buildComponent({ dir, out });
    return { path: out, bytes: await readFile(out) };
  }
  const path = join(CACHE, `${name}-${await inputsHash(dir)}.wasm`);
  if (!existsSync(path)) await writeAtomic(path, await buildCore(dir));
  return { path, bytes: await readFile(path) };
}

/** A component from its text format, as in `test/runtime/<case>/<file>.wat`. */
export async function fromWat(file: string): Promise<Uint8Array> {
  const { parse } = await import('@bytecodealliance/jco-transpile/wasm-tools');
  return parse(await readFile(file, 'utf8'));
}

/** Wraps a core module whose exports follow the canonical ABI as a component of the world in `wit`. */
export async function componentOf(core: Uint8Array, wit: string): Promise<Uint8Array> {
  const { componentEmbed, componentNew } = await import('@bytecodealliance/jco-transpile/wasm-tools');
  return componentNew(await componentEmbed({ binary: core, witSource: wit }));
}

async function buildCore(dir: string): Promise<Uint8Array> {
  const wit = await worldSource(dir);
  const core = existsSync(join(dir, 'guest.c'))
    ? await compileC(join(dir, 'guest.c'))
    : await fromWat(join(dir, 'core.wat'));
  return componentOf(core, wit);
}

async function compileC(source: string): Promise<Uint8Array> {
  const out = join(CACHE, `core-${randomUUID()}.tmp`);
  try {
    await promisify(execFile)('clang', [...CLANG_FLAGS, '-o', out, source]);
    return await readFile(out);
  } finally {
    await rm(out, { force: true });
  }
}

/** The guest's world and all packages it may use, as one source: a package in braces can stand beside others. */
async function worldSource(dir: string): Promise<string> {
  const parts = [await readFile(join(dir, 'world.wit'), 'utf8')];
  for (const file of await witFiles()) {
    const text = await readFile(file, 'utf8');
    const [header = '', name = ''] = /^package ([^;]+);/m.exec(text) ?? [];
    if (name === '') throw new Error(`${file} does not say its package`);
    const docs = text.slice(0, text.indexOf(header));
    parts.push(`${docs}package ${name} {\n${text.slice(docs.length + header.length)}\n}`);
  }
  return parts.join('\n');
}

async function witFiles(): Promise<string[]> {
  const deps = join(GUESTS, 'wit', 'deps');
  return [join(ROOT, 'wit', 'host.wit'), ...(await readdir(deps)).sort().map((name) => join(deps, name))];
}

async function inputsHash(dir: string): Promise<string> {
  const files = [join(GUESTS, 'guest.h'), join(GUESTS, 'services.h'), import.meta.filename, ...(await witFiles())];
  for (const name of (await readdir(dir)).sort()) files.push(join(dir, name));
  const hash = createHash('sha256');
  for (const file of files) hash.update(await readFile(file)).update('\0');
  return hash.digest('hex').slice(0, 32);
}

async function writeAtomic(file: string, data: Uint8Array): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`;
  await writeFile(temporary, data);
  await rename(temporary, file);
}
