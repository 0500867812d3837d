/**
 * The bundler and the QuickJS compiler. Together they are 60 MB for one machine, as much as the rest of Switchboard, and who
 * only runs components never needs them: they are installed when first used, at exact versions with the checksums of a
 * lock file that Switchboard carries, next to the home. In a checkout they are there already.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createHash, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type * as QuickJs from 'componentize-qjs';
import type * as Rolldown from 'rolldown';
import type * as Parser from 'rolldown/parseAst';
import { SwitchboardError } from '#core/errors';
import type { DevkitPorts } from '../ports.ts';
import { needProgram, runTool } from '../toolchain.ts';

export interface JavaScriptTools {
  readonly rolldown: typeof Rolldown;
  readonly parser: typeof Parser;
  readonly quickjs: typeof QuickJs;
  readonly require: NodeJS.Require;
}

/** Versions and checksums of what is installed. */
const LOCKED = new URL('../toolchain/', import.meta.url);
const FILES = ['package.json', 'package-lock.json'];
const FIX = 'install Node with npm (https://nodejs.org), then build again';

/** Not `ci`, which refuses a lock file that lacks the binaries of some platform. Checksums are held to all the same. */
const INSTALL = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];

let loaded: Promise<JavaScriptTools> | undefined;

/** Loads them, after installing them where they are not. Errors: `toolchain-missing`, `cancelled`. */
export function javaScriptTools(ports: DevkitPorts, signal?: AbortSignal): Promise<JavaScriptTools> {
  loaded ??= load(ports, signal).catch((error: unknown) => {
    loaded = undefined;
    throw error;
  });
  return loaded;
}

async function load(ports: DevkitPorts, signal?: AbortSignal): Promise<JavaScriptTools> {
  const require = ownRequire() ?? createRequire(join(await installJavaScript(ports, signal), 'package.json'));
  const importFrom = async <T>(name: string): Promise<T> =>
    (await import(pathToFileURL(require.resolve(name)).href)) as T;
  const [rolldown, parser, quickjs] = await Promise.all([
    importFrom<typeof Rolldown>('rolldown'),
    importFrom<typeof Parser>('rolldown/parseAst'),
    importFrom<typeof QuickJs>('componentize-qjs'),
  ]);
  return { rolldown, parser, quickjs, require };
}

/** Of a checkout, or where whoever installed Switchboard installed them beside it, at the versions wanted. */
function ownRequire(): NodeJS.Require | undefined {
  const require = createRequire(import.meta.url);
  const { dependencies } = JSON.parse(readFileSync(new URL('package.json', LOCKED), 'utf8')) as {
    readonly dependencies: { readonly [name: string]: string };
  };
  for (const [name, version] of Object.entries(dependencies)) {
    const file = require.resolve
      .paths(name)
      ?.map((dir) => join(dir, name, 'package.json'))
      .find(existsSync);
    if (file === undefined) return undefined;
    if ((JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version !== version) return undefined;
  }
  return require;
}

/**
 * Installs them below `ports.toolchains` unless they are there, and gives the directory with their `node_modules`. Two
 * processes that install at once do no harm: the first to finish counts. Errors: `toolchain-missing`, `cancelled`.
 */
export function installJavaScript(ports: DevkitPorts, signal?: AbortSignal): Promise<string> {
  const what = 'the compiler of TypeScript and JavaScript';
  return installLocked(ports, { locked: LOCKED, name: 'javascript', what }, signal);
}

export interface LockedTools {
  /** The directory with their package.json and package-lock.json. */
  readonly locked: URL;
  /** Of the directory they are put into. */
  readonly name: string;
  /** For people. */
  readonly what: string;
}

/** The same for any tools with a lock file. Errors: `toolchain-missing`, `cancelled`. */
export async function installLocked(
  ports: Pick<DevkitPorts, 'toolchains' | 'environment' | 'say'>,
  { locked, name: folder, what }: LockedTools,
  signal?: AbortSignal,
): Promise<string> {
  const lock = readFileSync(new URL('package-lock.json', locked));
  const key = createHash('sha256')
    .update(lock)
    .update(`${process.platform} ${process.arch}`)
    .digest('hex')
    .slice(0, 16);
  const dir = join(ports.toolchains, `${folder}-${key}`);
  if (existsSync(dir)) return dir;
  const npm = needProgram('npm', ports.environment, `installing ${what}`, FIX);
  ports.say(`installing ${what} (once)`);
  const unfinished = `${dir}.${randomUUID()}.tmp`;
  try {
    mkdirSync(unfinished, { recursive: true, mode: 0o700 });
    for (const name of FILES) cpSync(fileURLToPath(new URL(name, locked)), join(unfinished, name));
    await runTool(npm, INSTALL, { cwd: unfinished, environment: ports.environment, signal });
    const left = missingBinaries(unfinished);
    if (left.length > 0) {
      const args = [...INSTALL, '--no-save', '--force', ...left];
      await runTool(npm, args, { cwd: unfinished, environment: ports.environment, signal });
    }
    if (!existsSync(dir)) renameSync(unfinished, dir);
  } catch (cause) {
    if (cause instanceof SwitchboardError && cause.code === 'cancelled') throw cause;
    throw new SwitchboardError(
      'toolchain-missing',
      `the compiler could not be installed: ${(cause as Error).message}`,
      {
        fix: 'check the network and that npm works, then build again',
        cause,
      },
    );
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return dir;
}

/** Those for this machine that a registry's mirror kept out of the lock file, as `name@version`. */
function missingBinaries(dir: string): string[] {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  const libc =
    process.platform === 'linux' ? (report.header?.glibcVersionRuntime === undefined ? '-musl' : '-gnu') : '';
  const ending = `-${process.platform}-${process.arch}${libc}`;
  const { packages } = JSON.parse(readFileSync(join(dir, 'package-lock.json'), 'utf8')) as {
    readonly packages: {
      readonly [path: string]: { readonly optionalDependencies?: { readonly [name: string]: string } };
    };
  };
  return Object.values(packages)
    .flatMap(({ optionalDependencies = {} }) => Object.entries(optionalDependencies))
    .filter(([name]) => name.endsWith(ending) && !existsSync(join(dir, 'node_modules', name)))
    .map(([name, version]) => `${name}@${version}`);
}
