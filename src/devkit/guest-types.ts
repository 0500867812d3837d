/** TypeScript declarations of a world, as a guest on the QuickJS backend sees it, and as a test that calls it. */
import type { ComponentTypes, TypeEntry, TypeRef, WitFunction, WitInterface } from '#core/wit-types';
import { callableFunctions, interfaceShortName } from '#core/functions';
import { GLOBAL_DECLARATIONS } from './languages/guest-globals.ts';

/** `guest`: what crosses between script and runtime. `json`: arguments and results of calls, as everywhere in Switchboard. */
type Form = 'guest' | 'json';

const NUMBERS: ReadonlySet<string> = new Set(['u8', 'u16', 'u32', 's8', 's16', 's32']);

/**
 * `generated/guest.d.ts`: the module `switchboard:guest`, whose `Guest` is what the script exports, and a module for each
 * interface that the world imports. Types only: nothing of `switchboard:guest` is there when the script runs.
 */
export function guestDeclarations(types: ComponentTypes): string {
  const writer = createWriter(types, 'guest');
  const members = [
    ...types.exportedFunctions.map((fn) => writer.member(fn)),
    ...types.exports.map((one) => `${key(camel(interfaceShortName(one.id)))}: ${writer.exported(one)};`),
  ];
  return [
    '// Made from wit/ by switchboard build; changes here are lost.',
    "declare module 'switchboard:guest' {",
    indent(
      [
        ...writer.declarations(),
        '/** What src/main exports: one function of each name. Where WIT says result, throw the error case. */',
        `export interface Guest {\n${indent(members.join('\n'))}\n}`,
      ].join('\n'),
    ),
    '}',
    ...types.imports.map((one) => writer.module(one)),
    GLOBAL_DECLARATIONS,
    '',
  ].join('\n');
}

/** `generated/test.d.ts`: the module `switchboard:test` with the functions of this component. */
export function testDeclarations(types: ComponentTypes): string {
  const writer = createWriter(types, 'json');
  const callable = callableFunctions(types, () => false).filter(({ fn }) => fn.kind === 'function');
  const members = callable.map(
    ({ name, fn }) => `${key(camel(name.replace(/^.*[.#/]/, '')))}${writer.signature(fn, true)};`,
  );
  return [
    '// Made from wit/ by switchboard build; changes here are lost.',
    "declare module 'switchboard:test' {",
    indent(
      [
        ...writer.declarations(),
        `/** The component's functions. One that returns the error case of a result rejects with code component-error. */`,
        `export interface Component {\n${indent(members.join('\n'))}\n}`,
        TEST_API,
      ].join('\n'),
    ),
    '}',
    '',
  ].join('\n');
}

const TEST_API = `export interface Answer { readonly status?: number; readonly headers?: { readonly [name: string]: string }; readonly body?: string | Uint8Array }
export interface SandboxOptions {
  /** Values of the variables that component.toml requests. */
  readonly env?: { readonly [name: string]: string };
  readonly secrets?: { readonly [name: string]: string };
  /** Files that are there beforehand, by the path that the component sees. */
  readonly files?: { readonly [path: string]: string | Uint8Array };
  /** What the network answers, by URL; a request to any other gets 404. */
  readonly http?: { readonly [url: string]: string | Answer | ((request: SentRequest) => string | Answer) };
  /** false: nothing that component.toml requests is granted. */
  readonly grant?: boolean;
}
export interface SentRequest { readonly method: string; readonly url: string; readonly headers: { readonly [name: string]: string }; readonly body: Uint8Array }
export interface Sandbox {
  readonly component: Component;
  /** Any function by its name, with arguments by name or in order. */
  call(fn: string, args?: { readonly [name: string]: unknown } | readonly unknown[]): Promise<unknown>;
  /** The directory of this machine that the component sees under that path. */
  directory(guest: string): string;
  /** What it sent to the network. */
  readonly requests: readonly SentRequest[];
  /** What it wrote: logs and output. */
  readonly logs: readonly string[];
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
/** A sandbox of its own, closed at the end of the tests if not before. */
export function sandbox(options?: SandboxOptions): Promise<Sandbox>;
/** In a sandbox without options. */
export const component: Component;`;

interface Writer {
  declarations(): string[];
  member(fn: WitFunction): string;
  signature(fn: WitFunction, promised: boolean): string;
  exported(one: WitInterface): string;
  module(one: WitInterface): string;
}

