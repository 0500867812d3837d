import type { ComponentTypes } from '#core/wit-types';
import { applyDocs, docsOf } from './docs.ts';
import { evaluate } from './evaluate.ts';
import { guarded } from './guard.ts';
import { Budget } from './model.ts';
import { packageOf } from './inject.ts';
import { parseComponent } from './parse.ts';
import type { CustomSection, ParsedComponent } from './parse.ts';
import type { CoreModule } from './core-module.ts';
import { buildTypes } from './table.ts';

/**
 * Reads a component's types from the sections of its binary; nothing of it runs. Every name that could
 * reach generated JavaScript is checked on the way. Docs and package name come from custom sections.
 * Throws `too-large`, `not-wasm`, `not-a-component`, `invalid-component` (with the byte offset),
 * `unsupported-component`, `hostile-name`; never anything else. Time and memory are bounded by the
 * size of the input, whatever it nests.
 */
export function decodeComponent(bytes: Uint8Array): ComponentTypes {
  return guarded(() => {
    const parsed = parseComponent(bytes);
    return typesOf(parsed);
  });
}

function typesOf(parsed: ParsedComponent): ComponentTypes {
  const budget = new Budget();
  const types = buildTypes(evaluate(parsed.items, budget), budget);
  const name = packageOf(parsed.custom);
  return applyDocs(name === undefined ? types : { ...types, package: name }, docsOf(parsed.custom));
}

/** Checks every name of a component, core modules included. Throws what `decodeComponent` throws. */
export function checkNames(bytes: Uint8Array): void {
  guarded(() => parseComponent(bytes));
}

/** The core modules of a component, at any depth, with their memories and tables. */
export function coreModules(bytes: Uint8Array): readonly CoreModule[] {
  return guarded(() => parseComponent(bytes).modules);
}

/** The custom sections of the outermost component. */
export function customSections(bytes: Uint8Array): readonly CustomSection[] {
  return guarded(() => parseComponent(bytes).custom);
}
