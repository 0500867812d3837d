/** The texts of a component that people and models read. */
import type { ComponentDescription } from '#core';
import { printable } from '#core/reference';
import type { ReadComponent } from './ports.ts';
import type { Prose } from './prose/index.ts';
import { namesIn } from './shape.ts';

/** Everything that is described: world, interfaces, functions, types, manifest, WIT, names. */
export function textsOf({ description, manifestText, witText }: ReadComponent): readonly Prose[] {
  const texts: Prose[] = [];
  const add = (text: string | undefined, place: string): void => {
    if (text !== undefined && text.trim() !== '') texts.push({ text, place: printable(place) });
  };
  const { types, docs, functions, manifest } = description;
  add(docs, 'docs of the component');
  for (const fn of functions) add(fn.docs, `docs of function ${fn.name}`);
  for (const one of [...types.imports, ...types.exports]) add(one.docs, `docs of interface ${one.id}`);
  for (const fn of types.imports.flatMap((one) => one.functions)) add(fn.docs, `docs of import ${fn.name}`);
  for (const entry of types.types) {
    add(entry.docs, `docs of type ${entry.name ?? ''}`);
    for (const { name, docs: own } of itemsOf(entry)) add(own, `docs of ${entry.name ?? ''}.${name}`);
  }
  for (const name of namesIn(description)) add(name.replaceAll(/[-_:/@.[\]]+/g, ' '), `name ${name}`);
  add(manifest?.description, 'component.toml, description');
  for (const { kind, reason } of manifest?.permissions ?? []) add(reason, `component.toml, reason of ${kind}`);
  add(linesBehind(manifestText, '#'), 'comments of component.toml');
  add(witComments(witText), 'comments of the WIT');
  return distinct(texts);
}

/** What stands behind a mark, to the end of its line: in strings too, which costs nothing to read. */
function linesBehind(text: string | undefined, mark: string): string | undefined {
  return text
    ?.split('\n')
    .flatMap((line) => {
      const at = line.indexOf(mark);
      return at < 0 ? [] : line.slice(at).replace(/^#+/, '').trim();
    })
    .join('\n');
}

/** Comments of WIT, which has no strings: to the end of the line, and blocks, which nest. */
function witComments(text = ''): string {
  const said: string[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: mark, index } of text.matchAll(/\/\*|\*\/|\/\/[^\n]*/g)) {
    if (mark === '/*') {
      if (depth === 0) start = index + 2;
      depth += 1;
    } else if (mark === '*/') {
      depth = Math.max(0, depth - 1);
      if (depth === 0) said.push(text.slice(start, index).replaceAll(/^[\t ]*\*+/gm, ''));
    } else if (depth === 0) said.push(mark.replace(/^\/+/, '').trim());
  }
  if (depth > 0) said.push(text.slice(start));
  return said.join('\n');
}

/** The docs of a function are in the function and in the WIT text: they are told once. */
function distinct(texts: readonly Prose[]): readonly Prose[] {
  const seen = new Set<string>();
  return texts.filter(({ text }) => !seen.has(text) && seen.add(text));
}

type Entry = ComponentDescription['types']['types'][number];
const itemsOf = (entry: Entry): readonly { readonly name: string; readonly docs?: string }[] => {
  if (entry.kind === 'record') return entry.fields;
  if (entry.kind === 'variant' || entry.kind === 'enum') return entry.cases;
  return entry.kind === 'flags' ? entry.flags : [];
};
