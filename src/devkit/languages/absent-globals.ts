/** Globals of browsers and Node that a guest does not have, refused where the project's own sources use them. */
import { relative, sep } from 'node:path';
import type { Plugin } from 'rolldown';
import { SwitchboardError } from '#core/errors';
import { type Node, variableName, walk } from './ast.ts';
import type { JavaScriptTools } from './javascript-tools.ts';

const ENDS = 'a function of a component is done when it returns, nothing goes on after it';
const NETWORK = 'ask the network by switchboard:host/http or wasi:http';
const NODE = 'it belongs to Node';
const PAGE = 'it belongs to web pages';

/** Each with what to do instead. */
export const ABSENT: { readonly [name: string]: string } = {
  setTimeout: ENDS,
  setInterval: ENDS,
  setImmediate: ENDS,
  clearTimeout: ENDS,
  clearInterval: ENDS,
  clearImmediate: ENDS,
  requestAnimationFrame: ENDS,
  queueMicrotask: ENDS,
  fetch: NETWORK,
  XMLHttpRequest: NETWORK,
  WebSocket: NETWORK,
  EventSource: NETWORK,
  Request: NETWORK,
  Response: NETWORK,
  Headers: NETWORK,
  URL: 'bundle an npm library that parses URLs',
  URLSearchParams: 'bundle an npm library that parses URLs',
  structuredClone: 'use JSON.parse(JSON.stringify(…)), or an npm library',
  Intl: 'format by hand, or bundle an npm library with its own tables',
  Atomics: 'a component has one thread',
  Worker: 'a component has one thread',
  AbortController: 'the host ends a call at its deadline',
  Blob: 'use Uint8Array',
  Buffer: `${NODE}: use Uint8Array, TextEncoder and atob`,
  process: `${NODE}: environment and arguments are wasi:cli/environment`,
  require: `${NODE}: use import`,
  __dirname: NODE,
  __filename: NODE,
  window: `${PAGE}: use globalThis`,
  document: PAGE,
  navigator: PAGE,
  localStorage: `${PAGE}: keep values by switchboard:host/kv`,
  sessionStorage: `${PAGE}: keep values by switchboard:host/kv`,
  WebAssembly: 'a component does not compile code',
};

export interface AbsentGlobals {
  readonly plugin: Plugin;
  /** Errors: `build-failed`, with file and line of the first use that was found. */
  refuse(): void;
}

/**
 * For one build of the project in `dir`. A module that looks by `typeof` whether a global is there may use it; libraries
 * may too, and fail by its name if they come to it.
 */
export function absentGlobals(dir: string, tools: JavaScriptTools): AbsentGlobals {
  const found: { readonly file: string; readonly line: number; readonly name: string }[] = [];
  const parsed = (code: string, lang: 'ts' | 'tsx' | 'jsx' | 'js'): unknown => {
    try {
      return tools.parser.parseAst(code, { lang });
    } catch {
      // The bundler, which parses it next, says what is wrong and where.
      return undefined;
    }
  };
  return {
    plugin: {
      name: 'switchboard-absent-globals',
      transform(code, id) {
        const file = relative(dir, id);
        if (!file.startsWith(`src${sep}`) || !/\.[cm]?[jt]sx?$/.test(id)) return null;
        const lang = /\.[cm]?ts$/.test(id) ? 'ts' : id.endsWith('x') ? (id.endsWith('tsx') ? 'tsx' : 'jsx') : 'js';
        for (const { name, at } of absentUses(parsed(code, lang))) {
          found.push({ file, line: code.slice(0, at).split('\n').length, name });
        }
        return null;
      },
    },
    refuse() {
      const [first] = found.toSorted((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
      if (first === undefined) return;
      const { file, line, name } = first;
      throw new SwitchboardError(
        'build-failed',
        `${file.replaceAll(sep, '/')}:${line}: there is no ${name} in a component: ${ABSENT[name]}`,
      );
    },
  };
}

/** Uses of absent globals in a module that neither declares such a name nor asks for it by `typeof`. */
export function absentUses(program: unknown): { readonly name: string; readonly at: number }[] {
  const uses: { readonly name: string; readonly at: number }[] = [];
  const known = new Set<string>();
  walk(program, (node, parent, member) => {
    const name = variableName(node, parent, member);
    if (name === undefined || !Object.hasOwn(ABSENT, name)) return;
    if (parent?.type === 'UnaryExpression' && parent['operator'] === 'typeof') known.add(name);
    else if (declares(parent, member)) known.add(name);
    else uses.push({ name, at: node.start });
  });
  return uses.filter(({ name }) => !known.has(name));
}

/** Whether an identifier that is this member of that node is made by it; patterns count, whatever they are of. */
function declares(parent: Node | undefined, member: string): boolean {
  switch (parent?.type) {
    case 'VariableDeclarator':
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ClassDeclaration':
    case 'ClassExpression':
    case 'TSEnumDeclaration':
    case 'TSModuleDeclaration':
      return member === 'id' || member === 'params';
    case 'ArrowFunctionExpression':
      return member === 'params';
    case 'AssignmentPattern':
      return member === 'left';
    case 'CatchClause':
      return member === 'param';
    case 'Property':
      // `{ fetch } = x` declares; `{ fetch }` as a value uses, and is let pass with it.
      return member === 'value' && parent['shorthand'] === true;
    case 'FormalParameter':
    case 'ArrayPattern':
    case 'RestElement':
    case 'ImportSpecifier':
    case 'ImportDefaultSpecifier':
    case 'ImportNamespaceSpecifier':
      return true;
    default:
      return false;
  }
}
