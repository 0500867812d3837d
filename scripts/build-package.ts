/**
 * Makes what npm publishes: compiled code with types in dist/, because Node strips no types under
 * node_modules, and the bundled components in components/dist. Both lie in the package as in the
 * checkout: dist/ is to it what src/ is here, so that paths relative to a file hold in both.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundledNames } from './build-components.ts';

const ROOT = join(import.meta.dirname, '..');

/** Where the vendored bindgen lies in dist/. jco-transpile brings more than 100 MB of which 4 MB are used. */
const JCO = { name: '@bytecodealliance/jco-transpile', file: 'js-component-bindgen-component', to: 'vendor/jco' };
/** What of it makes components, for the development kit. */
const TOOLS = 'vendor/wasm-tools';
/** What the development kit reads beside its code. */
const DEVKIT = ['devkit/templates', 'devkit/toolchain', 'wrap/templates', 'wrap/toolchain'];

type ImportMap = { readonly [specifier: string]: string };

/** The import map of dist/package.json: that of the checkout, for the compiled files. */
export function compiledImports(imports: ImportMap): ImportMap {
  const compiled: { [specifier: string]: string } = {};
  for (const [specifier, target] of Object.entries(imports)) {
    if (specifier === '#wasm-tools') compiled[specifier] = `./${TOOLS}/dist/wasm-tools.js`;
    else if (specifier === '#jco') compiled[specifier] = `./${JCO.to}/${JCO.file}.js`;
    else if (target.startsWith('./src/')) compiled[specifier] = target.replace(/^\.\/src/, '.').replace(/\.ts$/, '.js');
    else if (!target.startsWith('./')) compiled[specifier] = target;
  }
  return compiled;
}

async function buildPackage(): Promise<void> {
  const { imports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { imports: ImportMap };
  for (const name of await bundledNames()) {
    if (!existsSync(join(ROOT, `components/dist/${name}.wasm`))) {
      throw new Error(`components/dist/${name}.wasm is missing; node scripts/build-components.ts makes it`);
    }
  }
  const out = join(ROOT, '.cache', `dist.${process.pid}`);
  try {
    execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', out], {
      cwd: ROOT,
      stdio: 'inherit',
    });
    vendorJco(join(out, JCO.to));
    vendorTools(join(out, TOOLS));
    for (const folder of DEVKIT) cpSync(join(ROOT, 'src', folder), join(out, folder), { recursive: true });
    const manifest = { type: 'module', imports: compiledImports(imports) };
    writeFileSync(join(out, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
    chmodSync(join(out, 'gateways/cli/main.js'), 0o755);
    rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
    renameSync(out, join(ROOT, 'dist'));
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/** Copies the bindgen, what it loads and its licence; it finds preview2-shim among the package's dependencies. */
function vendorJco(to: string): void {
  const from = dirname(dirname(fileURLToPath(import.meta.resolve(`${JCO.name}/component`))));
  mkdirSync(to, { recursive: true });
  for (const ending of ['.js', '.core.wasm', '.core2.wasm', '.d.ts']) {
    cpSync(join(from, `vendor/${JCO.file}${ending}`), join(to, `${JCO.file}${ending}`));
  }
  cpSync(join(from, 'vendor/interfaces'), join(to, 'interfaces'), { recursive: true });
  cpSync(join(from, 'LICENSE'), join(to, 'LICENSE'));
}

function vendorTools(to: string): void {
  const from = dirname(dirname(fileURLToPath(import.meta.resolve(`${JCO.name}/component`))));
  for (const file of [
    'dist/wasm-tools.js',
    'LICENSE',
    ...['.js', '.core.wasm', '.core2.wasm'].map((ending) => `vendor/wasm-tools${ending}`),
  ]) {
    mkdirSync(dirname(join(to, file)), { recursive: true });
    cpSync(join(from, file), join(to, file));
  }
}

if (import.meta.main) await buildPackage();
