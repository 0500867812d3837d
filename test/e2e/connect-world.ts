/** A person's machine for `connect` and `import`: a directory that is their home, and programs' settings in it. */
import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { newHome, type Outcome, outcomeOf } from './cli-run.ts';
import { atTerminal, type Dialogue, type Seen } from './terminal.ts';

export const MAIN = join(import.meta.dirname, '../../src/gateways/cli/main.ts');

export interface World {
  /** The person's home directory. */
  readonly user: string;
  /** Switchboard's own. */
  readonly home: string;
  readonly project: string;
  write(path: string, text: string): Promise<string>;
  read(path: string): Promise<string>;
  /** A verb with no terminal, in the project's directory. */
  run(...args: readonly string[]): Promise<Outcome>;
  type(args: readonly string[], dialogue?: Dialogue): Promise<Seen>;
}

export async function newWorld(t: TestContext): Promise<World> {
  const home = newHome(t);
  const user = join(dirname(home), 'ann');
  const project = join(user, 'shop');
  await mkdir(project, { recursive: true });
  const own = { HOME: user, XDG_CONFIG_HOME: '', CLAUDE_CONFIG_DIR: '', CODEX_HOME: '', GEMINI_CLI_HOME: '' };
  return {
    user,
    home,
    project,
    async write(path, text) {
      await mkdir(dirname(join(user, path)), { recursive: true });
      await writeFile(join(user, path), text);
      return join(user, path);
    },
    read: (path) => readFile(join(user, path), 'utf8'),
    run: (...args) =>
      outcomeOf(
        spawn(process.execPath, [MAIN, ...args], {
          cwd: project,
          env: { ...process.env, NODE_TEST_CONTEXT: undefined, SWITCHBOARD_HOME: home, ...own },
          stdio: ['ignore', 'pipe', 'pipe'],
        }),
      ),
    type: (args, dialogue = []) => atTerminal(home, args, dialogue, own),
  };
}
