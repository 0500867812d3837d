/** Instantiates a component with jco alone, without anything of Switchboard: what guests are checked with. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Imports by interface id without version, as jco's generated code wants them. */
export type DirectImports = { readonly [interfaceId: string]: { readonly [member: string]: unknown } };

/** What only the test that calls it knows the types of. */
// oxlint-disable-next-line typescript/no-explicit-any
export type DirectExports = any;

type Instantiate = (getCoreModule: (name: string) => WebAssembly.Module, imports: DirectImports) => DirectExports;

/** Transpiles once; the function returned makes a new instance each time. Errors of calls are thrown as their bare value. */
export async function direct(bytes: Uint8Array): Promise<(imports?: DirectImports) => DirectExports> {
  const { generate, $init } = await import('#jco');
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
  });
  const modules = new Map(
    files
      .filter(([name]) => name.endsWith('.wasm'))
      .map(([name, wasm]) => [name, new WebAssembly.Module(new Uint8Array(wasm))]),
  );
  const script = files.find(([name]) => name.endsWith('.js'))?.[1];
  if (!script) throw new Error('jco generated no script');
  const { instantiate } = await importCode(script);
  return (imports = {}) => instantiate((name) => modules.get(name) as WebAssembly.Module, imports);
}

async function importCode(script: Uint8Array): Promise<{ instantiate: Instantiate }> {
  const dir = await mkdtemp(join(tmpdir(), 'direct-'));
  try {
    await writeFile(join(dir, 'component.mjs'), script);
    return (await import(pathToFileURL(join(dir, 'component.mjs')).href)) as { instantiate: Instantiate };
  } finally {
    await rm(dir, { recursive: true });
  }
}
