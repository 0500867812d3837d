/** The only place that reads the environment; what each variable does is said where it is read. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** The home directory without `--home`: `$SWITCHBOARD_HOME`, else `~/.switchboard`. Absolute. */
export function defaultHome(): string {
  const named = process.env['SWITCHBOARD_HOME'];
  return named === undefined || named === '' ? join(homedir(), '.switchboard') : resolve(named);
}

/** Variables the host process needs of its starter; no other reaches it, so no secret of a shell does. */
const HOST_VARIABLES = ['PATH', 'HOME', 'USER', 'LOGNAME', 'TMPDIR', 'LANG', 'LC_ALL', 'TZ', 'NODE_COMPILE_CACHE'];

/** The environment of a host process. */
export function hostEnvironment(): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {};
  for (const name of HOST_VARIABLES) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  return environment;
}
