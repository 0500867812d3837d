/** One red pixel. */
const PNG = bytes(
  '89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082',
);
/** No samples, 8 kHz. */
const WAV = bytes('524946462400000057415645666d74201000000001000100401f0000401f0000010008006461746100000000');

interface Text {
  readonly tag: 'text';
  readonly val: { readonly text: string };
}

const text = (said: string): Text => ({ tag: 'text', val: { text: said } });
const image = { tag: 'image', val: { data: PNG, mimeType: 'image/png' } };
const embedded = (uri: string, mimeType: string, said: string): object => ({
  tag: 'embedded',
  val: { contents: { uri, mimeType, body: { tag: 'text', val: said } } },
});

export const imageContent = (): object[] => [image];
export const audioContent = (): object[] => [{ tag: 'audio', val: { data: WAV, mimeType: 'audio/wav' } }];
export const embeddedResource = (): object[] => [
  embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.'),
];
export const multipleContentTypes = (): object[] => [
  text('Multiple content types test:'),
  image,
  embedded('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
];

const STATIC: { readonly [uri: string]: { readonly mimeType: string; readonly body: object } } = {
  'test://static-text': {
    mimeType: 'text/plain',
    body: { tag: 'text', val: 'This is the content of the static text resource.' },
  },
  'test://static-binary': { mimeType: 'image/png', body: { tag: 'blob', val: PNG } },
  'test://watched-resource': { mimeType: 'text/plain', body: { tag: 'text', val: 'Nothing happened.' } },
};

export const resources = {
  listResources: () => ({
    resources: Object.entries(STATIC).map(([uri, { mimeType }]) => ({ uri, name: uri.slice(7), mimeType })),
  }),
  listTemplates: () => ({
    templates: [{ uriTemplate: 'test://template/{id}/data', name: 'by-id', mimeType: 'application/json' }],
  }),
  read(uri: string) {
    const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
    if (id !== undefined) {
      const val = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` });
      return [{ uri, mimeType: 'application/json', body: { tag: 'text', val } }];
    }
    const found = STATIC[uri];
    return found ? [{ uri, ...found }] : [];
  },
};

const PROMPTS = [
  { name: 'simple_prompt', description: 'Without arguments.', arguments: [] },
  {
    name: 'prompt_with_arguments',
    description: 'With two arguments.',
    arguments: [
      { name: 'arg1', description: 'The first.', required: true },
      { name: 'arg2', description: 'The second.', required: true },
    ],
  },
  {
    name: 'prompt_with_embedded_resource',
    description: 'Embeds a resource.',
    arguments: [{ name: 'resourceUri', description: 'Which.', required: true }],
  },
  { name: 'prompt_with_image', description: 'Shows an image.', arguments: [] },
];

const said = (content: object): object => ({ role: 'user', content });

export const prompts = {
  listPrompts: () => ({ prompts: PROMPTS }),
  get(name: string, given: [string, string][]) {
    const args = Object.fromEntries(given);
    switch (name) {
      case 'simple_prompt':
        return { messages: [said(text('This is a simple prompt for testing.'))] };
      case 'prompt_with_arguments':
        return { messages: [said(text(`Prompt with arguments: arg1='${args['arg1']}', arg2='${args['arg2']}'`))] };
      case 'prompt_with_embedded_resource': {
        const resource = embedded(args['resourceUri'] ?? '', 'text/plain', 'Embedded resource content for testing.');
        return { messages: [said(resource), said(text('Please process the embedded resource above.'))] };
      }
      case 'prompt_with_image':
        return { messages: [said(image), said(text('Please analyze the image above.'))] };
      default:
        throw `no prompt ${name}`;
    }
  },
};

export const completion = {
  complete: (_reference: object, _argument: string, value: string) => ({
    values: ['paris', 'park', 'party'].filter((word) => word.startsWith(value)),
    hasMore: false,
  }),
};

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
