/** Reads components without running them: types, names, docs, schemas, limits; and converts values to and from JSON. */
export { checkNames, coreModules, customSections, decodeComponent } from './decode.ts';
export type { CoreExtent, CoreModule } from './core-module.ts';
export type { CustomSection } from './parse.ts';
export { checkSize, LARGEST_COMPONENT } from './preamble.ts';
export { describeComponent } from './describe.ts';
export type { DescribeOptions } from './describe.ts';
export { applyDocs, synthesizeDocs } from './docs.ts';
export type { Docs } from './docs.ts';
export { readWitDocs } from './wit-text.ts';
export { injectDocs, injectPackage, stripDocs } from './inject.ts';
export { rewriteLimits } from './limits.ts';
export type { ModuleLimits } from './limits.ts';
export { camelCase } from './names.ts';
export { argumentsSchema, resultSchema } from './schema.ts';
export { hasResource, typeText, witSignature } from './types.ts';
export { compileArguments } from './coerce-in.ts';
export { compileError, compileResult } from './coerce-out.ts';
export type { Handles, Json } from './coerce-common.ts';
