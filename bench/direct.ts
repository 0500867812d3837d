/** jco alone, in this thread, its generated code as it comes: the floor of running a component in JavaScript. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { generate, $init } from '#jco';

type Callee = (...args: unknown[]) => unknown;
export type DirectInstance = { readonly [name: string]: Callee };
type Imports = { readonly [interfaceId: string]: { readonly [member: string]: unknown } };
type Instantiate = (getCoreModule: (name: string) => WebAssembly.Module, imports: Imports) => DirectInstance;

/** Names of imports and exports, in the component's own spelling, that suspend (JSPI). */
export interface Suspending {
  readonly imports: string[];
  readonly exports: string[];
}

/** Transpiles and compiles once. The function it gives makes a new instance at each call. */
export async function direct(
  bytes: Uint8Array,
  options: { readonly imports?: Imports; readonly suspending?: Suspending } = {},
): Promise<() => DirectInstance> {
  await $init;
  const { files } = generate(bytes, {
    name: 'component',
    noTypescript: true,
    instantiation: { tag: 'sync' },
    map: [],
    noNodejsCompat: true,
    base64Cutoff: 0,
    tlaCompat: false,
    validLiftingOptimization: false,
    noComponentErrorWrapping: true,
    noNamespacedExports: false,
    ...(options.suspending ? { asyncMode: { tag: 'jspi', val: options.suspending } } : {}),
  });
  const modules = new Map<string, WebAssembly.Module>();
  let script = new Uint8Array();
  for (const [name, content] of files) {
    if (name.endsWith('.wasm')) modules.set(name, await WebAssembly.compile(new Uint8Array(content)));
    else if (name.endsWith('.js')) script = new Uint8Array(content);
  }
  const instantiate = await importCode(script);
  const moduleOf = (name: string): WebAssembly.Module => modules.get(name) as WebAssembly.Module;
  return () => instantiate(moduleOf, options.imports ?? {});
}

async function importCode(script: Uint8Array): Promise<Instantiate> {
  const dir = await mkdtemp(join(tmpdir(), 'switchboard-bench-jco-'));
  try {
    const file = join(dir, 'component.mjs');
    await writeFile(file, script);
    return ((await import(pathToFileURL(file).href)) as { instantiate: Instantiate }).instantiate;
  } finally {
    await rm(dir, { recursive: true });
  }
}
