/** Which program a server's command line starts, behind the launchers that people start such programs with. */
import { basename } from 'node:path';

export interface Program {
  readonly kind: 'npm' | 'pypi' | 'docker' | 'file';
  /** The package, image or file name; packages and images without version, tag, registry. */
  readonly name: string;
  readonly version?: string;
  /** What the program itself is given. */
  readonly args: readonly string[];
  /** Of a container: what of this machine it sees. */
  readonly mounts: readonly Mount[];
  /** Variables that the command line itself names. */
  readonly variables: readonly string[];
}

export interface Mount {
  readonly host: string;
  readonly guest: string;
  readonly readOnly: boolean;
}

type Words = readonly string[];
type Start = (args: Words, variables: Words) => Program | undefined;

/** Undefined where it cannot be told. */
export function programOf(command: string, args: Words, variables: Words = []): Program | undefined {
  const own = basename(command.replaceAll('\\', '/')).replace(/\.(?:exe|cmd|bat)$/i, '');
  // A whole command line in place of the command, as some clients take it.
  if (/\s/.test(own) && args.length === 0) {
    const [first = '', ...rest] = splitWords(command);
    if (first !== command) return programOf(first, rest, variables);
  }
  const start = Object.hasOwn(STARTS, own) ? STARTS[own] : undefined;
  return start ? start(args, variables) : fileProgram(command, args, variables);
}

const npm =
  (skip: Words): Start =>
  (args, variables) => {
    const rest = startsWith(args, skip);
    return rest && npmProgram(rest, variables);
  };
const anyOf =
  (...starts: readonly Start[]): Start =>
  (args, variables) => {
    for (const start of starts) {
      const found = start(args, variables);
      if (found) return found;
    }
    return undefined;
  };
/** What comes after a wrapper's own options. */
const after =
  (mark: string): Start =>
  (args, variables) => {
    const [first, ...rest] = args.slice(args.indexOf(mark) + 1);
    return args.includes(mark) && first !== undefined ? programOf(first, rest, variables) : undefined;
  };

const python: Start = (args, variables) => {
  const at = args.indexOf('-m');
  const module = args[at + 1];
  if (at !== -1 && module !== undefined)
    return program('pypi', module.replaceAll('_', '-'), args.slice(at + 2), variables);
  return scriptProgram(args, variables);
};
const node: Start = (args, variables) => scriptProgram(args, variables);
const uvx: Start = (args, variables) =>
  pypiProgram(args, variables, ['--from', '--with', '--python', '-p', '--index-url']);
const docker: Start = (args, variables) => {
  const rest = startsWith(args, ['run']) ?? startsWith(args, ['container', 'run']);
  return rest && dockerProgram(rest, variables);
};
const shell: Start = (args, variables) => {
  const at = args.findIndex((word) => /^-[a-z]*c$/.test(word) || word.toLowerCase() === '/c');
  const line = args[at + 1];
  if (at === -1 || line === undefined) return scriptProgram(args, variables);
  // `cmd /c npx …` has the words apart; a shell has them in one.
  const words = args.length > at + 2 ? args.slice(at + 1) : splitWords(line);
  return envProgram(words, variables);
};

