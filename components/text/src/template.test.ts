import { test } from 'node:test';
import { equal, throws } from 'node:assert/strict';
import { template } from './template.ts';

const fill = (source: string, data: unknown, variables: [string, string][] = []): string =>
  template(source, variables, JSON.stringify(data), null);

test('[bundled.text] template inserts values, nested names and items', () => {
  equal(fill('Hi {{name}}:{{#items}} {{.}}{{/items}}', { items: [1, 2] }, [['name', 'Ann']]), 'Hi Ann: 1 2');
  equal(fill('{{user.name}} {{list}}', { user: { name: 'B' }, list: [1] }), 'B [1]');
  equal(fill('{{#a}}{{x}}{{y}}{{/a}}', { y: 2, a: [{ x: 1 }, { x: 3, y: 4 }] }), '1234');
});

test('[bundled.text] template sections: false, empty, missing, inverted', () => {
  equal(fill('{{#a}}A{{/a}}{{^a}}-{{/a}}{{#b}}B{{/b}}{{^c}}C{{/c}}{{^d}}D{{/d}}', { a: true, c: [] }), 'ACD');
  equal(fill('x\n{{#a}}\n{{.}}\n{{/a}}\n{{! note }}\ny', { a: [1, 2] }), 'x\n1\n2\ny');
});

test('[bundled.text] template escapes as asked, never twice', () => {
  const source = '{{v}}|{{{v}}}|{{&v}}';
  equal(template(source, [['v', '<"&\n']], null, 'html'), '&lt;&quot;&amp;\n|<"&\n|<"&\n');
  equal(template('{{v}}', [['v', '<"&\n']], null, 'json'), '<\\"&\\n');
  equal(template('{{v}}', [['v', '<{{w}}>']], null, null), '<{{w}}>');
});

test('[bundled.text] template errors name line and tag', () => {
  throws(() => fill('a\n{{nme}}', { name: 1 }), /line 2: there is no value "nme"; there are: name/);
  throws(() => fill('{{#a}}\n', { a: 1 }), /line 1: section {{#a}} is never closed/);
  throws(() => fill('{{/a}}', {}), /never opened/);
  throws(() => fill('{{#a}}{{/b}}', { a: 1 }), /where {{\/a}} was expected/);
  throws(() => fill('a {{ b', {}), /never closed with/);
  throws(() => template('x', [], '[1]', null), /JSON object/);
  throws(() => template('x', [], '{', null), /not valid JSON/);
});

test('[bundled.text] prototype members are no values', () => {
  throws(() => fill('{{constructor}}', {}), /no value/);
  equal(template('{{toString}}', [['toString', 'own']], null, null), 'own');
});

test('[bundled.text] nested loops cannot grow without bound', () => {
  const items = Array.from({ length: 400 }, () => 'x'.repeat(20));
  throws(() => fill('{{#a}}{{#a}}{{#a}}{{.}}{{/a}}{{/a}}{{/a}}', { a: items }), /longer than/);
});