function createWriter(types: ComponentTypes, form: Form): Writer {
  const names = typeNames(types, form);

  const text = (ref: TypeRef): string => {
    if (typeof ref === 'string') return primitive(ref, form);
    return names.get(ref) ?? shape(types.types[ref]);
  };

  const shape = (entry: TypeEntry | undefined): string => {
    switch (entry?.kind) {
      case 'list':
        if (entry.element === 'u8') return form === 'guest' ? 'Uint8Array' : 'string';
        return `${wrapped(text(entry.element))}[]`;
      case 'tuple':
        return `[${entry.items.map(text).join(', ')}]`;
      case 'option':
        return optionText(entry.some);
      case 'result':
        return resultText(entry);
      case 'record':
        return `{\n${indent(entry.fields.map((field) => `${docs(field.docs)}${fieldText(field.name, field.type)};`).join('\n'))}\n}`;
      case 'variant':
        return entry.cases
          .map((one) => `{ tag: '${one.name}'${one.type === undefined ? '' : `; val: ${text(one.type)}`} }`)
          .join(' | ');
      case 'enum':
        return entry.cases.map(({ name }) => `'${name}'`).join(' | ');
      case 'flags':
        if (form === 'json') return `(${entry.flags.map(({ name }) => `'${name}'`).join(' | ')})[]`;
        return `{ ${entry.flags.map(({ name }) => `${key(camel(name))}?: boolean`).join('; ')} }`;
      case 'own':
      case 'borrow':
        return form === 'json' ? 'string' : (names.get(entry.resource) ?? 'object');
      default:
        return 'unknown';
    }
  };

  const nested = (ref: TypeRef): boolean => typeof ref === 'number' && types.types[ref]?.kind === 'option';
  const optionText = (some: TypeRef): string => {
    if (!nested(some)) return `${text(some)} | null`;
    return form === 'json' ? `{ some: ${text(some)} } | null` : `{ tag: 'some'; val: ${text(some)} } | { tag: 'none' }`;
  };
  const resultText = ({ ok, err }: { readonly ok?: TypeRef; readonly err?: TypeRef }): string => {
    const [yes, no] = [ok === undefined ? 'null' : text(ok), err === undefined ? 'null' : text(err)];
    return form === 'json'
      ? `{ ok: ${yes} } | { err: ${no} }`
      : `{ tag: 'ok'; val${ok === undefined ? '?' : ''}: ${yes} } | { tag: 'err'; val${err === undefined ? '?' : ''}: ${no} }`;
  };
  const fieldText = (name: string, type: TypeRef): string => {
    const entry = typeof type === 'number' ? types.types[type] : undefined;
    const optional = form === 'json' && entry?.kind === 'option' ? '?' : '';
    return `${key(form === 'json' ? name : camel(name))}${optional}: ${text(type)}`;
  };

  const signature = (fn: WitFunction, promised: boolean): string => {
    const own = fn.kind === 'method' ? fn.params.slice(1) : fn.params;
    const params = own.map(({ name, type }) => `${parameter(name)}: ${text(type)}`).join(', ');
    if (fn.kind === 'constructor') return `(${params})`;
    const result = resultOf(fn);
    return `(${params}): ${promised ? `Promise<${result}>` : result}`;
  };
  const resultOf = (fn: WitFunction): string => {
    if (fn.result === undefined) return 'void';
    const entry = typeof fn.result === 'number' ? types.types[fn.result] : undefined;
    // The function's own result: the error case is thrown.
    if (entry?.kind === 'result') return entry.ok === undefined ? 'void' : text(entry.ok);
    return text(fn.result);
  };
  const member = (fn: WitFunction): string => `${docs(fn.docs)}${key(camel(plainName(fn)))}${signature(fn, false)};`;
  const classMember = (fn: WitFunction): string =>
    fn.kind === 'constructor'
      ? `constructor${signature(fn, false)};`
      : `${docs(fn.docs)}${fn.kind === 'static' ? 'static ' : ''}${key(camel(plainName(fn)))}${signature(fn, false)};`;

  const resourcesOf = (one: WitInterface): string[] => [
    ...new Set(one.functions.flatMap((fn) => (fn.resource === undefined ? [] : [fn.resource]))),
  ];
  /** Two interfaces may each have a resource of that name. */
  const className = ({ id }: WitInterface, resource: string): string => {
    const index = types.types.findIndex(
      ({ kind, name, interface: of }) => kind === 'resource' && name === resource && of === id,
    );
    return names.get(index) ?? pascal(resource);
  };
  const classes = (one: WitInterface): string[] => {
    return resourcesOf(one).map((resource) => {
      const own = one.functions.filter((fn) => fn.resource === resource);
      return `class ${className(one, resource)} {\n${indent(own.map(classMember).join('\n'))}\n}`;
    });
  };

  return {
    declarations: () => {
      if (form === 'json') {
        return [...names].filter(([index]) => types.types[index]?.kind !== 'resource').map(declaration);
      }
      const interfaces = [...types.exports, ...types.imports];
      const resources = [...new Set(interfaces.flatMap(classes))].map((one) => `export ${one}`);
      const described = new Set(interfaces.flatMap((one) => resourcesOf(one).map((name) => className(one, name))));
      // One without functions is passed on and nothing else.
      const bare = [...names].filter(
        ([index, name]) => types.types[index]?.kind === 'resource' && !described.has(name),
      );
      return [
        ...resources,
        ...bare.map(([, name]) => `export class ${name} {\n  private constructor();\n}`),
        ...[...names].filter(([index]) => types.types[index]?.kind !== 'resource').map(declaration),
      ];
    },
    member,
    signature,
    exported: (one) => {
      const functions = one.functions.filter((fn) => fn.kind === 'function').map(member);
      const constructors = resourcesOf(one).map((name) => `${pascal(name)}: typeof ${className(one, name)};`);
      return `{\n${indent([...functions, ...constructors].join('\n'))}\n}`;
    },
    module: (one) => {
      const functions = one.functions
        .filter((fn) => fn.kind === 'function')
        .map((fn) => moduleFunction(fn, signature(fn, false)));
      const constructors = resourcesOf(one).map((name) => {
        const own = className(one, name);
        return `export { ${own === pascal(name) ? own : `${own} as ${pascal(name)}`} } from 'switchboard:guest';`;
      });
      const body = [...functions, ...constructors].join('\n');
      const used = [...new Set(names.values())].filter((name) =>
        new RegExp(`\\b${name}\\b`).test(functions.join('\n')),
      );
      const imported = used.length === 0 ? '' : `import type { ${used.join(', ')} } from 'switchboard:guest';\n`;
      return `declare module '${one.id}' {\n${indent(imported + body)}\n}`;
    },
  };

  function declaration([index, name]: readonly [number, string]): string {
    const entry = types.types[index];
    return `${docs(entry?.docs)}export type ${name} = ${shape(entry)};`;
  }
}

