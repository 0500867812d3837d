import { test } from 'node:test';
import { deepEqual, equal, throws } from 'node:assert/strict';
import { links } from './links.ts';
import { metadata } from './metadata.ts';
import { select } from './select.ts';

test('[bundled.html] select gives text, HTML and attributes', () => {
  const page = '<ul><li class="a b" data-x=1>One <b>two</b><script>no()</script></li><LI>Three<br>four</ul>';
  deepEqual(select(page, 'li:first-child', null), {
    total: 1,
    elements: [
      {
        tag: 'li',
        text: 'One two',
        html: '<li class="a b" data-x="1">One <b>two</b><script>no()</script></li>',
        attributes: [
          ['class', 'a b'],
          ['data-x', '1'],
        ],
      },
    ],
  });
  equal(select(page, 'li', 1).total, 2);
  equal(select(page, 'li', 1).elements.length, 1);
  equal(select(page, 'li:nth-child(2)', null).elements[0]?.text, 'Three\nfour');
});

test('[bundled.html] select refuses what is no selector or limit', () => {
  throws(() => select('<p>', 'p[', null), /not a CSS selector/);
  throws(() => select('<p>', '', null), /empty/);
  throws(() => select('<p>', 'p', 0), /limit/);
});

test('[bundled.html] links are absolute by the base given or the page’s own', () => {
  const page = '<a href="x.html" title=T rel=nofollow>X <i>y</i></a><a name=q>no</a><a href="#top"><img alt="Top"></a>';
  deepEqual(links(page, 'https://e.example/d/i.html', null), [
    { url: 'https://e.example/d/x.html', text: 'X y', title: 'T', rel: 'nofollow' },
    { url: 'https://e.example/d/i.html#top', text: 'Top', title: null, rel: null },
  ]);
  equal(links(`<base href="/other/">${page}`, 'https://e.example/d/', null)[0]?.url, 'https://e.example/other/x.html');
  equal(links(page, null, null)[0]?.url, 'x.html');
});

test('[bundled.html] links of a part of the page; a part that is not there is an error', () => {
  const page = '<nav><a href=1>1</a></nav><main><p><a href=2>2</a><a href=3>3</a></main>';
  deepEqual(
    links(page, null, 'main, p').map((link) => link.url),
    ['2', '3'],
  );
  throws(() => links(page, null, 'footer'), /nothing on the page matches "footer"/);
});

test('[bundled.html] metadata', () => {
  const page = `<html lang="pt-BR"><head><title> A &amp;
    B </title><meta name="Description" content="D"><meta property="og:image" content="/i.png">
    <meta property="og:title" content="OG"><link rel="canonical" href="/c"><meta name="author" content="Ann">
    <link rel="alternate" type="application/rss+xml" href="feed.xml"><meta charset=utf-8></head>
    <body><time datetime="2026-02-03">x</time></body></html>`;
  const found = metadata(page, 'https://e.example/d/');
  equal(found.title, 'A & B');
  equal(found.description, 'D');
  equal(found.canonical, 'https://e.example/c');
  equal(found.language, 'pt-BR');
  equal(found.author, 'Ann');
  equal(found.published, '2026-02-03');
  equal(found.image, 'https://e.example/i.png');
  deepEqual(found.feeds, ['https://e.example/d/feed.xml']);
  deepEqual(found.openGraph, [
    ['image', '/i.png'],
    ['title', 'OG'],
  ]);
  equal(metadata('', null).title, null);
});
