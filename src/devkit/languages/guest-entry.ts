/**
 * The module around a bundled script: it sets the globals that the script uses and QuickJS does not bring, before
 * anything of the script runs, and exports what the world exports, guarded.
 */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'rolldown';
import { callableFunctions, interfaceShortName } from '#core/functions';
import type { ComponentTypes, WitInterface } from '#core/wit-types';
import { placeIn, setPlaces } from '../guest/places.ts';
import { memberName, type Node, variableName, walk } from './ast.ts';
import type { JavaScriptTools } from './javascript-tools.ts';
import { absolute, placesOf, type SourceMap } from './places.ts';
import { hiddenModule, type OwnImport, ownModule } from './wasi-names.ts';

const [ENTRY, GLOBALS] = ['\0switchboard-entry', '\0switchboard-globals'] as const;
/** No `\0`: the bundler makes no map of modules that begin with it. */
const SCRIPT = 'switchboard-script';

/** Stand in the entry for what is known when it is done. */
const [FILES, PLACES] = [/["'`]\$files\$["'`]/, /["'`]\$places\$["'`]/] as const;

/** Each global, the function of guest/globals.ts that sets it, and the imports that this takes. */
const GLOBAL: { readonly [name: string]: { readonly install: string; readonly takes: readonly OwnImport[] } } = {
  Date: { install: 'installDate', takes: ['wall-clock'] },
  performance: { install: 'installPerformance', takes: ['monotonic-clock', 'wall-clock'] },
  'Math.random': { install: 'installMathRandom', takes: ['random'] },
  crypto: { install: 'installCrypto', takes: ['random'] },
};
const FUNCTION: { readonly [name in OwnImport]: string } = {
  'wall-clock': 'now',
  'monotonic-clock': 'now',
  random: 'getRandomBytes',
};
const GLOBAL_OBJECTS = new Set(['globalThis', 'self', 'window', 'global', 'Function']);

const own = (name: string): string =>
  JSON.stringify(fileURLToPath(new URL(`../guest/${name}${extname(import.meta.url)}`, import.meta.url)));

/**
 * Those of the globals above that a bundle uses: as variables, and as members of anything where it has hold of the global
 * object, since `root.Date` says no more. Too many are no harm: clocks and random numbers are for everybody.
 */
export function globalsUsed(program: unknown): string[] {
  const variables = new Set<string>();
  const members = new Set<string>();
  walk(program, (node, parent, member, outer) => {
    const variable = variableName(node, parent, member);
    if (variable !== undefined && !(variable === 'Date' && isTimeless(parent, member, outer))) variables.add(variable);
    const read = memberName(node);
    if (read !== undefined) members.add(read);
  });
  const hasGlobal = [...GLOBAL_OBJECTS].some((name) => variables.has(name));
  const uses = (name: string): boolean => variables.has(name) || (hasGlobal && members.has(name));
  return Object.keys(GLOBAL).filter((name) =>
    name === 'Math.random' ? uses('Math') && members.has('random') : uses(name),
  );
}

/** Whether `Date`, in that place, needs no clock: a date that is given, a comparison with the class. */
function isTimeless(parent: Node | undefined, member: string, outer: Node | undefined): boolean {
  switch (parent?.type) {
    case 'NewExpression': {
      const given = parent['arguments'] as readonly Node[];
      return member === 'callee' && given[0] !== undefined && given[0].type !== 'SpreadElement';
    }
    case 'BinaryExpression':
      return true;
    case 'UnaryExpression':
      return parent['operator'] === 'typeof';
    case 'MemberExpression': {
      const read = memberName(parent) ?? '';
      return (
        member === 'object' &&
        (read === 'prototype' || (/^(?:parse|UTC)$/.test(read) && outer?.type === 'CallExpression'))
      );
    }
    default:
      return false;
  }
}

/** The script as it goes into the component, and the modules that it imports. */
export interface GuestScript {
  readonly source: string;
  readonly imports: readonly string[];
  /** Where in the project's sources a stack of it is. */
  placeIn(stack: string): string;
}

/** A script that is bundled, with the map to its sources. */
export interface Bundled {
  readonly code: string;
  readonly map: SourceMap | undefined;
  /** Nothing may be taken out of it. */
  readonly whole: boolean;
}

