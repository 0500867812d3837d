import type { Command } from 'commander';
import type { Context } from './context.ts';

/** Makes a verb's function the action of its command. */
export type Act = <A extends unknown[]>(
  run: (context: Context, ...args: A) => Promise<void>,
) => (...args: A) => Promise<void>;

/** Gives a command its arguments, options, help and action. */
export type Define = (command: Command, act: Act) => void;

export interface Verb {
  readonly summary: string;
  /** Only the verb that runs, or whose help is shown, is loaded. */
  readonly load: () => Promise<Define>;
}

/** Every verb, in the order of the help. */
export const VERBS: { readonly [name: string]: Verb } = {
  init: { summary: 'make a new project of a component', load: async () => (await import('./init.ts')).define },
  wrap: { summary: 'make a component of a library of npm', load: async () => (await import('./wrap.ts')).define },
  rewrap: { summary: 'wrap a library again at a new version', load: async () => (await import('./rewrap.ts')).define },
  build: { summary: 'build a project into a component', load: async () => (await import('./build.ts')).define },
  test: {
    summary: 'run the tests of a project inside the sandbox',
    load: async () => (await import('./test.ts')).define,
  },
  bench: { summary: 'measure calls of a project’s function', load: async () => (await import('./bench.ts')).define },
  inspect: {
    summary: 'show what a component file imports, exports and needs; never runs it',
    load: async () => (await import('./inspect.ts')).define,
  },
  install: {
    summary: 'install a component, of a file or of a registry',
    load: async () => (await import('./install.ts')).define,
  },
  update: {
    summary: 'install newer versions of what came from registries',
    load: async () => (await import('./update.ts')).define,
  },
  search: { summary: 'find components in a registry', load: async () => (await import('./search.ts')).define },
  versions: {
    summary: 'list what a registry has of a component',
    load: async () => (await import('./versions.ts')).define,
  },
  pull: {
    summary: 'fetch a component of a registry as a file',
    load: async () => (await import('./pull.ts')).define,
  },
  scan: {
    summary: 'read a component for what you should know before you publish or install it',
    load: async () => (await import('./scan.ts')).define,
  },
  publish: { summary: 'push a component to a registry', load: async () => (await import('./publish.ts')).define },
  keygen: { summary: 'make a key that signs what you publish', load: async () => (await import('./keygen.ts')).define },
  sign: {
    summary: 'sign a component, in a file or in a registry',
    load: async () => (await import('./sign.ts')).define,
  },
  verify: {
    summary: 'show who signed something, and whether the signature holds',
    load: async () => (await import('./verify.ts')).define,
  },
  yank: { summary: 'take a published version back', load: async () => (await import('./yank.ts')).define },
  trust: {
    summary: 'say whose components may be installed from registries',
    load: async () => (await import('./trust.ts')).define,
  },
  registry: {
    summary: 'serve a registry, or say which ones are asked',
    load: async () => (await import('./registry.ts')).define,
  },
  list: { summary: 'list installed components', load: async () => (await import('./list.ts')).define },
  info: {
    summary: 'show a component that is installed, or in a registry',
    load: async () => (await import('./info.ts')).define,
  },
  uninstall: { summary: 'remove a component', load: async () => (await import('./uninstall.ts')).define },
  call: { summary: 'call a function of a component', load: async () => (await import('./call.ts')).define },
  limits: { summary: 'show or set the limits of a component', load: async () => (await import('./limits.ts')).define },
  grant: { summary: 'give a component permissions', load: async () => (await import('./grant.ts')).define },
  revoke: { summary: 'take permissions back', load: async () => (await import('./revoke.ts')).define },
  policy: {
    summary: 'show what a component asks for and has, or check one access',
    load: async () => (await import('./policy.ts')).define,
  },
  secret: { summary: 'keep secrets for components', load: async () => (await import('./secret.ts')).define },
  approvals: {
    summary: 'decide what components and models asked for',
    load: async () => (await import('./approvals.ts')).define,
  },
  schedule: {
    summary: 'show or remove calls that components arranged for later',
    load: async () => (await import('./schedule.ts')).define,
  },
  stores: {
    summary: 'show or remove what components keep',
    load: async () => (await import('./stores.ts')).define,
  },
  'owner-token': {
    summary: 'let your scripts decide without a terminal',
    load: async () => (await import('./owner-token.ts')).define,
  },
  serve: { summary: 'serve MCP over HTTP or stdio', load: async () => (await import('./serve.ts')).define },
  profile: {
    summary: 'name what MCP clients are offered',
    load: async () => (await import('./profile.ts')).define,
  },
  connect: {
    summary: 'write Switchboard into the settings of an MCP client',
    load: async () => (await import('./connect.ts')).define,
  },
  import: {
    summary: 'list the MCP servers you run today, and what could replace them',
    load: async () => (await import('./import.ts')).define,
  },
  token: { summary: 'show or rotate the bearer token of HTTP', load: async () => (await import('./token.ts')).define },
  logs: { summary: 'show what components wrote', load: async () => (await import('./logs.ts')).define },
  doctor: { summary: 'check this machine and the home', load: async () => (await import('./doctor.ts')).define },
  version: { summary: 'show the version', load: async () => (await import('./version.ts')).define },
};
