import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HostEvent } from '#core';
import { SwitchboardError } from '#core/errors';
import type { RemoteHost } from '../control/client.ts';
import { prepareBundled } from './bundled.ts';
import type { Context } from './context.ts';
import { safeLine } from './safe.ts';
import { type NarrowingFlags, narrowingWords } from './narrowing-flags.ts';
import { type HttpSettings, httpSettings, type ServeFlags, serveOptions, stdioSettings } from './serve-flags.ts';
import { shellWord } from './shell-word.ts';
import { serveStdio } from './serve-stdio.ts';
import type { Define } from './verbs.ts';

/** `serve`: MCP for other programs, until interrupted. */
export const define: Define = (command, act) => {
  serveOptions(command)
    .addHelpText(
      'after',
      `
The first serve of a home installs the bundled components. With --output json one line is printed when ready.
--only, --tools and --profile say what clients are offered; over HTTP one may name a profile itself: /mcp?profile=NAME.

Examples:
  $ switchboard serve --port 7420
  $ switchboard serve --stdio --only 'switchboard:text' 'switchboard:files/read*'
  $ claude mcp add switchboard -- switchboard serve --stdio`,
    )
    .action(
      act(async (context, flags: ServeFlags) => {
        if (flags.stdio !== true) return serveHttp(context, httpSettings(flags), flags);
        const { narrowing, rate } = stdioSettings(flags);
        await serveStdio(context, () => prepare(context), narrowing, rate);
      }),
    );
};

/** The host, with the bundled components in it where the home is new. */
async function prepare(context: Context): Promise<RemoteHost> {
  const host = await context.attach();
  await prepareBundled(context, host);
  return host;
}

async function serveHttp(context: Context, at: HttpSettings, flags: NarrowingFlags): Promise<void> {
  const host = await prepare(context);
  if (!isLoopback(at.host)) {
    context.note(`WARNING: ${at.host} can be reached by other machines, over HTTP that anybody on the way can read.`);
    context.note(
      'WARNING: whoever has the token can call every tool. Put a proxy with TLS before it, or leave --host out.',
    );
  }
  const { url } = await context.progress('opening the port', host.serveHttp(at));
  const { countTools } = await import('../mcp/count-tools.ts');
  const { tools, search } = await countTools(host, at.narrowing);
  const ready = { url, token: await host.token(), tools, search, pid: host.pid, home: context.home };
  if (context.json) context.printLine(ready);
  else process.stdout.write(howToConnect(ready, flags));
  if (!context.json && process.stdout.isTTY) host.subscribe(showCall, ['call.finished']);
  await interrupted(context, host);
  if (!context.signal.aborted) throw new SwitchboardError('host-closed', 'the host stopped');
  await host.stopHttp();
  context.finished();
}

function interrupted(context: Context, host: RemoteHost): Promise<void> {
  return new Promise((resolve) => {
    if (context.signal.aborted) resolve();
    context.signal.addEventListener('abort', () => resolve(), { once: true });
    void host.closed.then(resolve);
  });
}

interface Ready {
  readonly url: string;
  readonly token: string;
  readonly tools: number;
  readonly search: boolean;
  readonly home: string;
}

function howToConnect({ url, token, tools, search, home }: Ready, flags: NarrowingFlags): string {
  const authorization = `Bearer ${token}`;
  const json = { mcpServers: { switchboard: { type: 'http', url, headers: { Authorization: authorization } } } };
  const found = search ? ', found by search,' : '';
  return `Switchboard serves ${tools} tools${found} at ${url}
token: ${token}

Claude Code:
  claude mcp add --transport http switchboard ${url} --header "Authorization: ${authorization}"
Other clients:
  ${JSON.stringify(json)}
Clients that start a server themselves, with no token:
  ${stdioCommand(home)}${narrowingWords(flags)}

Ctrl-C stops.
`;
}

function stdioCommand(home: string): string {
  const launcher = fileURLToPath(new URL('../../../switchboard', import.meta.url));
  const command = existsSync(launcher) ? launcher : 'switchboard';
  const elsewhere = home === join(homedir(), '.switchboard') ? '' : ` --home ${shellWord(home)}`;
  return `${shellWord(command)} serve --stdio${elsewhere}`;
}

function showCall(event: HostEvent): void {
  if (event.type !== 'call.finished') return;
  const { context, outcome, queueMs, runMs } = event;
  const time = new Date(event.at).toISOString().slice(11, 19);
  const waited = queueMs >= 1 ? `, waited ${Math.round(queueMs)} ms` : '';
  process.stdout.write(
    `${time} ${safeLine(context.component)} ${safeLine(context.function)} ${outcome} ${runMs.toFixed(1)} ms${waited}\n`,
  );
}

/** Whether only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}
