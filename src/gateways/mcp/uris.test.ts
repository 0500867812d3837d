import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isUri, isUriTemplate, publicUri, splitUri } from './uris.ts';

test('[mcp.resources] a public URI leads back to its component and to the URI that it has there', () => {
  const owns = ['file:///etc/passwd', 'a:b', 'x://%7B?q=1#f', 'switchboard://demo.b/c:d', 'urn:a:../../b', 'h://a//b/'];
  const seen = new Set<string>();
  for (const component of ['demo:text', 'demo-a:text', 'demo:a-text']) {
    for (const own of owns) {
      const uri = publicUri(component, own);
      assert.ok(isUri(uri) && URL.canParse(uri), uri);
      assert.deepEqual(splitUri(uri), { component, own });
      assert.deepEqual(splitUri(new URL(uri).href)?.component, component, 'as a client may write it');
      seen.add(uri);
    }
  }
  assert.equal(seen.size, 3 * owns.length);
  for (const uri of ['', 'file:///x', 'switchboard://demo/x', 'switchboard://demo.text/', 'switchboard://a.b.c/x:y']) {
    assert.equal(splitUri(uri), undefined, uri);
  }
});

test('[mcp.resources] what is no URI and no URI template is refused', () => {
  for (const uri of ['a:b', 'A+b.c-1:/x', 'x:%00', "x:!$&'()*+,;=:@/?#[]"]) assert.ok(isUri(uri), uri);
  for (const uri of [
    '',
    'a:',
    ':b',
    '1a:b',
    'a b:c',
    'a:b c',
    'a:{b}',
    'a:%0',
    'a:\n',
    'a:ü',
    'a:"',
    `a:${'b'.repeat(2_047)}`,
  ]) {
    assert.ok(!isUri(uri), uri);
  }
  for (const uri of ['{a}', 'x://{a}/{+b}{?c,d*}{#e:3}', '{scheme}://x', 'x:y']) assert.ok(isUriTemplate(uri), uri);
  for (const uri of ['', '{', 'x:{}', 'x:{a', 'x:a}', 'x:{{a}}', 'x:{a b}', 'x: {a}'])
    assert.ok(!isUriTemplate(uri), uri);
});

test('[mcp.resources] checking a long text takes no long time', () => {
  const began = performance.now();
  for (const text of ['x:{', `${'{a,'.repeat(680)}!`, `x:{${'a'.repeat(2_040)}`, `x:{${'a,'.repeat(1_000)}`]) {
    assert.ok(!isUriTemplate(text));
  }
  assert.ok(performance.now() - began < 500);
});
