type Call = readonly [name: string, args: readonly unknown[]];

/** The libraries that docs/wrapped.md is made of: much depended upon, and of different kinds. */
export interface WrappedLibrary {
  readonly package: string;
  readonly kind: string;
  /** Its main function as callers of the component name it, with arguments in the JSON form of WIT values. */
  readonly main: string;
  readonly args: readonly unknown[];
  /** What makes the value that it is a method of, and methods that are called of that before; otherwise an example's. */
  readonly made?: readonly [Call, ...Call[]];
  /** The same call in JavaScript, given the module. */
  // oxlint-disable-next-line typescript/no-explicit-any -- modules of others
  readonly native: (library: any) => unknown;
}

const MARKDOWN = '# Title\n\nSome *text* with a [link](https://example.com) and `code`.\n\n- one\n- two\n';
const XML = '<a><b id="1">x</b><b id="2">y</b></a>';
const YAML = 'name: Ada\nlangs:\n  - Analytical Engine\n';
const CSV = 'name,age\nAda,36\nGrace,85\n';
const SQUARE = {
  type: 'Polygon',
  coordinates: [
    [
      [0, 0],
      [0, 1],
      [1, 1],
      [1, 0],
      [0, 0],
    ],
  ],
};
const CASE = 'theQuickBrown fox';
const PEOPLE = [
  { name: 'Ada', age: 36 },
  { name: 'Grace', age: 85 },
];

/** A value that the guest, too, makes once before its calls are timed. */
const kept = new Map<string, unknown>();
// oxlint-disable-next-line typescript/no-explicit-any -- modules of others
function once(name: string, make: () => unknown): any {
  if (!kept.has(name)) kept.set(name, make());
  return kept.get(name);
}

/** As the guest's is made. */
// oxlint-disable-next-line typescript/no-explicit-any -- modules of others
function madeCode(code: any): any {
  code.addData('https://example.com');
  code.make();
  return code;
}

