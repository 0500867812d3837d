const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function bytes(base64: string): Uint8Array {
  const bits = Array.from(base64.replace(/=+$/, ''), (c) => ALPHABET.indexOf(c));
  const out: number[] = [];
  for (let i = 0; i + 1 < bits.length; i++) {
    const [a, b, shift] = [bits[i] ?? 0, bits[i + 1] ?? 0, (i % 4) * 2];
    if (shift < 6) out.push(((a << (shift + 2)) | (b >> (4 - shift))) & 255);
  }
  return Uint8Array.from(out);
}

interface Named {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
}

const text = (value: string): object => ({ tag: 'text', val: { text: value } });
const image = { tag: 'image', val: { data: bytes(PNG), mimeType: 'image/png' } };
const link = (uri: string, named: Named, more: object = {}): object => ({ uri, ...named, ...more });

export function simpleText(): object {
  return text('This is text.');
}

export function image_(): object[] {
  return [image];
}
export { image_ as image };

export function mixed(): object[] {
  return [
    {
      tag: 'text',
      val: {
        text: 'Zeile 1\nline 2 \u202e\u0007',
        annotations: { audience: ['user', 'user'], priority: 0.5, lastModified: '2026-07-28T12:00:00Z' },
      },
    },
    image,
    { tag: 'audio', val: { data: new Uint8Array([82, 73, 70, 70]), mimeType: 'audio/wav' } },
    {
      tag: 'embedded',
      val: {
        contents: { uri: 'notes://today', mimeType: 'text/plain', body: { tag: 'text', val: 'a note' } },
        annotations: { audience: ['assistant'] },
      },
    },
    {
      tag: 'embedded',
      val: { contents: { uri: 'notes://dot', body: { tag: 'blob', val: new Uint8Array([0, 1, 2]) } } },
    },
    { tag: 'link', val: link('notes://today', { name: 'today', title: 'Today' }, { mimeType: 'text/plain', size: 6 }) },
    { tag: 'link', val: link('https://example.com/a?b=1#c', { name: 'web' }) },
  ];
}

export function reading(city: string): object {
  if (city === '') throw 'which city?';
  const structured = JSON.stringify({ city, degrees: 21.5 });
  return { content: [text(`21.5° in ${city}`)], structured, isError: false };
}

export function structuredOnly(): object {
  return { content: [], structured: '{"n":1}', isError: false };
}

export function explained(): object {
  return { content: [text('the sensor is off')], isError: true };
}

export function fails(): object {
  throw 'no such thing';
}

export function plain(): string[] {
  return ['a', 'b'];
}

const TODAY = link('notes://today', { name: 'today', title: 'Today', description: 'What is to be done' }, { size: 6 });
const DOT = link(
  'notes://dot?size=1&x=%C3%A4',
  { name: 'dot' },
  { mimeType: 'image/png', annotations: { audience: [], priority: 1 } },
);

export const resources = {
  listResources: (cursor: string | null) =>
    cursor === null ? { resources: [TODAY], nextCursor: 'second' } : { resources: [DOT] },
  listTemplates: () => ({
    templates: [
      {
        uriTemplate: 'weather://{city}/now{?unit}',
        name: 'weather',
        description: 'The weather of a city',
        mimeType: 'application/json',
      },
    ],
  }),
  read(uri: string) {
    if (uri === 'notes://today') return [{ uri, mimeType: 'text/plain', body: { tag: 'text', val: 'a note' } }];
    if (uri.startsWith('notes://dot')) return [{ uri, mimeType: 'image/png', body: { tag: 'blob', val: bytes(PNG) } }];
    if (uri.startsWith('weather://')) {
      return [{ uri, mimeType: 'application/json', body: { tag: 'text', val: JSON.stringify({ uri }) } }];
    }
    if (uri === 'broken://') throw 'the disk is on fire';
    return [];
  },
};

const PROMPTS = [
  {
    name: 'review',
    title: 'Review code',
    description: 'Asks for a review',
    arguments: [
      { name: 'code', description: 'What to review', required: true },
      { name: 'language', required: false },
    ],
  },
  { name: 'with_parts', arguments: [] },
  { name: 'A prompt, named freely', arguments: [] },
];

export const prompts = {
  listPrompts: (cursor: string | null) =>
    cursor === null ? { prompts: PROMPTS.slice(0, 2), nextCursor: '2' } : { prompts: PROMPTS.slice(2) },
  get(name: string, given: [string, string][]) {
    if (name === 'review') {
      const code = given.find(([key]) => key === 'code')?.[1];
      if (code === undefined) throw 'the argument code is missing';
      const language = given.find(([key]) => key === 'language')?.[1] ?? 'any language';
      return {
        description: 'A review',
        messages: [{ role: 'user', content: text(`Review this ${language}:\n${code}`) }],
      };
    }
    if (name === 'with_parts') {
      const embedded = { contents: { uri: 'notes://today', body: { tag: 'text', val: 'a note' } } };
      return {
        messages: [
          { role: 'user', content: image },
          { role: 'assistant', content: { tag: 'embedded', val: embedded } },
        ],
      };
    }
    if (name === 'A prompt, named freely') return { messages: [{ role: 'user', content: text('freely') }] };
    throw `no prompt ${name}`;
  },
};

const LANGUAGES = ['TypeScript', 'Rust', 'Ruby'];

export const completion = {
  complete(reference: { tag: string; val: string }, argument: string, value: string, given: [string, string][]) {
    if (reference.tag === 'template') {
      return { values: ['Paris', 'Prague'].filter((city) => city.startsWith(value)), total: 2, hasMore: false };
    }
    if (argument === 'many') {
      return { values: Array.from({ length: 150 }, (_, i) => `${value}${i}`), hasMore: false };
    }
    const values = LANGUAGES.filter((one) => one.startsWith(value));
    return { values: given.length > 0 ? values.toReversed() : values, total: values.length, hasMore: false };
  },
};