/** `dir` is the project's folder, `types` those of its world. */
export async function guestScript(
  script: Bundled,
  dir: string,
  types: ComponentTypes,
  tools: JavaScriptTools,
): Promise<GuestScript> {
  const texts: { readonly [id: string]: string } = {
    [ENTRY]: entryText(types),
    [GLOBALS]: globalsText(globalsUsed(tools.parser.parseAst(script.code)), types),
  };
  const load = (id: string): { code: string; map?: string } | null => {
    if (id === SCRIPT) return { code: script.code, map: JSON.stringify(absolute(script.map, dir)) };
    return texts[id] === undefined ? null : { code: texts[id] };
  };
  const bundler = await tools.rolldown.rolldown({
    cwd: dir,
    input: ENTRY,
    platform: 'neutral',
    treeshake: true,
    logLevel: 'silent',
    plugins: [
      worldModules,
      { name: 'switchboard-entry', resolveId: (id) => (id === SCRIPT || id in texts ? id : null), load },
    ],
  });
  try {
    const { output } = await bundler.generate({
      format: 'esm',
      minify: !script.whole,
      sourcemap: 'hidden',
      codeSplitting: false,
    });
    const [{ code, map, imports }] = output;
    const { files, mappings } = placesOf(map ?? { sources: [], mappings: '' }, dir);
    // Nothing of the script stands behind it: where things are stays as the map says.
    const source = code.replace(PLACES, () => JSON.stringify(mappings)).replace(FILES, () => JSON.stringify(files));
    const place = (stack: string): string => {
      setPlaces(files, mappings);
      return placeIn(stack);
    };
    return { source, imports, placeIn: place };
  } finally {
    await bundler.close();
  }
}

/** An interface as a guest imports it: `wasi:filesystem/types@0.2.6`. */
export const WORLD_MODULE = /^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*\/[a-z0-9-]+(?:@[\w.+-]+)?$/;

/** What the component imports is no module of a bundle. */
export const worldModules: Plugin = {
  name: 'switchboard-world-modules',
  resolveId: { filter: { id: WORLD_MODULE }, handler: (id) => ({ id: hiddenModule(id), external: true }) },
};

function globalsText(used: readonly string[], types: ComponentTypes): string {
  const imports = types.imports.map(({ id }) => id);
  const takes = new Set(used.flatMap((name) => GLOBAL[name]?.takes ?? []));
  const variable = (name: OwnImport): string => name.replace('-', '_');
  return [
    ...[...takes].map(
      (name) => `import { ${FUNCTION[name]} as ${variable(name)} } from '${ownModule(name, imports)}';`,
    ),
    `import * as globals from ${own('globals')};`,
    ...used.map((name) => `globals.${GLOBAL[name]?.install}(${(GLOBAL[name]?.takes ?? []).map(variable).join(', ')});`),
  ].join('\n');
}

function entryText(types: ComponentTypes): string {
  const lines = [
    `import '${GLOBALS}';`,
    `import { guarded, guardedClass, guardedInterface } from ${own('guard')};`,
    `import * as script from '${SCRIPT}';`,
  ];
  const names = new Set<string>();
  // A function may be called as a word of the language is, or as what stands above.
  const add = (name: string, value: string): void => {
    if (!names.has(name)) lines.push(`const $${names.size} = ${value};`, `export { $${names.size} as ${name} };`);
    names.add(name);
  };
  const called = new Set(callableFunctions(types, () => false).map(({ fn }) => fn));
  for (const fn of types.exportedFunctions) {
    const name = camel(fn.name);
    if (called.has(fn) && fn.kind === 'function') add(name, `guarded('${name}', script.${name})`);
  }
  for (const one of types.exports) {
    const name = camel(interfaceShortName(one.id));
    const functions = one.functions.filter(({ kind }) => kind === 'function').map((fn) => camel(fn.name));
    add(
      name,
      `guardedInterface('${name}', script.${name}, ${JSON.stringify(functions)}, ${JSON.stringify(classesOf(one))})`,
    );
  }
  lines.push(`import { setPlaces } from ${own('places')};`, `setPlaces('$files$', '$places$');`);
  return `${lines.join('\n')}\n`;
}

function classesOf({ functions }: WitInterface): { [name: string]: { methods: string[]; statics: string[] } } {
  const classes: { [name: string]: { methods: string[]; statics: string[] } } = {};
  for (const { kind, name, resource } of functions) {
    if (resource === undefined) continue;
    const cls = (classes[pascal(resource)] ??= { methods: [], statics: [] });
    const member = camel(name.replace(/^.*\./, ''));
    if (kind === 'method') cls.methods.push(member);
    if (kind === 'static') cls.statics.push(member);
  }
  return classes;
}

const camel = (name: string): string => name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
const pascal = (name: string): string => camel(name).replace(/^./, (letter) => letter.toUpperCase());
