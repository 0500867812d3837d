/**
 * Which imports of WASI a script's component has. QuickJS is linked with 20 of them, files and standard streams among
 * them, whatever the script does; componentize-qjs can stub them, and then does so for every interface of the namespace
 * `wasi`, also for those that the world itself imports. So while it works the world's are in a namespace of their own,
 * and get their names back afterwards, in the imports and exports of the outermost component alone.
 */
import { SwitchboardError } from '#core/errors';
import { Cursor } from '../quickjs/wasm-code.ts';

const WORLD = 'switchboard-wasi:';
const OWN = 'switchboard-own:';

/** What the globals of a script use, and its WIT: as much of an interface as is used. */
export const OWN_IMPORTS = {
  'wall-clock': {
    id: 'clocks/wall-clock',
    wit: `record datetime { seconds: u64, nanoseconds: u32 } now: func() -> datetime;`,
  },
  'monotonic-clock': { id: 'clocks/monotonic-clock', wit: 'now: func() -> u64;' },
  random: { id: 'random/random', wit: 'get-random-bytes: func(len: u64) -> list<u8>;' },
} as const;
export type OwnImport = keyof typeof OWN_IMPORTS;

/** WASI 0.2 is one: a host that has a later 0.2 has this. */
const VERSION = '0.2.0';

/** The module that a script imports for an interface, while it is built. */
export const hiddenModule = (id: string): string => (id.startsWith('wasi:') ? WORLD + id.slice(5) : id);

/** Of the interface that a global uses: the world's import of it, or one of its own. `imports` are the world's. */
export function ownModule(name: OwnImport, imports: readonly string[]): string {
  const { id } = OWN_IMPORTS[name];
  const worlds = imports.find((one) => one.startsWith(`wasi:${id}@0.2.`));
  return worlds === undefined ? `${OWN}${id}@${VERSION}` : hiddenModule(worlds);
}

/** The WIT with which a component is made whose script imports these modules. */
export function hiddenWit(whole: string, world: string, modules: readonly string[]): string {
  const hidden = whole.replaceAll(/(?<![a-z0-9-])wasi:(?=[a-z])/g, WORLD);
  const own = Object.values(OWN_IMPORTS).filter(({ id }) => modules.includes(`${OWN}${id}@${VERSION}`));
  if (own.length === 0) return hidden;
  const packages = Map.groupBy(own, ({ id }) => id.slice(0, id.indexOf('/')));
  return [
    withImports(
      hidden,
      world,
      own.map(({ id }) => `${OWN}${id}@${VERSION}`),
    ),
    ...[...packages].map(([name, interfaces]) => {
      const texts = interfaces.map(({ id, wit }) => `interface ${id.slice(name.length + 1)} { ${wit} }`);
      return `package ${OWN}${name}@${VERSION} { ${texts.join(' ')} }`;
    }),
  ].join('\n');
}

/** The WIT with more imports of a world. */
export function withImports(whole: string, world: string, ids: readonly string[]): string {
  const header = new RegExp(`^(\\s*world\\s+%?${world}\\s*\\{)`, 'm');
  return whole.replace(header, (found) => `${found}\n${ids.map((id) => `    import ${id};\n`).join('')}`);
}

const [IMPORT, EXPORT] = [10, 11] as const;

/** The component with the names that its world's WIT has. Errors: `internal` (an encoding that is not known). */
export function withShownNames(component: Uint8Array): Uint8Array {
  const r = new Cursor(component, 8);
  const parts: Uint8Array[] = [component.subarray(0, 8)];
  while (r.pos < component.length) {
    const start = r.pos;
    const id = r.byte();
    const length = r.leb();
    const from = r.pos;
    r.skip(length);
    if (id !== IMPORT && id !== EXPORT) parts.push(component.subarray(start, r.pos));
    else {
      const body = renamed(component.subarray(from, r.pos), id);
      parts.push(Uint8Array.from([id, ...leb(body.length)]), body);
    }
  }
  return Buffer.concat(parts);
}

function renamed(section: Uint8Array, id: typeof IMPORT | typeof EXPORT): Uint8Array {
  const r = new Cursor(section);
  const count = r.leb();
  const parts: Uint8Array[] = [Uint8Array.from(leb(count))];
  for (let i = 0; i < count; i += 1) {
    const form = r.byte();
    if (form > 1) throw new SwitchboardError('internal', `componentize-qjs wrote a name of the unknown form ${form}`);
    const name = Buffer.from(shown(r.name()));
    const from = r.pos;
    if (id === IMPORT) skipType(r);
    else {
      skipSort(r);
      r.leb();
      if (r.byte() === 1) skipType(r);
    }
    parts.push(Uint8Array.from([form, ...leb(name.length)]), name, section.subarray(from, r.pos));
  }
  return Buffer.concat(parts);
}

const shown = (name: string): string =>
  name.startsWith(WORLD)
    ? `wasi:${name.slice(WORLD.length)}`
    : name.startsWith(OWN)
      ? `wasi:${name.slice(OWN.length)}`
      : name;

function skipSort(r: Cursor): void {
  if (r.byte() === 0) r.byte();
}

/** An `externdesc` (component-model, Binary.md). */
function skipType(r: Cursor): void {
  const sort = r.byte();
  if (sort === 0) r.byte();
  if (sort === 2 || sort === 3) {
    const bound = r.byte();
    if (sort === 3 && bound === 1) return;
  }
  r.leb();
}

function leb(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  do {
    bytes.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
    left >>>= 7;
  } while (left > 0);
  return bytes;
}