const STARTS: { readonly [command: string]: Start } = {
  npx: npm([]),
  bunx: npm([]),
  pnpx: npm([]),
  npm: anyOf(npm(['exec']), npm(['x'])),
  pnpm: anyOf(npm(['dlx']), npm(['exec'])),
  yarn: npm(['dlx']),
  bun: anyOf(npm(['x']), node),
  deno: (args, variables) => {
    const found = args.find((word) => word.startsWith('npm:'));
    return found === undefined
      ? scriptProgram(
          args.filter((word) => word !== 'run'),
          variables,
        )
      : npmProgram([found.slice(4), ...args.slice(args.indexOf(found) + 1)], variables);
  },
  node,
  tsx: node,
  uvx,
  uv: (args, variables) => {
    const tool = startsWith(args, ['tool', 'run']);
    if (tool) return uvx(tool, variables);
    const at = args.indexOf('run');
    return at === -1
      ? undefined
      : pypiProgram(args.slice(at + 1), variables, [
          '--with',
          '--python',
          '-p',
          '--directory',
          '--project',
          '--env-file',
        ]);
  },
  pipx: (args, variables) => {
    const rest = startsWith(args, ['run']);
    return rest && pypiProgram(rest, variables, ['--spec', '--python', '--pip-args', '--index-url']);
  },
  python,
  python3: python,
  docker,
  podman: docker,
  nerdctl: docker,
  sh: shell,
  bash: shell,
  zsh: shell,
  cmd: shell,
  env: (args, variables) => envProgram(args, variables),
  op: after('--'),
  doppler: after('--'),
  dotenv: after('--'),
  mise: after('--'),
};

function program(kind: Program['kind'], name: string, args: Words, variables: Words, version?: string): Program {
  return { kind, name, args, mounts: [], variables, ...(version === undefined ? {} : { version }) };
}

function startsWith(args: Words, words: Words): Words | undefined {
  return words.every((word, i) => args[i] === word) ? args.slice(words.length) : undefined;
}

/** `NAME=value` words, then a command. */
function envProgram(words: Words, variables: Words): Program | undefined {
  const own: string[] = [];
  let at = 0;
  for (; at < words.length; at += 1) {
    const name = /^([A-Za-z_]\w*)=/.exec(words[at] ?? '')?.[1];
    if (name === undefined && !/^(?:-[iS0]|exec)$/.test(words[at] ?? '')) break;
    if (name !== undefined) own.push(name);
  }
  const command = words[at];
  return command === undefined ? undefined : programOf(command, words.slice(at + 1), [...variables, ...own]);
}

function npmProgram(args: Words, variables: Words): Program | undefined {
  let at = 0;
  let from: string | undefined;
  for (; at < args.length && args[at]?.startsWith('-'); at += 1) {
    const [option = '', value] = (args[at] ?? '').split(/=(.*)/s);
    if (option === '--') {
      at += 1;
      break;
    }
    const takes =
      ['-p', '--package', '--registry', '--cache', '--prefix', '--userconfig'].includes(option) && value === undefined;
    if (option === '-p' || option === '--package') from = value ?? args[at + 1];
    if (takes) at += 1;
  }
  const word = from ?? args[at];
  if (word === undefined) return undefined;
  const github = /^(?:github:|git\+|https?:)/.test(word);
  const [, name = word, version] = github ? [] : (/^(@?[^@]+)(?:@(.+))?$/.exec(word) ?? []);
  return program('npm', github ? repositoryName(word) : name, args.slice(at + 1), variables, version);
}

function pypiProgram(args: Words, variables: Words, withValue: Words): Program | undefined {
  let at = 0;
  let from: string | undefined;
  for (; at < args.length && args[at]?.startsWith('-'); at += 1) {
    const [option = '', value] = (args[at] ?? '').split(/=(.*)/s);
    if (option === '-m' && args[at + 1] !== undefined) break;
    if (!withValue.includes(option) || value !== undefined) {
      if (option === '--from' || option === '--spec') from = value;
      continue;
    }
    if (option === '--from' || option === '--spec') from = args[at + 1];
    at += 1;
  }
  if (args[at] === '-m' || /^python3?$/.test(args[at] ?? ''))
    return python(args.slice(args[at] === '-m' ? at : at + 1), variables);
  const word = from ?? args[at];
  if (word === undefined) return undefined;
  if (word.endsWith('.py')) return scriptProgram(args.slice(at), variables);
  if (/^(?:git\+|https?:)/.test(word)) return program('pypi', repositoryName(word), args.slice(at + 1), variables);
  const [, name = word, version] = /^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?(?:@|==|>=|~=)?(.*)$/.exec(word) ?? [];
  return program('pypi', name.replaceAll('_', '-').toLowerCase(), args.slice(at + 1), variables, version || undefined);
}

