import type { Dialect } from './clients.ts';
import { jsonSyntax } from './jsonc.ts';
import type { Syntax } from './syntax-types.ts';
import { tomlSyntax } from './toml.ts';

export const SYNTAX: { readonly [K in Dialect]: Syntax } = {
  json: jsonSyntax(false),
  jsonc: jsonSyntax(true),
  toml: tomlSyntax,
};
