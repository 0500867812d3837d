/** The only reader of the process's environment. Host and gateways import it; nothing else does. */

export interface Env {
  /** `SWITCHBOARD_HOME`: the home directory, where no `--home` says otherwise. An empty value counts as unset. */
  readonly home: string | undefined;
  /** `NO_COLOR` is set to anything but the empty string (https://no-color.org), or the terminal is `dumb`. */
  readonly noColor: boolean;
}

/** What Switchboard takes from the environment, as it is now. */
export function env(): Env {
  const { SWITCHBOARD_HOME, NO_COLOR, TERM } = process.env;
  return Object.freeze({
    home: SWITCHBOARD_HOME === '' ? undefined : SWITCHBOARD_HOME,
    noColor: (NO_COLOR !== undefined && NO_COLOR !== '') || TERM === 'dumb',
  });
}

/** Variables that a host process needs of its starter. No other reaches it, so no secret of a shell does. */
const HOST_VARIABLES = ['PATH', 'HOME', 'USER', 'LOGNAME', 'TMPDIR', 'LANG', 'LC_ALL', 'TZ', 'NODE_COMPILE_CACHE'];

/** The environment of a host process that this process starts. */
export function hostEnvironment(): NodeJS.ProcessEnv {
  // File work and names of all components share these threads: with Node's four, two slow names would be half of them.
  const kept: NodeJS.ProcessEnv = { UV_THREADPOOL_SIZE: '16' };
  for (const name of HOST_VARIABLES) {
    const value = process.env[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

/** A variable of whoever runs a verb, by name: what `grant --env NAME` gives. */
export const variableOfCaller = (name: string): string | undefined => process.env[name];

/** `SWITCHBOARD_OWNER_TOKEN`: stands for the person where there is no terminal. */
export function ownerTokenVariable(): string | undefined {
  const { SWITCHBOARD_OWNER_TOKEN } = process.env;
  return SWITCHBOARD_OWNER_TOKEN === '' ? undefined : SWITCHBOARD_OWNER_TOKEN;
}

/** `SWITCHBOARD_KEY_PASSPHRASE`: of the key that signs, where nobody is there to type it. */
export function keyPassphraseVariable(): string | undefined {
  const { SWITCHBOARD_KEY_PASSPHRASE } = process.env;
  return SWITCHBOARD_KEY_PASSPHRASE === '' ? undefined : SWITCHBOARD_KEY_PASSPHRASE;
}

/** Where MCP clients were told to keep their settings; empty values count as unset. */
export interface ClientVariables {
  readonly xdgConfigHome: string | undefined;
  /** `CLAUDE_CONFIG_DIR`, of Claude Code. */
  readonly claudeConfigDir: string | undefined;
  /** `CODEX_HOME`. */
  readonly codexHome: string | undefined;
  /** `GEMINI_CLI_HOME`. */
  readonly geminiHome: string | undefined;
}

export function clientVariables(): ClientVariables {
  const { XDG_CONFIG_HOME, CLAUDE_CONFIG_DIR, CODEX_HOME, GEMINI_CLI_HOME } = process.env;
  const set = (value: string | undefined): string | undefined => (value === '' ? undefined : value);
  return {
    // A relative one is to be ignored (https://specifications.freedesktop.org/basedir-spec/latest/).
    xdgConfigHome: XDG_CONFIG_HOME?.startsWith('/') ? XDG_CONFIG_HOME : undefined,
    claudeConfigDir: set(CLAUDE_CONFIG_DIR),
    codexHome: set(CODEX_HOME),
    geminiHome: set(GEMINI_CLI_HOME),
  };
}

/**
 * The environment of compilers and of a project's tests: that of the verb, as if the person had started them, but for what
 * is meant for Switchboard alone. A build script that had the owner token could grant its component anything.
 */
export const toolEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.toUpperCase().startsWith('SWITCHBOARD_')));

/** What npm goes by: settings in the environment, in any spelling, come before those in files. */
export function npmVariable(name: string): string | undefined {
  const wanted = `npm_config_${name}`.replaceAll('-', '_');
  for (const [key, value] of Object.entries(process.env)) {
    if (value !== undefined && value !== '' && key.toLowerCase().replaceAll('-', '_') === wanted) return value;
  }
  return undefined;
}

/** Directories in which commands are looked for. */
export const commandPath = (): readonly string[] => (process.env['PATH'] ?? '').split(':').filter(Boolean);

/** What reaches registries and who signs in there: the variables that docker, podman and curl go by. */
export interface RegistryVariables {
  readonly httpProxy: string | undefined;
  readonly httpsProxy: string | undefined;
  readonly noProxy: string | undefined;
  /** `DOCKER_CONFIG`: the directory of docker's config.json. */
  readonly dockerConfig: string | undefined;
  /** `REGISTRY_AUTH_FILE`, of podman and skopeo. */
  readonly authFile: string | undefined;
  /** `XDG_RUNTIME_DIR`. */
  readonly runtimeDir: string | undefined;
}

export function registryVariables(): RegistryVariables {
  const variable = (...names: readonly string[]): string | undefined =>
    names.map((name) => process.env[name]).find((value) => value !== undefined && value !== '');
  return {
    // Not HTTP_PROXY in capitals alone: a web server's request could set it (https://httpoxy.org); curl does the same.
    httpProxy: variable('http_proxy', 'all_proxy', 'ALL_PROXY'),
    httpsProxy: variable('https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'),
    noProxy: variable('no_proxy', 'NO_PROXY'),
    dockerConfig: variable('DOCKER_CONFIG'),
    authFile: variable('REGISTRY_AUTH_FILE'),
    runtimeDir: variable('XDG_RUNTIME_DIR'),
  };
}
