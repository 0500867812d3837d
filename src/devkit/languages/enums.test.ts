import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { parseAst } from 'rolldown/parseAst';
import { withEnumConstants } from './enums.ts';

const STATE = `var State;
(function (State) {
  State[State["Text"] = 1] = "Text";
  State[State["Tag"] = -2] = "Tag";
  State["Name"] = "a\\"b";
})(State || (State = {}));
`;

const changed = (code: string): string => withEnumConstants(code, parseAst(code)).replace(STATE, '');
const kept = (code: string): boolean => withEnumConstants(code, parseAst(code)) === code;

void test('[js.enums] members that are only read become their values', () => {
  equal(
    changed(
      `${STATE}export const f = (s) => { switch (s) { case State.Text: return State.Name; } return -State.Tag; };`,
    ),
    'export const f = (s) => { switch (s) { case (1): return ("a\\"b"); } return -(-2); };',
  );
  equal(
    changed(`${STATE}f(State.Text, { Text: State.Text }, [State.Tag], State.Text.toFixed(2));`),
    'f((1), { Text: (1) }, [(-2)], (1).toFixed(2));',
  );
  equal(
    changed(`${STATE}x.State = State.Text; y = { State: 1 }; class A { State() { return this.State; } }`),
    'x.State = (1); y = { State: 1 }; class A { State() { return this.State; } }',
  );
  const two = STATE.replaceAll('State', 'Other').replace('(function (Other)', '(function (State)');
  equal(kept(`${two}f(Other.None);`), true);
});

void test('[js.enums] the forms that bundlers give an enum', () => {
  const fill = 'e[e["A"] = 7] = "A"; return e;';
  for (const form of [
    `var X = ((e) => { ${fill} })(X || {});`,
    `let X = /* @__PURE__ */ function(e) { ${fill} }({});`,
    `const X = (function(e) { ${fill} })(X || {}), z = 1;`,
  ]) {
    equal(withEnumConstants(`${form} q(X.A);`, parseAst(`${form} q(X.A);`)), `${form} q((7));`);
    for (const use of ['q(X);', 'X = 1;', 'X.A = 1;']) equal(kept(`${form} q(X.A); ${use}`), true, use);
  }
  for (const form of [
    'var X = ((e) => { e[e["A"] = 7] = "A"; return f; })(X || {});',
    'var X = ((e) => { e[e["A"] = 7] = "A"; })(X || {});',
    'var X = ((e) => { e[e["A"] = 7] = "A"; return e; })(Y || {});',
    'var X = f((e) => { e[e["A"] = 7] = "A"; return e; })({});',
    '{ var X = ((e) => { e[e["A"] = 7] = "A"; return e; })({}); }',
  ]) {
    equal(kept(`${form} q(X.A);`), true, form);
  }
});

void test('[js.enums] an enum that anything could change, or whose name is used otherwise, stays', () => {
  for (const use of [
    'f(State);',
    'State.Text = 5;',
    'State.Text++;',
    'delete State.Text;',
    '[State.Text] = [5];',
    '({ a: State.Text } = { a: 5 });',
    '({ a: State.Text = 1 } = {});',
    '({ ...State.Text } = {});',
    'for (State.Text of [5]);',
    'for (State.Text in {});',
    '(State.Text) = 5;',
    'State.Text();',
    'new State.Text();',
    'State.Text`x`;',
    'State = {};',
    'const y = { State };',
    'export { State };',
    'function g(State) { return State.Text; }',
    'function g() { const State = {}; return State.Text; }',
    'try {} catch (State) {}',
    'State.Missing;',
    'State["Text"];',
    'State?.Text;',
    'var State;',
    'const h = () => State;',
    '({ State } = {});',
    STATE.replace('var State;\n', ''),
  ]) {
    equal(kept(`${STATE}${use}\nq(State.Text);`), true, use);
  }
});

void test('[js.enums] what only looks like an enum stays', () => {
  for (const fill of [
    'X[X["A"] = 0] = "B";',
    'X[X["A"] = f()] = "A";',
    'X["A"] = f();',
    'X.A = 0;',
    'X[X["A"] = 0] = "A"; f();',
    'X[X["A"] = 0] = "A"; X["A"] = "b";',
    'Y[Y["A"] = 0] = "A";',
    'X[X["__proto__"] = 0] = "__proto__";',
  ]) {
    equal(kept(`var X; (function (X) { ${fill} })(X || (X = {})); q(X.A);`), true, fill);
  }
  const body = 'X[X["A"] = 0] = "A";';
  deepEqual(
    [
      `var X = {}; (function (X) { ${body} })(X || (X = {})); q(X.A);`,
      `var X; (function (X) { ${body} })(X || (X = { A: 1 })); q(X.A);`,
      `var X; (function (X) { ${body} })(X || (Y = {})); q(X.A);`,
      `var X; (async function (X) { ${body} })(X || (X = {})); q(X.A);`,
      `var X; (function (X, y) { ${body} })(X || (X = {})); q(X.A);`,
      `var X; if (z) (function (X) { ${body} })(X || (X = {})); q(X.A);`,
      `(function (X) { ${body} })(X || (X = {})); q(X.A);`,
    ].map(kept),
    Array.from({ length: 7 }, () => true),
  );
});

void test('[js.enums] code nested deeper than a stack', () => {
  const deep = Array.from({ length: 3000 }, () => 'State.Text').join('+');
  equal(changed(`${STATE}x = ${deep};`).split('(1)').length, 3001);
});
