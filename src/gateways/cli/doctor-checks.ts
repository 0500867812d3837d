import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmSync, statfsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { SwitchboardError } from '#core/errors';
import { formatSize } from '#core/limits';
import { homePaths, type HomePaths } from '#home/layout';
import { tryConnect } from '../control/client.ts';
import { readHostFile } from '../control/lock.ts';
import { bundledComponents } from './bundled.ts';
import { safeLine } from './safe.ts';

export interface Check {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  readonly fix?: string;
}

type Finding = Omit<Check, 'name'>;

const OLDEST_NODE = 26;
const LOW_SPACE = 512 * 1024 * 1024;
const NO_SPACE = 16 * 1024 * 1024;

const ok = (detail: string): Finding => ({ status: 'ok', detail });
const warn = (detail: string, fix?: string): Finding => ({
  status: 'warn',
  detail,
  ...(fix === undefined ? {} : { fix }),
});
const fail = (detail: string, fix?: string): Finding => ({
  status: 'fail',
  detail,
  ...(fix === undefined ? {} : { fix }),
});

/** All checks, in order. A check that throws is a `fail` with what was thrown. */
export async function examine(home: string, signal: AbortSignal): Promise<readonly Check[]> {
  const paths = homePaths(home);
  const checks: { readonly [name: string]: () => Finding | Promise<Finding> } = {
    node,
    platform,
    jspi,
    home: () => homeState(paths),
    private: () => modes(paths),
    database: () => database(paths),
    disk: () => disk(paths),
    cache: () => cache(paths),
    host: () => hostState(paths, signal),
    bundled,
  };
  const found: Check[] = [];
  for (const [name, check] of Object.entries(checks)) found.push({ name, ...(await attempt(check)) });
  return found;
}

async function attempt(check: () => Finding | Promise<Finding>): Promise<Finding> {
  try {
    return await check();
  } catch (error) {
    return fail(safeLine((error as Error).message), error instanceof SwitchboardError ? error.fix : undefined);
  }
}

function node(): Finding {
  const version = process.versions.node;
  if (Number.parseInt(version, 10) >= OLDEST_NODE) return ok(`Node ${version}`);
  return fail(`Node ${version} is older than ${OLDEST_NODE}`, 'start through ./switchboard, which brings Node 26');
}

function platform(): Finding {
  const name = `${process.platform} ${process.arch}`;
  return process.platform === 'linux' || process.platform === 'darwin' ? ok(name) : fail(`${name} is not supported`);
}

function jspi(): Finding {
  if ('Suspending' in WebAssembly) return ok('WebAssembly can wait for the host');
  return fail('this Node has no JavaScript Promise Integration', 'use Node 26 without --no-experimental-wasm-jspi');
}

function homeState(paths: HomePaths): Finding {
  if (!existsSync(paths.home)) return ok(`${paths.home} is made when it is first used`);
  if (!statSync(paths.home).isDirectory()) return fail(`${paths.home} is not a directory`, 'name another with --home');
  accessSync(paths.home, constants.R_OK | constants.W_OK | constants.X_OK);
  const version = existsSync(paths.version) ? readFileSync(paths.version, 'utf8').trim() : undefined;
  return ok(version === undefined ? `${paths.home}, not used yet` : `${paths.home}, version ${safeLine(version)}`);
}

function modes(paths: HomePaths): Finding {
  const open = [paths.home, paths.database, paths.token, paths.components, paths.cache, paths.logs].filter(
    (path) => ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0,
  );
  if (open.length === 0) return ok('nobody else can read the home');
  return warn(`others may read ${open.join(', ')}`, `chmod -R go= ${paths.home}`);
}

async function database(paths: HomePaths): Promise<Finding> {
  if (!existsSync(paths.database)) return ok('none yet');
  const { DatabaseSync } = await import('node:sqlite');
  const kept = `the file is kept; move it away to start anew: mv ${paths.database} ${paths.database}.damaged`;
  try {
    const db = new DatabaseSync(paths.database, { readOnly: true, timeout: 2_000 });
    try {
      const result = Object.values(db.prepare('PRAGMA quick_check(1)').get() ?? {})[0];
      return result === 'ok' ? ok('whole') : fail(`damaged: ${safeLine(String(result))}`, kept);
    } finally {
      db.close();
    }
  } catch (error) {
    return fail(`cannot be read: ${safeLine((error as Error).message)}`, kept);
  }
}

function disk(paths: HomePaths): Finding {
  let place = paths.home;
  while (!existsSync(place)) place = dirname(place);
  const { bavail, bsize } = statfsSync(place);
  const free = bavail * bsize;
  const detail = `${formatSize(free)} free at ${place}`;
  if (free < NO_SPACE) return fail(detail, 'free some space');
  return free < LOW_SPACE ? warn(detail, 'free some space') : ok(detail);
}

function cache(paths: HomePaths): Finding {
  const place = existsSync(paths.cache) ? paths.cache : existsSync(paths.home) ? paths.home : tmpdir();
  const probe = mkdtempSync(join(place, '.doctor-'));
  rmSync(probe, { recursive: true });
  return ok(place === paths.cache ? 'can be written' : 'none yet');
}

async function hostState(paths: HomePaths, signal: AbortSignal): Promise<Finding> {
  const running = existsSync(paths.home) ? await tryConnect(paths.home, { signal }) : undefined;
  if (!running) {
    const left = readHostFile(paths.home);
    return ok(left ? `none runs; process ${left.pid} ended without tidying up, which does no harm` : 'none runs');
  }
  try {
    const status = await running.status();
    return ok(
      `process ${status.pid}, ${formatSize(status.rss)}, ${status.cells} cells, ${status.callsMade} calls made`,
    );
  } finally {
    await running.close();
  }
}

function bundled(): Finding {
  const found = bundledComponents();
  if (found.length === 0) return warn('the bundled components are not built', 'node scripts/build-components.ts');
  return ok(found.map((component) => component.reference).join(', '));
}
