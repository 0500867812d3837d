/**
 * The members of enums as constants. TypeScript compiles an enum to an object, `tsc`'s output in npm packages has them so,
 * and bundlers leave them: V8 makes constants of them while it runs, QuickJS looks each up each time it is met. A scanner
 * that compares one state with thirty members for each character spends much of its time there.
 */
import type { Plugin } from 'rolldown';
import type { JavaScriptTools } from './javascript-tools.ts';

/** For a whole bundle, before it is minified. */
export function enumConstants(tools: Pick<JavaScriptTools, 'parser'>): Plugin {
  return {
    name: 'switchboard-enum-constants',
    renderChunk: (code) => ({ code: withEnumConstants(code, tools.parser.parseAst(code)), map: null }),
  };
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [member: string]: unknown;
}

interface Enum {
  readonly members: ReadonlyMap<string, string>;
  /** The call that fills it. */
  readonly filled: Node;
  declared: number;
  /** Reads of members that are known. */
  readonly reads: { readonly at: Node; readonly member: string }[];
}

/**
 * Puts the value in place of `State.Text` wherever `State` is an enum of this module that nothing else can change: it
 * is declared once, filled by the one call that TypeScript writes for it, and everything else only reads members of it
 * by name. An enum that is passed on, written to, exported, declared twice or whose name is used for something else
 * anywhere stays as it is, and so does one that is asked for members it does not have or by computed names. `program` is the code as ESTree.
 */
