import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentText, mayBeContent } from './content-text.ts';

const text = { tag: 'text', val: { text: 'a\u001b[31m\nb', annotations: null } };
const link = { uri: 'a:b', name: 'n', title: null, description: null, 'mime-type': null, annotations: null };

test('[mcp.content] at a terminal texts are read and the other parts named', () => {
  const parts = [
    text,
    { tag: 'image', val: { data: 'AAAAAA==', 'mime-type': 'image/png\u0007' } },
    {
      tag: 'embedded',
      val: { contents: { uri: 'a:b', 'mime-type': 'text/plain', body: { tag: 'text', val: 'in it' } } },
    },
    { tag: 'embedded', val: { contents: { uri: 'a:c', 'mime-type': null, body: { tag: 'blob', val: 'AAAA' } } } },
    { tag: 'link', val: { ...link, size: null } },
    { tag: 'link', val: { ...link, title: 'T', 'mime-type': 'text/plain', size: 2_048 } },
  ];
  assert.equal(
    contentText('list', parts),
    [
      'a\\u{1b}[31m',
      'b',
      '[image: image/png\\u{7}, 4 B]',
      '[resource: a:b, text/plain]',
      'in it',
      '[resource: a:c, 3 B]',
      '[link: n, a:b]',
      '[link: T, a:b, text/plain, 2 KiB]',
      '',
    ].join('\n'),
  );
  assert.equal(
    contentText('block', { tag: 'audio', val: { data: 'AAA=', 'mime-type': 'audio/wav' } }),
    '[audio: audio/wav, 2 B]\n',
  );
  const failed = { content: [], structured: '{"a":1}', 'is-error': true };
  assert.equal(contentText('tool-result', failed), 'the tool says that it failed\n{\n  "a": 1\n}\n');
  assert.equal(contentText('tool-result', { ...failed, structured: '{', 'is-error': false }), '{\n');
});

test('[mcp.content] only what can be content has its type asked for', () => {
  for (const value of [text, [text], { content: [], structured: null, 'is-error': false }])
    assert.ok(mayBeContent(value));
  for (const value of [undefined, null, 'x', 1, [], ['x'], [text, 1], {}, { content: 'x' }])
    assert.ok(!mayBeContent(value));
});