/** A word of JavaScript cannot be declared, but it can be exported. */
function moduleFunction(fn: WitFunction, signature: string): string {
  const name = camel(plainName(fn));
  const declared = parameter(name);
  if (declared === name) return `${docs(fn.docs)}export function ${name}${signature};`;
  return `${docs(fn.docs)}function ${declared}${signature};\nexport { ${declared} as ${name} };`;
}

/** What the declarations themselves say, beside the types of the world. */
const OWN_NAMES: { readonly [form in Form]: readonly string[] } = {
  guest: ['Guest', 'Uint8Array'],
  json: ['Answer', 'AsyncDisposable', 'Component', 'Promise', 'Sandbox', 'SandboxOptions', 'SentRequest', 'Uint8Array'],
};

/** What each named type is called: its own name, with that of its interface where two have the same. */
function typeNames(types: ComponentTypes, form: Form): Map<number, string> {
  const names = new Map<number, string>();
  const taken = new Map<string, number>(OWN_NAMES[form].map((name) => [name, -1]));
  for (const [index, entry] of types.types.entries()) {
    if (entry.name === undefined || entry.kind === 'own' || entry.kind === 'borrow') continue;
    const short = pascal(entry.name);
    const name = taken.has(short) ? `${pascal(interfaceShortName(entry.interface ?? 'world'))}${short}` : short;
    if (taken.has(name)) continue;
    taken.set(name, index);
    names.set(index, name);
  }
  return names;
}

function primitive(name: string, form: Form): string {
  if (name === 'bool') return 'boolean';
  if (name === 'string' || name === 'char') return 'string';
  if (NUMBERS.has(name) || form === 'guest') return 'number';
  // Numbers that JSON does not have go by their names, whole ones beyond 2^53 as text.
  return name.startsWith('f') ? "number | 'NaN' | 'Infinity' | '-Infinity'" : 'number | string';
}

const plainName = (fn: WitFunction): string => fn.name.replace(/^\[[a-z]+\]/, '').replace(/^.*\./, '');
const camel = (name: string): string => name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
const pascal = (name: string): string => camel(name).replace(/^./, (letter) => letter.toUpperCase());
const key = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : `'${name}'`);
/** Words that cannot name a parameter. */
const WORDS =
  /^(?:break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|export|extends|false|finally|for|function|if|import|in|instanceof|new|null|return|super|switch|this|throw|true|try|typeof|var|void|while|with|yield|let|static|await|arguments|eval|package|interface|private|protected|public|implements)$/;
const parameter = (name: string): string => (WORDS.test(camel(name)) ? `${camel(name)}_` : camel(name));
const wrapped = (text: string): string => (/^[\w.]+$/.test(text) ? text : `(${text})`);
const indent = (text: string): string => text.replaceAll(/^(?=.)/gm, '  ');
const docs = (text: string | undefined): string =>
  text === undefined || text === '' ? '' : `/** ${text.replaceAll('*/', '* /').replaceAll('\n', '\n * ')} */\n`;