const repositoryName = (url: string): string =>
  url
    .replace(/[#@][^/]*$/, '')
    .replace(/\.git$/, '')
    .replace(/^.*[/:]/, '');

/** Options of `docker run` that take no value of their own; all others do, unless it follows a `=`. */
const ALONE =
  /^(?:-[itdPq]+|--(?:rm|init|interactive|tty|detach|privileged|read-only|publish-all|quiet|no-healthcheck|oom-kill-disable|sig-proxy|disable-content-trust))$/;

function dockerProgram(args: Words, variables: Words): Program | undefined {
  const mounts: Mount[] = [];
  const own: string[] = [];
  let at = 0;
  for (; at < args.length && args[at]?.startsWith('-'); at += 1) {
    const word = args[at] ?? '';
    if (ALONE.test(word)) continue;
    const [option = '', given] = word.startsWith('--')
      ? word.split(/=(.*)/s)
      : [word.slice(0, 2), word.slice(2) || undefined];
    if (given === undefined) at += 1;
    const value = given ?? args[at] ?? '';
    if (option === '-e' || option === '--env') own.push(value.split('=')[0] ?? '');
    if (option === '-v' || option === '--volume') mounts.push(...volume(value));
    if (option === '--mount') mounts.push(...mount(value));
  }
  const image = args[at];
  if (image === undefined) return undefined;
  const [, name = image, version] = /^(.*?)(?:@(sha256:.*)|:([^/]*))?$/.exec(image) ?? [];
  const tag = version ?? /:([^/:]*)$/.exec(image)?.[1];
  const short = name.replace(/^(?:docker\.io|index\.docker\.io|registry\.hub\.docker\.com)\//, '');
  return { ...program('docker', short, args.slice(at + 1), [...variables, ...own], tag), mounts };
}

function volume(value: string): Mount[] {
  const [host = '', guest = '', options = ''] = value.split(':');
  return guest === '' ? [] : [{ host, guest, readOnly: options.split(',').includes('ro') }];
}

function mount(value: string): Mount[] {
  const fields = new Map<string, string>(
    value.split(',').map((field) => {
      const [name = '', text = ''] = field.split(/=(.*)/s);
      return [name, text];
    }),
  );
  const host = fields.get('src') ?? fields.get('source');
  const guest = fields.get('dst') ?? fields.get('destination') ?? fields.get('target');
  const readOnly = ['ro', 'readonly'].some((name) => fields.has(name) && fields.get(name) !== 'false');
  return host === undefined || guest === undefined ? [] : [{ host, guest, readOnly }];
}

/** A script, by the path behind an interpreter's options. */
function scriptProgram(args: Words, variables: Words): Program | undefined {
  const at = args.findIndex((word) => !word.startsWith('-'));
  const file = args[at];
  return file === undefined ? undefined : fileProgram(file, args.slice(at + 1), variables);
}

/** A file: the package that it lies in where the path tells, else its own name. */
function fileProgram(path: string, args: Words, variables: Words): Program {
  const clean = path.replaceAll('\\', '/');
  const [, inModules] = /^.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(clean) ?? [];
  if (inModules !== undefined && inModules !== '.bin') return program('npm', inModules, args, variables);
  // A checkout of https://github.com/modelcontextprotocol/servers.
  const [, reference] = /\/servers\/src\/([^/]+)\//.exec(clean) ?? [];
  return program('file', reference === undefined ? basename(clean) : `mcp-server-${reference}`, args, variables);
}

/** The words of a simple shell command; of several commands those of the last, of a pipe those of its first. */
function splitWords(line: string): string[] {
  const last = line.split(/&&|\|\||;/).at(-1) ?? '';
  const [first = ''] = last.split('|');
  return [...first.matchAll(/(?:[^\s"']+|"(?:\\.|[^"\\])*"|'[^']*')+/g)].map(([word]) =>
    word.replaceAll(/"((?:\\.|[^"\\])*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ''),
  );
}
