/**
 * Holds the direction of the rooms under src/: core <- wit, engine, services, home, … <- host <- gateways.
 * `node scripts/check-rooms.ts [root]` prints each import against it and exits 1.
 */
import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { type SourceFacts, sourceFacts } from './source-imports.ts';
import { sourceFiles } from './source-files.ts';

export interface Violation {
  /** Relative to the checkout. */
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** What rooms other than those named here may import: core alone. */
const ORDINARY: readonly string[] = ['core'];
const ALLOWED: { readonly [room: string]: readonly string[] } = {
  core: [],
  engine: ['core', 'wit'],
  env: [],
  index: ['core', 'host', 'gateways'],
};

/** Every violation of the rooms' direction in the files under `root`/src. Unit tests are free to import anything. */
export function checkRooms(root: string): readonly Violation[] {
  const rooms = new Set<string>();
  const files = sourceFiles(root).filter((file) => !file.endsWith('.test.ts'));
  for (const file of files) rooms.add(roomOf(file));
  return files.flatMap((file) => checkFile(root, file, rooms));
}

function checkFile(root: string, file: string, rooms: ReadonlySet<string>): Violation[] {
  let facts: SourceFacts;
  try {
    facts = sourceFacts(file, readFileSync(join(root, file), 'utf8'));
  } catch (error) {
    return [{ file, line: 1, message: `cannot be parsed: ${String(error)}` }];
  }
  const found: Violation[] = [];
  for (const { specifier, line } of facts.imports) {
    const message = judge(file, specifier, rooms);
    if (message !== undefined) found.push({ file, line, message: `${message} (imports ${specifier})` });
  }
  if (roomOf(file) !== 'env') {
    for (const line of facts.environment) {
      found.push({ file, line, message: 'only src/env.ts reads the environment' });
    }
  }
  return found;
}

/** `src/wit/x.ts` is of the room `wit`, `src/env.ts` of `env`. */
function roomOf(file: string): string {
  return file.replace(/^src\//, '').replace(/(\/.*|\.ts)$/, '');
}

function judge(file: string, specifier: string, rooms: ReadonlySet<string>): string | undefined {
  const room = roomOf(file);
  if (specifier.startsWith('.')) return judgeRelative(file, room, specifier);
  if (specifier.startsWith('#')) {
    const target = specifier.slice(1).replace(/\/.*$/, '');
    if (target === 'test' || target === 'bench') return 'nothing in src imports tests or benchmarks';
    if (!rooms.has(target)) return undefined;
    if (target === room && room !== 'gateways') return 'inside a room imports are relative';
    return mayImport(room, target) ? undefined : `${room} may not import ${target}`;
  }
  if (room !== 'core') return undefined;
  const builtin = specifier.startsWith('node:') || builtinModules.includes(specifier);
  return builtin ? 'core is pure: it imports no part of Node' : 'core is pure: it imports no package';
}

function judgeRelative(file: string, room: string, specifier: string): string | undefined {
  const target = normalize(join(dirname(file), specifier));
  if (/^(test|bench)\//.test(target)) return 'nothing in src imports tests or benchmarks';
  if (!target.startsWith('src/') || target.endsWith('.json')) return undefined;
  const other = roomOf(target);
  if (other === room) return undefined;
  if (other === 'env') {
    return room === 'host' || room === 'gateways' ? undefined : 'only host and gateways import src/env.ts';
  }
  if (!mayImport(room, other)) return `${room} may not import ${other}`;
  return room === 'index' ? undefined : 'between rooms imports go through the import map';
}

function mayImport(room: string, target: string): boolean {
  if (room === 'gateways') return target !== 'index';
  if (room === 'host') return target !== 'gateways' && target !== 'index';
  return (ALLOWED[room] ?? ORDINARY).includes(target);
}

if (import.meta.main) {
  const violations = checkRooms(process.argv[2] ?? join(import.meta.dirname, '..'));
  for (const { file, line, message } of violations) console.error(`${file}:${line}: ${message}`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}
