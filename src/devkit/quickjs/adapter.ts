import { readFileSync } from 'node:fs';
import { SwitchboardError, toSwitchboardError } from '#core/errors';
import { type JavaScriptTools, javaScriptTools } from '../languages/javascript-tools.ts';
import type { DevkitPorts } from '../ports.ts';
import { bindingFile, modulesIn } from './runtime.ts';

/**
 * What makes a module of WASI preview 1 a component of preview 2: wasmtime's reactor adapter. componentize-qjs carries
 * it, and it stands before any of its runtimes. Errors: `internal`.
 */
export function previewOneAdapter(require: NodeJS.Require): Uint8Array {
  for (const module of modulesIn(readFileSync(bindingFile(require)))) {
    const text = Buffer.from(module.buffer, module.byteOffset, module.length);
    if (text.includes('reset_adapter_state') && text.includes('__main_module__')) return Uint8Array.from(module);
  }
  throw new SwitchboardError('internal', 'the adapter of WASI preview 1 is not where it is expected');
}

/**
 * The adapter for a compiler other than QuickJS's, which `what` names: it comes with the compiler of TypeScript and
 * JavaScript, which is installed for it. Errors: `toolchain-missing`, which says so; `cancelled`, `internal`.
 */
export async function wasiAdapter(
  what: string,
  ports: DevkitPorts,
  signal?: AbortSignal,
  load: (ports: DevkitPorts, signal?: AbortSignal) => Promise<Pick<JavaScriptTools, 'require'>> = javaScriptTools,
): Promise<Uint8Array> {
  const why = `${what} needs a file of it, the adapter of WASI`;
  try {
    const say = (line: string): void => ports.say(`${line}: ${why}; 60 MB`);
    return previewOneAdapter((await load({ ...ports, say }, signal)).require);
  } catch (thrown) {
    const { code, message, fix, data } = toSwitchboardError(thrown);
    if (code !== 'toolchain-missing') throw thrown;
    throw new SwitchboardError(code, `${message}; ${why}`, {
      ...(fix === undefined ? {} : { fix }),
      ...(data === undefined ? {} : { data }),
      cause: thrown,
    });
  }
}
