/** The TypeScript compiler that reads declarations: that of a checkout, else installed when first needed. */
import { createRequire } from 'node:module';
import type { Compiler } from './derive/program.ts';

/** What is installed, by the lock file beside it. */
export const TOOLS = {
  locked: new URL('./toolchain/', import.meta.url),
  name: 'wrap',
  what: 'the compiler that reads declarations',
};

/** Where it is not installed, `install` puts it into the directory it answers with. Errors: `toolchain-missing`. */
export async function loadCompiler(install: () => Promise<string>): Promise<Compiler> {
  const require = createRequire(import.meta.url);
  let file: string;
  try {
    file = require.resolve('typescript-6');
  } catch {
    file = createRequire(`${await install()}/package.json`).resolve('typescript-6');
  }
  const loaded = (await import(file)) as Compiler & { readonly default?: Compiler };
  return loaded.default ?? loaded;
}
