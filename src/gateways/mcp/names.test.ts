import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callableFunctions, type ComponentTypes, type WitFunction } from '#core';
import { promptName, toolName } from './names.ts';

const PATTERN = /^[a-zA-Z0-9_-]{1,64}$/;

test('[mcp.names] plain names join namespace, name and the parts of the function id', () => {
  assert.equal(toolName('demo:text', 'analyze'), 'demo_text_analyze');
  assert.equal(toolName('demo:text', 'api.analyze'), 'demo_text_api_analyze');
  assert.equal(toolName('demo:text-tools', 'api.counter.inc-by'), 'demo_text-tools_api_counter_inc-by');
  assert.equal(toolName('demo:text', 'counter.new'), 'demo_text_counter_new');
});

test('[mcp.names] an ambiguous function, an odd one and a long one get a hash; the name stays readable', () => {
  const ambiguous = toolName('demo:text', 'demo:text/api@1.0.0#analyze');
  assert.match(ambiguous, /^demo_text_api_analyze__[a-z2-7]{20}$/);
  assert.notEqual(ambiguous, toolName('demo:text', 'demo:text/api@2.0.0#analyze'));
  assert.notEqual(
    toolName('demo:text', 'demo:text/api@1.0.0#[constructor]counter'),
    toolName('demo:text', 'demo:text/api@1.0.0#[method]counter.new'),
  );
  const long = 'a'.repeat(60);
  assert.match(toolName('demo:text', long), /^demo_text_a{32}__[a-z2-7]{20}$/);
  assert.notEqual(toolName('demo:text', `${long}b`), toolName('demo:text', `${long}c`));
});

test('[mcp.names] names are stable: they depend on the component and the function alone', () => {
  assert.equal(toolName('demo:text', 'a'.repeat(70)), `demo_text_${'a'.repeat(32)}__2wuoytaz55x2rswa5qu5`);
});

test('[mcp.names] hyphens and underscores cannot make two functions one tool', () => {
  const pairs: [string, string][] = [
    ['a:b-c', 'd'],
    ['a-b:c', 'd'],
    ['a:b', 'c.d'],
    ['a:b', 'c-d'],
    ['a:b', '#c.d'],
    ['a:b', 'c_d'],
    ['a:b', 'c__d'],
    ['a:b', 'c:d'],
    ['a:b', 'c/d'],
    ['a:b', ''],
    ['a:b', '.'],
    ['a:b_c', 'd'],
    ['a:b', 'c.'],
    ['a:b', '.c'],
  ];
  const names = pairs.map(([component, id]) => toolName(component, id));
  assert.equal(new Set(names).size, pairs.length, names.join(' '));
  for (const name of names) assert.match(name, PATTERN);
});

test('[mcp.names] injective over 20,000 generated components and functions', () => {
  const random = generator(7);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const words = ['a', 'b', 'ab', 'new', 'api', 'counter', 'HTTP', 'x1', 'a'.repeat(30), 'b'.repeat(21)];
  const kebab = () => Array.from({ length: 1 + Math.floor(random() * 2) }, () => pick(words)).join('-');
  const lower = () => kebab().toLowerCase();
  const seen = new Map<string, string>();
  const components = new Set<string>();
  let functions = 0;
  while (functions < 20_000) {
    const component = `${lower()}:${lower()}`;
    if (components.has(component)) continue;
    components.add(component);
    const types = generated(pick, kebab, lower, component);
    for (const { id } of callableFunctions(types, () => false)) {
      functions++;
      const name = toolName(component, id);
      assert.match(name, PATTERN);
      const identity = `${component} ${id}`;
      assert.equal(seen.get(name) ?? identity, identity, `${name} names two functions`);
      seen.set(name, identity);
    }
  }
});

/** A component as hostile as binaries may be: same short interface names, a method `new` beside a constructor, resources of the world. */
function generated(
  pick: <T>(items: readonly T[]) => T,
  kebab: () => string,
  lower: () => string,
  component: string,
): ComponentTypes {
  const fnsOf = (id: string | undefined): WitFunction[] => {
    const all = new Map<string, WitFunction>();
    for (let i = 0; i < 4; i++) {
      const kind = pick(['function', 'function', 'constructor', 'method', 'static'] as const);
      const resource = kebab();
      const name = kind === 'function' ? kebab() : kind === 'constructor' ? resource : `${resource}.${kebab()}`;
      const raw = kind === 'function' ? name : `[${kind}]${name}`;
      const where = id === undefined ? {} : { interface: id };
      all.set(raw, { ...where, name: raw, kind, params: [], ...(kind === 'function' ? {} : { resource }) });
    }
    return [...all.values()];
  };
  const ids = new Set<string>();
  for (let i = 0; i < 3; i++) {
    const short = kebab();
    ids.add(pick([short, `${component}/${short}`, `${component}/${short}@1.0.${i}`, `${lower()}:${lower()}/${short}`]));
  }
  return {
    types: [],
    imports: [],
    importedFunctions: [],
    exportedFunctions: fnsOf(undefined),
    exports: [...ids].map((id) => ({ id, functions: fnsOf(id) })),
  };
}

/** A small seeded generator (mulberry32), so that a failure can be repeated. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

test('[mcp.prompts] names of prompts are fit for clients, and no two prompts share one', () => {
  assert.equal(promptName('demo:text', 'review'), 'demo_text_review');
  assert.equal(promptName('demo:text', 'code_review-2'), 'demo_text_code_review-2');
  const owns = ['', '_', 'a', 'a_', 'a__b', 'a b', 'a\u0000', 'ä', 'a-b', 'a_b', 'x'.repeat(100), 'x'.repeat(101)];
  const names = ['demo:text', 'demo-text:a', 'demo:text-a'].flatMap((one) => owns.map((own) => promptName(one, own)));
  assert.equal(new Set(names).size, names.length);
  for (const name of names) assert.match(name, /^[a-zA-Z0-9_-]{1,64}$/);
  // A name that looks like the hashed form of another is hashed itself.
  assert.notEqual(
    promptName('demo:text', promptName('demo:text', 'a b').slice('demo_text_'.length)),
    promptName('demo:text', 'a b'),
  );
});
