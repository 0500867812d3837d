import { SwitchboardError } from '#core/errors';
import type { Entry } from './clients.ts';

/** Reading and changing the text of a settings file. What is not changed stays as it is, to the character. */
export interface Syntax {
  /** The whole document as plain values. Throws `SyntaxProblem` where the text is not of the dialect. */
  parse(text: string): Tree;
  /** Has `path` be an object with these members; `undefined` takes one away. Other members stay. */
  set(text: string, path: readonly string[], members: Members): string;
  /** Takes `path` away, if it is there. */
  remove(text: string, path: readonly string[]): string;
  /** The text with what stands in quotes or comments replaced, except inside `path`; there only headers and variables. */
  masked(text: string, path: readonly string[]): string;
}

export type Members = { readonly [name: string]: Entry[string] | undefined };

/**
 * A value of a document. Objects are lists of their members, so that the order counts, a name may be `__proto__`, and
 * two trees that are deeply equal stand for the same document.
 */
export type Tree =
  | { readonly members: readonly (readonly [name: string, value: Tree])[] }
  | { readonly value: unknown };

/** The text is not of the dialect, or says a thing in a way that is not changed. */
export class SyntaxProblem extends Error {
  readonly line: number | undefined;

  constructor(message: string, line?: number) {
    super(message);
    this.line = line;
  }
}

export const lineOf = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

/** What `path` leads to. */
export function at(tree: Tree, path: readonly string[]): Tree | undefined {
  let found: Tree | undefined = tree;
  for (const name of path) {
    found = found && 'members' in found ? found.members.findLast(([own]) => own === name)?.[1] : undefined;
  }
  return found;
}

/** The tree without what `path` leads to; objects on the way that are then empty go too. */
export function without(tree: Tree, path: readonly string[]): Tree {
  const [name, ...rest] = path;
  if (name === undefined || !('members' in tree)) return tree;
  return {
    members: tree.members.flatMap(([own, value]): [string, Tree][] => {
      if (own !== name) return [[own, value]];
      const left = rest.length === 0 ? undefined : without(value, rest);
      return left === undefined || ('members' in left && left.members.length === 0) ? [] : [[own, left]];
    }),
  };
}

/** A tree as a plain value with no prototype, for reading. */
export function plainOf(tree: Tree | undefined): unknown {
  if (tree === undefined) return undefined;
  if ('value' in tree) return Array.isArray(tree.value) ? tree.value.map((item: Tree) => plainOf(item)) : tree.value;
  const object: { [name: string]: unknown } = Object.create(null) as object as { [name: string]: unknown };
  for (const [name, value] of tree.members) object[name] = plainOf(value);
  return object;
}

export const unreadable = (file: string, { message, line }: SyntaxProblem): SwitchboardError =>
  new SwitchboardError('file-unreadable', `${file}${line === undefined ? '' : `, line ${line}`}: ${message}`, {
    fix: 'mend the file; nothing was changed',
  });
