/** What a build says where compilers are missing, too old or half installed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildProject, type Language } from '#devkit';
import { SwitchboardError } from '#core/errors';
import { wasiAdapter } from '#devkit/quickjs/adapter';
import { newProject, ports, programs } from './projects.ts';

interface Case {
  readonly what: string;
  readonly language: Language;
  /** The only programs of the machine. */
  readonly scripts: { readonly [name: string]: string };
  readonly message: RegExp;
  readonly fix: RegExp;
}

const CASES: readonly Case[] = [
  {
    what: 'no clang',
    language: 'c',
    scripts: {},
    message: /^building C needs clang, which is not in PATH$/,
    fix: /(?:apt-get|brew) install .*lld.*wasi-libc/,
  },
  {
    what: 'clang without its linker',
    language: 'c',
    scripts: { clang: 'exit 1' },
    message: /needs wasm-ld, which is not in PATH/,
    fix: /(?:apt-get|brew) install .*lld/,
  },
  {
    what: 'no cargo',
    language: 'rust',
    scripts: {},
    message: /needs cargo, which is not in PATH/,
    fix: /https:\/\/rustup\.rs/,
  },
  {
    what: 'cargo without rustc',
    language: 'rust',
    scripts: { cargo: 'exit 0' },
    message: /needs rustc/,
    fix: /https:\/\/rustup\.rs/,
  },
  {
    what: 'Rust without the target',
    language: 'rust',
    scripts: { cargo: 'exit 0', rustc: 'echo /nowhere/lib' },
    message: /this Rust has no wasm32-wasip2/,
    fix: /^rustup target add wasm32-wasip2$/,
  },
  {
    what: 'no componentize-py',
    language: 'python',
    scripts: {},
    message: /needs componentize-py, which is not in PATH/,
    fix: /^pip install componentize-py==/,
  },
  {
    what: 'no Go',
    language: 'go',
    scripts: {},
    message: /needs go, which is not in PATH/,
    fix: /https:\/\/go\.dev\/dl/,
  },
  {
    what: 'Go too old',
    language: 'go',
    scripts: { go: 'echo go1.22.3' },
    message: /Go 1\.25 or newer, and this is go1\.22\.3/,
    fix: /https:\/\/go\.dev\/dl/,
  },
  {
    what: 'Go without wit-bindgen',
    language: 'go',
    scripts: { go: 'echo go1.26.1' },
    message: /needs wit-bindgen/,
    fix: /^cargo install wit-bindgen-cli@/,
  },
];

for (const { what, language, scripts, message, fix } of CASES) {
  test(`[devkit.missing] ${what}: build says exactly what to install`, async (t) => {
    const dir = await newProject(t, language);
    const PATH = await programs(t, scripts);
    await assert.rejects(buildProject(dir, await ports(t, { PATH })), { code: 'toolchain-missing', message, fix });
  });
}

test('[devkit.missing] C that uses the library is told where clang has none', async (t) => {
  const dir = await newProject(t, 'c', {
    'src/extra.c': '#include <string.h>\nsize_t n(const char *s) { return strlen(s); }\n',
  });
  const PATH = await programs(t, { clang: 'exit 1', 'wasm-ld': 'exit 1' });
  await assert.rejects(buildProject(dir, await ports(t, { PATH })), {
    code: 'toolchain-missing',
    message: /use the C library, and clang has none for wasm32-wasi/,
    fix: /wasi-libc/,
  });
});

test('[devkit.missing] what C and Go need of the compiler of JavaScript is said where it is installed, and where it cannot be', async (t) => {
  const said: string[] = [];
  const own = { ...(await ports(t)), say: (line: string) => said.push(line) };
  const failing = wasiAdapter('Go', own, undefined, (given) => {
    given.say('installing it (once)');
    throw new SwitchboardError('toolchain-missing', 'installing it needs npm', { fix: 'install npm' });
  });
  await assert.rejects(failing, {
    code: 'toolchain-missing',
    message: 'installing it needs npm; Go needs a file of it, the adapter of WASI',
    fix: 'install npm',
  });
  assert.deepEqual(said, ['installing it (once): Go needs a file of it, the adapter of WASI; 60 MB']);
  assert.ok((await wasiAdapter('Go', own)).length > 10_000);
});
