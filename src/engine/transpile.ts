import { Script } from 'node:vm';
import { SwitchboardError } from '#core';
import type { Artifact } from './artifact.ts';
import { patchGenerated } from './patch.ts';
import { refuseTakenNames } from './taken-names.ts';
import { stripDocs } from '#wit/inject';

/** What transpiling needs to know of a component beyond its bytes; from its decoded types. */
export interface TranspileOptions {
  /** Imports of this component that may suspend, as `wasi:io/poll#poll`; empty: the component runs without JSPI. */
  readonly suspending: readonly string[];
  /** Imports of this component that see its memory: `ServiceSet.borrowing`. */
  readonly borrowing?: readonly string[];
  /** All exported functions as `demo:text/api@1.0.0#analyze` or `analyze`. */
  readonly exports: readonly string[];
  /** Imported interfaces of WASI 0.3, as `wasi:cli/stdout@0.3.2`: they are not those of 0.2 of the same name. */
  readonly later?: readonly string[];
  /** The component runs tasks of WASI 0.3. */
  readonly concurrent?: boolean;
}

/**
 * Component bytes to an artifact, by jco. CPU-bound for 0.1 to 0.5 s, and runs a parser over a stranger's bytes:
 * called in the transpiler's own worker. Errors: `invalid-component` with jco's message.
 */
export async function transpile(bytes: Uint8Array, options: TranspileOptions): Promise<Artifact> {
  refuseTakenNames(options.exports);
  const { generate, $init } = await import('#jco');
  await $init;
  const suspends = options.suspending.length > 0;
  let generated: ReturnType<typeof generate>;
  try {
    // jco looks for the world that the docs section describes by a name that the binary does not keep, and fails.
    generated = generate(stripDocs(bytes), {
      name: 'component',
      noTypescript: true,
      instantiation: { tag: 'sync' },
      map: (options.later ?? []).map((id) => [id, laterKey(id)]),
      noNodejsCompat: true,
      base64Cutoff: 0,
      tlaCompat: false,
      validLiftingOptimization: false,
      noComponentErrorWrapping: true,
      noNamespacedExports: false,
      ...(suspends ? { asyncMode: { tag: 'jspi', val: asyncNames(options) } } : {}),
    });
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    if (thrown instanceof WebAssembly.RuntimeError) {
      const cause = 'a word of one letter or in upper case in the name of a world-level export is a known cause';
      throw new SwitchboardError('unsupported-component', `the transpiler gave the component up; ${cause}`);
    }
    throw new SwitchboardError('invalid-component', `the component is not valid: ${firstLine(reason)}`, {
      cause: thrown,
    });
  }
  const script = generated.files.find(([name]) => name.endsWith('.js'));
  if (!script) throw new SwitchboardError('engine-failed', 'the transpiler generated no code');
  const source = Buffer.from(script[1]).toString('utf8');
  const modules = generated.files
    .filter(([name]) => name.endsWith('.wasm'))
    .map(([name, wasm]) => ({ name, bytes: new Uint8Array(wasm), instances: countInstances(source, name) }));
  const code = patchGenerated(source, options.borrowing, options.concurrent);
  checkSyntax(code);
  return { code, modules, suspends: suspends || options.concurrent === true };
}

/** Code that does not parse is found now, not by the first caller. Nothing of it runs. */
function checkSyntax(code: string): void {
  try {
    new Script(code);
  } catch (cause) {
    throw new SwitchboardError('engine-failed', `the transpiler generated code that does not parse: ${String(cause)}`, {
      cause,
    });
  }
}

// A promising constructor would hand out a promise where JavaScript must hand out an object: a constructor that waits traps.
function asyncNames(options: TranspileOptions): { imports: string[]; exports: string[] } {
  return {
    imports: [...options.suspending],
    exports: options.exports.filter((name) => !name.includes('[constructor]')),
  };
}

/** The key of an interface of WASI 0.3 among the services: `wasi:cli/stdout@0.3`. */
const laterKey = (id: string): string => id.replace(/@.*$/, '@0.3');

function countInstances(source: string, name: string): number {
  const bound = new RegExp(`const (module\\d+) = getCoreModule\\('${name.replaceAll('.', '\\.')}'\\)`).exec(source);
  if (!bound?.[1]) throw new SwitchboardError('engine-failed', `the transpiler never loads ${name}`);
  return source.match(new RegExp(`instantiateCore\\(${bound[1]}\\b`, 'g'))?.length ?? 0;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]?.slice(0, 300) ?? '';
}
