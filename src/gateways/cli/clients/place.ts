import { homedir } from 'node:os';
import { join } from 'node:path';
import { clientVariables } from '../../../env.ts';

/** Where programs of this user keep their settings. */
export interface Place {
  readonly platform: 'linux' | 'darwin';
  readonly home: string;
  /** `$XDG_CONFIG_HOME`, else `~/.config`. */
  readonly config: string;
  /** Where desktop programs keep theirs: `~/Library/Application Support` on macOS, else `config`. */
  readonly applications: string;
  /** The project that the verb was called in. */
  readonly project: string;
  readonly claudeConfigDir: string | undefined;
  readonly codexHome: string | undefined;
  readonly geminiHome: string | undefined;
}

/** The place of this process. */
export function thisPlace(): Place {
  const { xdgConfigHome, ...variables } = clientVariables();
  const home = homedir();
  const config = xdgConfigHome ?? join(home, '.config');
  const platform = process.platform === 'darwin' ? 'darwin' : 'linux';
  return {
    platform,
    home,
    config,
    applications: platform === 'darwin' ? join(home, 'Library/Application Support') : config,
    project: process.cwd(),
    ...variables,
  };
}

/** A path as people write it, `~` for their home. */
export function shortPath(path: string, home: string): string {
  return path === home || path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}
