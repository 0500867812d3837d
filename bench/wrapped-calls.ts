/** Functions of libraries with inputs that keep V8 busy for 0.1 ms or more: the host's own part of a call is then small. */
const repeat = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join('');

export interface PureCall {
  /** In this checkout's node_modules. */
  readonly package: string;
  /** The export that is wrapped. */
  readonly only: string;
  /** As callers of the component name it. */
  readonly function: string;
  /** In the JSON form of WIT values. */
  readonly arguments: readonly unknown[];
  /** The same call in this process. */
  readonly load: () => Promise<() => unknown>;
  /** Whether the component's answer is what V8 answers. */
  readonly agrees: (guest: unknown, native: unknown) => boolean;
}

const same = (guest: unknown, native: unknown): boolean => guest === native;
/** `any` crosses as JSON text. */
const json = (guest: unknown, native: unknown): boolean => guest === JSON.stringify(native);

const MARKDOWN = repeat(
  30,
  (i) => `## Part ${i}\n\nSome *text* with a [link](/to/${i}) and \`code\`.\n\n- one\n- two\n\n`,
);
const YAML = repeat(60, (i) => `- name: person ${i}\n  age: ${i}\n  tags: [a, b]\n`);
const TOML = repeat(60, (i) => `[[people]]\nname = "person ${i}"\nage = ${i}\ntags = ["a", "b"]\n`);
const CSV = `name,age,city\n${repeat(400, (i) => `person ${i},${i},"a city, ${i}"\n`)}`;
const BEFORE = repeat(120, (i) => `line ${i}\n`);
const AFTER = repeat(120, (i) => (i % 5 === 0 ? `changed ${i}\n` : `line ${i}\n`));
const TITLE = repeat(300, (i) => `Größe & Höhe ${i} `);
const MARKUP = repeat(600, (i) => `<p title="${i}">ä & ö</p>`);
const WORDS = repeat(300, (i) => `someWords here ${i} `);
const VERSIONS = Array.from({ length: 400 }, (_, i) => `${i % 7}.${i % 11}.${i}`);

export const PURE_CALLS: readonly PureCall[] = [
  {
    package: 'marked',
    only: 'parse',
    function: 'parse',
    arguments: [MARKDOWN, null],
    load: async () => {
      const { parse } = await import('marked');
      return () => parse(MARKDOWN);
    },
    agrees: same,
  },
  {
    package: 'yaml',
    only: 'parse',
    function: 'parse',
    arguments: [YAML, null, null],
    load: async () => {
      const { parse } = await import('yaml');
      return () => parse(YAML) as unknown;
    },
    agrees: json,
  },
  {
    package: 'smol-toml',
    only: 'parse',
    function: 'parse',
    arguments: [TOML, null],
    load: async () => {
      const { parse } = await import('smol-toml');
      return () => parse(TOML);
    },
    agrees: json,
  },
  {
    package: 'papaparse',
    only: 'parse',
    function: 'parse',
    arguments: [CSV, null],
    load: async () => {
      const { default: papa } = await import('papaparse');
      return () => papa.parse(CSV);
    },
    agrees: (guest, native) => json((guest as { data: unknown }).data, (native as { data: unknown }).data),
  },
  {
    package: 'diff',
    only: 'createPatch',
    function: 'create-patch',
    arguments: ['a.txt', BEFORE, AFTER, null, null, null],
    load: async () => {
      const { createPatch } = await import('diff');
      return () => createPatch('a.txt', BEFORE, AFTER);
    },
    agrees: same,
  },
  {
    package: 'slugify',
    only: 'slugify',
    function: 'slugify',
    arguments: [TITLE, null],
    load: async () => {
      const { default: slugify } = await import('slugify');
      return () => slugify.default(TITLE);
    },
    agrees: same,
  },
  {
    package: 'entities',
    only: 'encodeXML',
    function: 'encode-xml',
    arguments: [MARKUP],
    load: async () => {
      const { encodeXML } = await import('entities');
      return () => encodeXML(MARKUP);
    },
    agrees: same,
  },
  {
    package: 'change-case',
    only: 'snakeCase',
    function: 'snake-case',
    arguments: [WORDS, null],
    load: async () => {
      const { snakeCase } = await import('change-case');
      return () => snakeCase(WORDS);
    },
    agrees: same,
  },
  {
    package: 'semver',
    only: 'maxSatisfying',
    function: 'max-satisfying',
    arguments: [VERSIONS.map((val) => ({ tag: 'text', val })), { tag: 'text', val: '^3.2.1 || 5.x' }, null],
    load: async () => {
      const { default: semver } = await import('semver');
      return () => semver.maxSatisfying(VERSIONS, '^3.2.1 || 5.x');
    },
    agrees: (guest, native) => same((guest as { val?: unknown } | null)?.val ?? guest, native),
  },
];
