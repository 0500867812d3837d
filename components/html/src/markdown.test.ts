import { test } from 'node:test';
import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { toMarkdown } from './markdown.ts';
import { tables } from './tables.ts';

const md = (html: string): string => toMarkdown(html, 'https://e.example/d/', null);

test('[bundled.html] Markdown of headings, paragraphs, emphasis, links, images', () => {
  equal(md('<h2> A <em>b</em></h2>text<p>one<br>two <b> x </b>y'), '## A *b*\n\ntext\n\none\\\ntwo **x** y');
  equal(
    md('<p><a href="p q.html" title=\'a "t"\'>l <code>c`d</code></a>'),
    '[l ``c`d``](https://e.example/d/p%20q.html "a \\"t\\"")',
  );
  equal(
    md('<img src="/i(1).png" alt="A [x]"><img src="data:x" alt=in>'),
    '![A \\[x\\]](https://e.example/i%281%29.png)in',
  );
  equal(md('<a href=x><div><h3>Card</h3><p>t</div></a>'), '### Card\n\nt');
});

test('[bundled.html] Markdown of lists, quotes, code, rules', () => {
  equal(md('<ul><li>a<li>b<ol><li>c</ol></ul>'), '- a\n- b\n  1. c');
  equal(md('<ol start=9><li><p>a<p>b</li><li>c</ol>'), '9. a\n\n   b\n\n10. c');
  equal(md('<blockquote><p>a<blockquote>b</blockquote></blockquote><hr>'), '> a\n>\n> > b\n\n---');
  equal(md('<pre><code class="x language-c++">\na &lt;\n ```\n</code></pre>'), '````c++\na <\n ```\n````');
  equal(md('<dl><dt>T<dd>D</dl>'), '**T**\n\n- D');
});

test('[bundled.html] Markdown of tables; a layout table is its content', () => {
  equal(
    md('<table><thead><tr><th>A<th>B|C</thead><tr><td>1<td><p>x<p>y</table>'),
    '| A | B\\|C |\n| --- | --- |\n| 1 | x y |',
  );
  equal(md('<table><tr><td><h1>T</h1><p>x</table>'), '# T\n\nx');
});

test('[bundled.html] text that looks like Markdown or HTML stays text', () => {
  equal(
    md('<p>1. a *b* snake_case _c_ &lt;i&gt; &amp;amp; [x]'),
    '1\\. a \\*b\\* snake_case \\_c\\_ \\<i> \\&amp; \\[x\\]',
  );
  equal(md('<p># h<p>- i<p>+ j'), '\\# h\n\n\\- i\n\n\\+ j');
  equal(md('<script>x</script><style>y</style><p hidden>z</p><!-- c -->'), '');
});

test('[bundled.html] a part of a page, once each', () => {
  equal(toMarkdown('<nav>n</nav><main><article>a</article></main>', null, 'main, article'), 'a');
  throws(() => toMarkdown('<p>x', null, 'main'), /nothing on the page/);
});

test('[bundled.html] nesting beyond all reason is cut, not fatal', () => {
  equal(md(`${'<b>'.repeat(1000)}deep`), '');
  ok(md(`${'<div>'.repeat(150)}deep`).includes('deep'));
});

test('[bundled.html] tables with header, caption and spans', () => {
  const html =
    '<table><caption>C</caption><thead><tr><th colspan=2>AB<tr><th>A<th>B</thead><tr><td rowspan=2>1<td>2<tr><td>3</table>';
  deepEqual(tables(html, null), [
    {
      caption: 'C',
      header: ['A', 'B'],
      rows: [
        ['1', '2'],
        ['1', '3'],
      ],
    },
  ]);
  deepEqual(tables('<table><tr><td>1<td>2</table>', null), [{ caption: null, header: [], rows: [['1', '2']] }]);
  equal(tables('<table><tr><td><table><tr><td>in</table></table>', null).length, 2);
  throws(() => tables('<p>x</p>', 'p'), /no table/);
});

test('[bundled.html] spans that claim a huge table are bounded', () => {
  const row = '<tr>' + '<td colspan=1000 rowspan=65534>x'.repeat(5);
  throws(() => tables(`<table>${row.repeat(3000)}</table>`, null), /more than 1000000 cells/);
});