export function withEnumConstants(code: string, program: unknown): string {
  const enums = new Map<string, Enum | undefined>();
  if (!isNode(program) || !Array.isArray(program['body'])) return code;
  for (const statement of program['body'].filter(isNode)) {
    for (const { name, value } of enumsOf(statement)) {
      // Filled twice is an enum of several declarations.
      enums.set(name, enums.has(name) ? undefined : value);
    }
  }
  if (enums.size === 0) return code;
  look(program, enums);
  const reads = [...enums.values()]
    .filter((one) => one?.declared === 1)
    .flatMap((one) => (one?.reads ?? []).map(({ at, member }) => ({ at, text: one?.members.get(member) ?? '' })))
    .sort((a, b) => a.at.start - b.at.start);
  const parts: string[] = [];
  let from = 0;
  for (const { at, text } of reads) {
    parts.push(code.slice(from, at.start), `(${text})`);
    from = at.end;
  }
  return [...parts, code.slice(from)].join('');
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && 'start' in value && typeof value.type === 'string';

const bare = (value: unknown): Node | undefined =>
  !isNode(value) ? undefined : value.type === 'ParenthesizedExpression' ? bare(value['expression']) : value;

const nameOf = (value: unknown): string | undefined => {
  const node = bare(value);
  return node?.type === 'Identifier' ? (node['name'] as string) : undefined;
};

interface Found {
  readonly name: string;
  readonly value: Enum;
}

/** `(function (X) { X[X["A"] = 0] = "A"; … })(X || (X = {}));` of tsc, `X = ((X) => { …; return X; })(X || {})` of bundlers. */
function enumsOf(statement: Node): Found[] {
  if (statement.type === 'ExpressionStatement') return enumOf(bare(statement['expression']), undefined);
  if (statement.type !== 'VariableDeclaration') return [];
  return (statement['declarations'] as Node[]).flatMap((one) => {
    const name = nameOf(one['id']);
    return name === undefined ? [] : enumOf(bare(one['init']), name);
  });
}

/** `declared` is the variable that gets what the call gives, if one does. */
function enumOf(call: Node | undefined, declared: string | undefined): Found[] {
  const fn = call?.type === 'CallExpression' ? bare(call['callee']) : undefined;
  if (call === undefined || fn === undefined || !/^(?:Arrow)?Function(?:Expression)$/.test(fn.type)) return [];
  if (fn['async'] === true || fn['generator'] === true) return [];
  const [parameters, given] = [fn['params'] as unknown[], call['arguments'] as unknown[]];
  const inner = parameters.length === 1 ? nameOf(parameters[0]) : undefined;
  const name = given.length === 1 ? filledVariable(bare(given[0]), declared) : undefined;
  const lines = isNode(fn['body']) ? fn['body']['body'] : undefined;
  if (inner === undefined || name === undefined || !Array.isArray(lines)) return [];
  const last: unknown = declared === undefined ? undefined : lines.at(-1);
  if (declared !== undefined) {
    if (!isNode(last) || last.type !== 'ReturnStatement' || nameOf(last['argument']) !== inner) return [];
  }
  const members = new Map<string, string>();
  for (const line of lines.filter(isNode).filter((one) => one !== last)) {
    const member = memberOf(line, inner);
    if (member === undefined || members.has(member.name) || member.name === '__proto__') return [];
    members.set(member.name, member.text);
  }
  return [{ name, value: { members, filled: call, declared: 0, reads: [] } }];
}

/** `X || (X = {})`; where the call's result is assigned to X, `X || {}` or `{}`. */
function filledVariable(given: Node | undefined, declared: string | undefined): string | undefined {
  if (declared !== undefined && isEmptyObject(given)) return declared;
  if (given?.type !== 'LogicalExpression' || given['operator'] !== '||') return undefined;
  const name = nameOf(given['left']);
  const right = bare(given['right']);
  if (declared !== undefined) return name === declared && isEmptyObject(right) ? name : undefined;
  const isMade = right?.type === 'AssignmentExpression' && right['operator'] === '=' && nameOf(right['left']) === name;
  return isMade && isEmptyObject(bare(right['right'])) ? name : undefined;
}

const isEmptyObject = (node: Node | undefined): boolean =>
  node?.type === 'ObjectExpression' && (node['properties'] as unknown[]).length === 0;

/** `X[X["A"] = 0] = "A"` of a number, `X["A"] = "a"` of a string. */
function memberOf(line: Node, object: string): { readonly name: string; readonly text: string } | undefined {
  const outer = line.type === 'ExpressionStatement' ? bare(line['expression']) : undefined;
  const target = assigned(outer, object);
  if (outer === undefined || target === undefined) return undefined;
  const value = bare(outer['right']);
  if (isString(target)) return isString(value) ? { name: text(target), text: JSON.stringify(text(value)) } : undefined;
  const key = assigned(target, object);
  const number = numberText(bare(target['right']));
  if (!isString(key) || !isString(value) || number === undefined || text(key) !== text(value)) return undefined;
  return { name: text(key), text: number };
}

/** What stands in the brackets of `object[…] = …`. */
function assigned(node: Node | undefined, object: string): Node | undefined {
  if (node?.type !== 'AssignmentExpression' || node['operator'] !== '=') return undefined;
  const left = bare(node['left']);
  if (left?.type !== 'MemberExpression' || left['computed'] !== true || nameOf(left['object']) !== object)
    return undefined;
  return bare(left['property']);
}

const isString = (node: Node | undefined): node is Node =>
  node?.type === 'Literal' && typeof node['value'] === 'string';
const text = (node: Node): string => node['value'] as string;

function numberText(node: Node | undefined): string | undefined {
  const negative = node?.type === 'UnaryExpression' && node['operator'] === '-';
  const literal = negative ? bare(node['argument']) : node;
  if (literal?.type !== 'Literal' || typeof literal['value'] !== 'number') return undefined;
  return `${negative ? '-' : ''}${literal['value']}`;
}

/** The names that a statement declares with nothing in them, or with an enum. */
function declarations(statement: Node, filled: ReadonlySet<unknown>): Node[] {
  if (statement.type !== 'VariableDeclaration') return [];
  return (statement['declarations'] as Node[])
    .filter((one) => one['init'] === null || filled.has(bare(one['init'])))
    .map((one) => one['id'])
    .filter(isNode);
}

/** Members of nodes in which an identifier names a property or a label, not a variable, unless it is computed. */
const PLAIN_NAMES: { readonly [type: string]: string } = {
  MemberExpression: 'property',
  Property: 'key',
  MethodDefinition: 'key',
  PropertyDefinition: 'key',
  AccessorProperty: 'key',
  LabeledStatement: 'label',
  BreakStatement: 'label',
  ContinueStatement: 'label',
  MetaProperty: 'property',
};

/** Members of nodes that are written or called; the values of an object pattern are told apart by the pattern. */
const TARGETS: { readonly [type: string]: string } = {
  AssignmentExpression: 'left',
  AssignmentPattern: 'left',
  UpdateExpression: 'argument',
  ForInStatement: 'left',
  ForOfStatement: 'left',
  ArrayPattern: 'elements',
  RestElement: 'argument',
  CallExpression: 'callee',
  NewExpression: 'callee',
  TaggedTemplateExpression: 'tag',
};

interface Visit {
  readonly node: Node;
  /** Names a property or a label. */
  readonly plain: boolean;
  readonly target: boolean;
}

/** Looks at every mention of an enum's name. Without recursion: a bundle can be nested deeper than a stack is. */
function look(program: Node, enums: Map<string, Enum | undefined>): void {
  const filled = new Set<unknown>([...enums.values()].flatMap((one) => one?.filled ?? []));
  const declared = new Set((program['body'] as Node[]).flatMap((statement) => declarations(statement, filled)));
  const left: Visit[] = [{ node: program, plain: false, target: false }];
  for (let visit = left.pop(); visit !== undefined; visit = left.pop()) {
    const { node, plain, target } = visit;
    if (filled.has(node)) continue;
    if (node.type === 'Identifier') {
      const name = node['name'] as string;
      const one = plain ? undefined : enums.get(name);
      if (one !== undefined && declared.has(node)) one.declared += 1;
      else if (one !== undefined) enums.set(name, undefined);
    } else if (!isRead(visit, enums)) {
      const isPattern = node.type === 'ObjectPattern';
      const isDelete = node.type === 'UnaryExpression' && node['operator'] === 'delete';
      for (const [key, value] of Object.entries(node)) {
        for (const child of Array.isArray(value) ? value : [value]) {
          if (!isNode(child)) continue;
          left.push({
            node: child,
            plain: PLAIN_NAMES[node.type] === key && node['computed'] !== true,
            target:
              TARGETS[node.type] === key ||
              isDelete ||
              isPattern ||
              // What is around a target and no expression of its own: parentheses, and the properties of a pattern.
              (target && (node.type === 'ParenthesizedExpression' || (node.type === 'Property' && key === 'value'))),
          });
        }
      }
    }
  }
}

/** `State.Text` of an enum with a member Text, where it is only read; remembered as such. */
function isRead({ node, target }: Visit, enums: ReadonlyMap<string, Enum | undefined>): boolean {
  if (node.type !== 'MemberExpression' || target || node['computed'] === true || node['optional'] === true)
    return false;
  const object = node['object'];
  const one = isNode(object) && object.type === 'Identifier' ? enums.get(object['name'] as string) : undefined;
  const member = nameOf(node['property']);
  if (one === undefined || member === undefined || !one.members.has(member)) return false;
  one.reads.push({ at: node, member });
  return true;
}
