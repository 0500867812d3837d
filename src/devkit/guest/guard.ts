/** Stands around the functions that a component exports: knows whether one runs, and what one threw. */
import { placeIn } from './places.ts';
import { clearNote, leaveNote } from './trap-note.ts';

type Callee = (this: unknown, ...args: unknown[]) => unknown;
type Class = Callee & { readonly prototype: { [name: string]: unknown } } & { [name: string]: unknown };

let depth = 0;
let called = false;

/** False while the component is built, when the script's top level runs; true from its first call on. */
export const isLive = (): boolean => called;

/** The function, run as a call from outside. `owner` is its `this` where the caller gives none. */
export function guarded(name: string, fn: unknown, owner?: unknown): Callee {
  return function (...args) {
    const self = this ?? owner;
    return run(name, () => {
      if (typeof fn !== 'function') throw complaint(`the script exports no function ${name}`);
      return (fn as Callee).apply(self, args);
    });
  };
}

/** An interface's functions and classes, by their names in the script. */
export function guardedInterface(
  name: string,
  script: unknown,
  functions: readonly string[],
  resources: { readonly [name: string]: { readonly methods: readonly string[]; readonly statics: readonly string[] } },
): { readonly [name: string]: unknown } {
  const own = (script ?? {}) as { readonly [name: string]: unknown };
  const made: { [name: string]: unknown } = {};
  for (const one of functions) made[one] = guarded(`${name}.${one}`, own[one], own);
  for (const [one, { methods, statics }] of Object.entries(resources)) {
    made[one] = guardedClass(one, own[one], methods, statics);
  }
  return made;
}

/** A resource's class: its constructor is replaced, its methods are guarded in place. */
export function guardedClass(
  name: string,
  script: unknown,
  methods: readonly string[],
  statics: readonly string[],
): unknown {
  if (typeof script !== 'function') return script;
  const cls = script as unknown as Class;
  for (const one of methods) {
    const method = cls.prototype[one];
    if (typeof method === 'function') cls.prototype[one] = guarded(`${name}.${one}`, method);
  }
  const made = function (...args: unknown[]): unknown {
    return run(name, () => Reflect.construct(cls, args));
  };
  Object.setPrototypeOf(made, cls);
  made.prototype = cls.prototype;
  const all = made as unknown as { [name: string]: unknown };
  for (const one of statics) all[one] = guarded(`${name}.${one}`, cls[one], cls);
  return made;
}

/** A call inside a call is the guest's own affair: only what leaves the outermost one can end it. */
function run(name: string, work: () => unknown): unknown {
  if (depth > 0) return work();
  called = true;
  depth = 1;
  try {
    clearNote();
    const result = work();
    if (result instanceof Promise) {
      throw complaint(
        `${name} returned a Promise; a function of a component returns its result itself, and nothing goes on after it`,
      );
    }
    return result;
  } catch (thrown) {
    tell(thrown);
    throw thrown;
  } finally {
    depth = 0;
  }
}

/** Of what the script as a whole does: there is no line of it to show. */
function complaint(message: string): TypeError {
  return Object.defineProperty(new TypeError(message), 'stack', { value: '' });
}

function tell(thrown: unknown): void {
  try {
    const said = described(thrown);
    leaveNote(
      said.length > LONGEST ? `${said.slice(0, LONGEST)}…` : said,
      thrown instanceof Error ? whereOf(thrown) : '',
    );
  } catch {
    // What was thrown throws when looked at; the trap goes on without.
  }
}

const LONGEST = 300;

function described(thrown: unknown): string {
  if (thrown instanceof Error) return `${thrown.name}: ${thrown.message}`;
  return `it threw ${typeof thrown === 'object' ? JSON.stringify(thrown) : String(thrown)}`;
}

function whereOf(thrown: Error): string {
  try {
    return placeIn(String(thrown.stack ?? ''));
  } catch {
    return '';
  }
}
