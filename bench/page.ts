/** A page of 34 kB with 200 links in a list, as a shop or a forum has them. */
export function pageOfLinks(): string {
  const items = Array.from(
    { length: 200 },
    (_, i) =>
      `<li class="item n${i % 7}"><h3>Item ${i}</h3><p>Some <b>text</b> &amp; more about <em>thing ${i}</em>.</p>` +
      `<a href="/items/${i}?q=a&amp;b=${i}" title="t${i}">Read <i>more</i> ${i}</a></li>\n`,
  );
  return (
    '<!doctype html><html><head><title>List</title><meta charset="utf-8"></head><body><ul id="list">' +
    `${items.join('')}</ul></body></html>`
  );
}
