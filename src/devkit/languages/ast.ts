/** Walks the syntax trees of the bundler's parser (ESTree, with TypeScript’s nodes). */

export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [member: string]: unknown;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

/** Types alone; what is in them never runs. The others of TypeScript hold expressions. */
const TYPES =
  /^TS(?!AsExpression|NonNullExpression|SatisfiesExpression|TypeAssertion|InstantiationExpression|EnumDeclaration|EnumBody|EnumMember|ExportAssignment|ModuleDeclaration|ModuleBlock|ParameterProperty)/;

type Visit = (node: Node, parent: Node | undefined, member: string, outer: Node | undefined) => void;

/** Calls `visit` for each node that may run, with the two around it and the member that it is of the nearer. */
export function walk(program: unknown, visit: Visit): void {
  type Entry = { node: unknown; parent: Node | undefined; member: string; outer: Node | undefined };
  const stack: Entry[] = [{ node: program, parent: undefined, member: '', outer: undefined }];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { node, parent } = top;
    if (Array.isArray(node)) {
      for (const one of node) stack.push({ ...top, node: one });
    } else if (isNode(node) && !TYPES.test(node.type)) {
      visit(node, parent, top.member, top.outer);
      for (const [member, value] of Object.entries(node)) {
        if (typeof value === 'object' && value !== null)
          stack.push({ node: value, parent: node, member, outer: parent });
      }
    }
  }
}

/** The name of an identifier that stands for a variable, not of a member, key or label. */
export function variableName(node: Node, parent: Node | undefined, member: string): string | undefined {
  if (node.type !== 'Identifier' || typeof node['name'] !== 'string') return undefined;
  switch (parent?.type) {
    case 'MemberExpression':
      if (member === 'property' && parent['computed'] !== true) return undefined;
      break;
    case 'Property':
    case 'MethodDefinition':
    case 'PropertyDefinition':
    case 'AccessorProperty':
      if (member === 'key' && parent['computed'] !== true && parent['shorthand'] !== true) return undefined;
      break;
    case 'LabeledStatement':
    case 'BreakStatement':
    case 'ContinueStatement':
    case 'MetaProperty':
    case 'ExportSpecifier':
      return undefined;
    case 'ImportSpecifier':
      if (member === 'imported') return undefined;
      break;
    default:
  }
  return node['name'];
}

/** The name of a member that is read by it: `x.name`, `x['name']`, `{ name } = x`. */
export function memberName(node: Node): string | undefined {
  const key = node.type === 'MemberExpression' ? node['property'] : node.type === 'Property' ? node['key'] : undefined;
  if (!isNode(key)) return undefined;
  if (key.type === 'Literal' && typeof key['value'] === 'string') return key['value'];
  return node['computed'] !== true && key.type === 'Identifier' ? String(key['name']) : undefined;
}

/** Whether one of the statements throws, whatever happens before it: nothing behind it ever runs. */
export function alwaysThrows(statements: unknown): boolean {
  return Array.isArray(statements) && statements.some((one) => isNode(one) && throws(one));
}

function throws(statement: Node): boolean {
  if (statement.type === 'BlockStatement') return alwaysThrows(statement['body']);
  if (statement.type !== 'IfStatement') return statement.type === 'ThrowStatement';
  return alwaysThrows([statement['consequent']]) && alwaysThrows([statement['alternate']]);
}