export const LIBRARIES: readonly WrappedLibrary[] = [
  {
    package: 'lodash',
    kind: 'utilities',
    main: 'chunk',
    args: ['[1,2,3,4,5]', 2],
    native: (m) => m.default.chunk([1, 2, 3, 4, 5], 2),
  },
  {
    package: 'semver',
    kind: 'versions',
    main: 'satisfies',
    args: [{ tag: 'text', val: '1.2.3' }, { tag: 'text', val: '^1.0.0' }, null],
    native: (m) => m.default.satisfies('1.2.3', '^1.0.0'),
  },
  {
    package: 'uuid',
    kind: 'ids',
    main: 'validate',
    args: ['"6ba7b810-9dad-11d1-80b4-00c04fd430c8"'],
    native: (m) => m.validate('6ba7b810-9dad-11d1-80b4-00c04fd430c8'),
  },
  { package: 'nanoid', kind: 'ids', main: 'nanoid', args: [null], native: (m) => m.nanoid() },
  { package: 'ms', kind: 'durations', main: 'ms-as-number', args: ['2 days'], native: (m) => m.default('2 days') },
  {
    package: 'qs',
    kind: 'query strings',
    main: 'parse',
    args: [{ tag: 'text', val: 'a[b]=c&d=e' }, null],
    native: (m) => m.default.parse('a[b]=c&d=e'),
  },
  { package: 'js-yaml', kind: 'YAML', main: 'load', args: [YAML, null], native: (m) => m.load(YAML) },
  {
    package: 'yaml',
    kind: 'YAML',
    main: 'stringify',
    args: ['{"name":"Ada"}', null, null],
    native: (m) => m.stringify({ name: 'Ada' }),
  },
  {
    package: 'ini',
    kind: 'INI',
    main: 'parse',
    args: ['a = 1\n[b]\nc = 2\n', null],
    native: (m) => m.parse('a = 1\n[b]\nc = 2\n'),
  },
  {
    package: 'json5',
    kind: 'JSON',
    main: 'parse',
    args: ["{a: 1, 'b': [2,]}", null],
    native: (m) => m.default.parse("{a: 1, 'b': [2,]}"),
  },
  {
    package: 'papaparse',
    kind: 'CSV',
    main: 'parse',
    args: [CSV, { header: true }],
    native: (m) => m.default.parse(CSV, { header: true }),
  },
  {
    package: 'csv-parse/sync',
    kind: 'CSV',
    main: 'parse',
    args: [{ tag: 'text', val: CSV }, null],
    native: (m) => m.parse(CSV),
  },
  {
    package: 'fast-xml-parser',
    kind: 'XML',
    main: 'xml-parser.parse',
    args: [{ tag: 'text', val: XML }],
    native: (m) => once('xml', () => new m.XMLParser()).parse(XML),
  },
  {
    package: 'entities',
    kind: 'HTML',
    main: 'encode-xml',
    args: ['a < b & c'],
    native: (m) => m.encodeXML('a < b & c'),
  },
  {
    package: 'he',
    kind: 'HTML',
    main: 'encode',
    args: ['foo © bar', null],
    native: (m) => m.default.encode('foo © bar'),
  },
  { package: 'marked', kind: 'Markdown', main: 'marked', args: [MARKDOWN, null], native: (m) => m.marked(MARKDOWN) },
  {
    package: 'markdown-it',
    kind: 'Markdown',
    main: 'markdown-it.render',
    args: [MARKDOWN, null],
    native: (m) => once('markdown-it', () => new m.default()).render(MARKDOWN),
  },
  {
    package: 'handlebars',
    kind: 'templates',
    main: 'handlebars-template-delegate.call',
    made: [['compile', ['"Hello {{name}}"', null]]],
    args: ['{"name":"Ada"}', null],
    native: (m) => once('handlebars', () => m.default.compile('Hello {{name}}'))({ name: 'Ada' }),
  },
  {
    package: 'mustache',
    kind: 'templates',
    main: 'render',
    args: ['Hello {{name}}', '{"name":"Ada"}', null, null],
    native: (m) => m.default.render('Hello {{name}}', { name: 'Ada' }),
  },
  {
    package: 'ejs',
    kind: 'templates',
    main: 'render',
    args: ['Hello <%= name %>', '{"name":"Ada"}', null],
    native: (m) => m.default.render('Hello <%= name %>', { name: 'Ada' }),
  },
  {
    package: 'dayjs',
    kind: 'dates',
    main: 'dayjs-object.format',
    made: [['dayjs', [{ tag: 'text', val: '2026-03-01' }]]],
    args: ['DD/MM/YYYY'],
    native: (m) => once('dayjs', () => m.default('2026-03-01')).format('DD/MM/YYYY'),
  },
  {
    package: 'date-fns',
    kind: 'dates',
    main: 'add-days',
    args: [{ tag: 'text', val: '2026-03-01' }, 3, null],
    native: (m) => m.addDays('2026-03-01', 3),
  },
  {
    package: 'luxon',
    kind: 'dates',
    main: 'date-time.from-iso',
    args: ['2026-03-01T00:00:00Z', null],
    native: (m) => m.DateTime.fromISO('2026-03-01T00:00:00Z'),
  },
  {
    package: 'mathjs',
    kind: 'maths',
    main: 'evaluate',
    args: ['"sqrt(3^2 + 4^2)"', null],
    native: (m) => m.evaluate('sqrt(3^2 + 4^2)'),
  },
  {
    package: 'decimal.js',
    kind: 'maths',
    main: 'decimal.static-sqrt',
    args: [{ tag: 'number', val: 2 }],
    native: (m) => m.Decimal.sqrt(2),
  },
  {
    package: 'big.js',
    kind: 'maths',
    main: 'big-object.plus',
    args: [{ tag: 'text', val: '0.2' }],
    native: (m) => once('big', () => new m.default('0.1')).plus('0.2'),
  },
  {
    package: 'validator',
    kind: 'validation',
    main: 'is-email',
    args: ['ada@example.com', null],
    native: (m) => m.default.isEmail('ada@example.com'),
  },
  {
    package: 'ajv',
    kind: 'validation',
    main: 'ajv.validate',
    args: ['{"type":"number"}', '1'],
    native: (m) => once('ajv', () => new m.default.default()).validate({ type: 'number' }, 1),
  },
  {
    package: 'chroma-js',
    kind: 'colours',
    main: 'contrast',
    args: [
      { tag: 'text', val: '#ffffff' },
      { tag: 'text', val: '#336699' },
    ],
    native: (m) => m.default.contrast('#ffffff', '#336699'),
  },
  {
    package: 'tinycolor2',
    kind: 'colours',
    main: 'instance.to-hsl-string',
    args: [],
    native: (m) => once('tinycolor', () => m.default('#336699')).toHslString(),
  },
  {
    package: 'qrcode-generator',
    kind: 'QR codes',
    main: 'qr-code.create-svg-tag',
    made: [
      ['qrcode-generator', [4, 'l']],
      ['qr-code.add-data', ['https://example.com', null]],
      ['qr-code.make', []],
    ],
    args: [null, null],
    native: (m) => once('qrcode', () => madeCode(m.default(4, 'L'))).createSvgTag(),
  },
  {
    package: 'franc',
    kind: 'language',
    main: 'franc',
    args: ['Alle Menschen sind frei und gleich an Würde und Rechten geboren.', null],
    native: (m) => m.franc('Alle Menschen sind frei und gleich an Würde und Rechten geboren.'),
  },
  {
    package: 'pako',
    kind: 'compression',
    main: 'deflate',
    args: [{ tag: 'bytes', val: 'SGVsbG8=' }, null],
    native: (m) => m.deflate(new TextEncoder().encode('Hello')),
  },
  {
    package: '@noble/hashes/sha2.js',
    kind: 'hashes',
    main: 'sha256',
    args: ['SGVsbG8='],
    native: (m) => m.sha256(new TextEncoder().encode('Hello')),
  },
  {
    package: 'crypto-js',
    kind: 'hashes',
    main: 'sha256',
    args: [{ tag: 'text', val: 'Hello' }, null],
    native: (m) => m.default.SHA256('Hello'),
  },
  {
    package: '@turf/turf',
    kind: 'geometry',
    main: 'area',
    args: [JSON.stringify(SQUARE)],
    native: (m) => m.area(SQUARE),
  },
  {
    package: 'diff',
    kind: 'text',
    main: 'create-patch',
    args: ['a.txt', 'one\ntwo\n', 'one\n2\n', null, null, null],
    native: (m) => m.createPatch('a.txt', 'one\ntwo\n', 'one\n2\n'),
  },
  {
    package: 'slugify',
    kind: 'text',
    main: 'slugify',
    args: ['Hello, World', null],
    native: (m) => m.default('Hello, World'),
  },
  { package: 'change-case', kind: 'text', main: 'camel-case', args: [CASE, null], native: (m) => m.camelCase(CASE) },
  { package: 'pluralize', kind: 'text', main: 'plural', args: ['house'], native: (m) => m.default.plural('house') },
  {
    package: 'fuse.js',
    kind: 'search',
    main: 'fuse.search',
    args: ['"ad"', null],
    native: (m) => once('fuse', () => new m.default(PEOPLE, { keys: ['name'] })).search('ad'),
  },
  {
    package: 'libphonenumber-js',
    kind: 'phone numbers',
    main: 'is-valid-phone-number',
    args: ['+14155552671', null],
    native: (m) => m.isValidPhoneNumber('+14155552671'),
  },
  {
    package: 'zod',
    kind: 'validation',
    main: 'zod-string.parse',
    made: [['string', [null]]],
    args: ['"Ada"', null],
    native: (m) => once('zod', () => m.string()).parse('Ada'),
  },
];
