import { readFileSync } from 'node:fs';
import { SwitchboardError } from '#core/errors';
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
