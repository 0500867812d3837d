/** What a TypeScript file imports and whether it reads the environment, from its syntax tree. */
import { parseSync } from 'rolldown/utils';

export interface SourceImport {
  readonly specifier: string;
  /** 1-based. */
  readonly line: number;
}

export interface SourceFacts {
  readonly imports: readonly SourceImport[];
  /** Lines that reach `process.env`. */
  readonly environment: readonly number[];
}

type Node = { readonly type: string; readonly start: number; readonly [key: string]: unknown };

const IMPORTS = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
]);

/** Type imports, re-exports, dynamic imports, `typeof import()` and `new URL('./x.ts', …)` count as imports. */
export function sourceFacts(file: string, text: string): SourceFacts {
  const { program, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message ?? 'syntax error'}`);
  const imports: SourceImport[] = [];
  const environment: number[] = [];
  const lineOf = (node: Node): number => text.slice(0, node.start).split('\n').length;
  visit(program, (node) => {
    const specifier = importedBy(node);
    if (specifier !== undefined) imports.push({ specifier, line: lineOf(node) });
    if (readsEnvironment(node)) environment.push(lineOf(node));
  });
  return { imports, environment };
}

function importedBy(node: Node): string | undefined {
  if (IMPORTS.has(node.type)) return literal(node['source']);
  if (node.type !== 'NewExpression' || !isIdentifier(node['callee'], 'URL')) return undefined;
  const target = Array.isArray(node['arguments']) ? literal(node['arguments'][0]) : undefined;
  return target?.endsWith('.ts') === true ? target : undefined;
}

/** `process.env`, `process['env']`, `{ env } = process` and `import { env } from 'node:process'`. */
function readsEnvironment(node: Node): boolean {
  if (node.type === 'MemberExpression') {
    const property = node['property'];
    return isIdentifier(node['object'], 'process') && (isIdentifier(property, 'env') || literal(property) === 'env');
  }
  if (node.type === 'VariableDeclarator') {
    const pattern = node['id'];
    return isIdentifier(node['init'], 'process') && isNode(pattern) && names(pattern['properties'], 'key');
  }
  if (node.type !== 'ImportDeclaration' || !/^(node:)?process$/.test(literal(node['source']) ?? '')) return false;
  return names(node['specifiers'], 'imported');
}

function names(list: unknown, key: string): boolean {
  return Array.isArray(list) && list.some((item) => isNode(item) && isIdentifier(item[key], 'env'));
}

function visit(value: unknown, enter: (node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, enter);
  } else if (isNode(value)) {
    enter(value);
    for (const key of Object.keys(value)) visit(value[key], enter);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function isIdentifier(value: unknown, name: string): boolean {
  return isNode(value) && value.type === 'Identifier' && value['name'] === name;
}

function literal(value: unknown): string | undefined {
  return isNode(value) && value.type === 'Literal' && typeof value['value'] === 'string' ? value['value'] : undefined;
}
