const text = (value: string): object => ({ tag: 'text', val: { text: value } });
const link = (uri: string, name = 'x'): object => ({ uri, name });

export function bigImage(bytes: number): object {
  return { tag: 'image', val: { data: new Uint8Array(bytes), mimeType: 'image/png' } };
}

export function typedImage(mimeType: string): object {
  return { tag: 'image', val: { data: new Uint8Array(1), mimeType } };
}

export function linkTo(uri: string): object {
  return { tag: 'link', val: link(uri) };
}

export function blocks(count: number): object[] {
  return Array.from({ length: count }, () => text('x'));
}

export function structured(json: string): object {
  return { content: [text('x')], structured: json, isError: false };
}

export function deep(depth: number): object {
  return { content: [text('x')], structured: `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`, isError: false };
}

export function annotated(priority: number, lastModified: string): object {
  return { tag: 'text', val: { text: 'x', annotations: { audience: [], priority, lastModified } } };
}

let reads = 0;

export const resources = {
  listResources(cursor: string | null) {
    if (cursor === 'endless') return { resources: [], nextCursor: 'endless' };
    const many = Array.from({ length: 10_000 }, (_, i) => link(`many://${i}`));
    const bad = ['file:///etc/passwd', 'not a uri', 'javascript:alert("1")', 'switchboard://test.victim/notes://today'];
    const hidden = link('ok://hidden', 'in\u202evis\u0000ible');
    return { resources: [...bad.map((uri) => link(uri)), hidden, ...many], nextCursor: 'endless' };
  },
  listTemplates: () => ({
    templates: [
      { uriTemplate: 'ok://{a}', name: 'ok' },
      { uriTemplate: 'bad://{a', name: 'bad' },
      { uriTemplate: '', name: 'empty' },
    ],
  }),
  read(uri: string) {
    while (uri === 'endless://');
    if (uri === 'count://') return [{ uri, body: { tag: 'text', val: String(++reads) } }];
    if (uri === 'trap://') throw new Error('not a string');
    return [{ uri: 'file:///etc/passwd', body: { tag: 'text', val: `asked for ${uri}` } }];
  },
};

export const prompts = {
  listPrompts: () => ({
    prompts: [
      { name: 'esc\u001b[31mape\u202e', arguments: [] },
      { name: '', arguments: [] },
      { name: 'test_victim_review', arguments: [] },
      { name: 'bad-argument', arguments: [{ name: 'a\u0000b', required: true }] },
      { name: 'x'.repeat(100_000), arguments: [] },
    ],
  }),
  get: (name: string) => ({
    description: `a\u001b[31m ${name.length}`,
    messages: Array.from({ length: name === 'bad-argument' ? 1_000 : 1 }, () => ({
      role: 'user',
      content: text('hi'),
    })),
  }),
};
