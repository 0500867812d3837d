import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HostEvent } from '#core';
import { SwitchboardError } from '#core/errors';
import type { Narrowing } from '#core/narrowing';
import type { RemoteHost } from '../control/client.ts';
import { checkOauth, type OauthSettings } from '../mcp/oauth-settings.ts';
import { parseRate, type Rate } from '../mcp/rate-limit.ts';
import { prepareBundled } from './bundled.ts';
import type { Context } from './context.ts';
import { safeLine } from './safe.ts';
import { type NarrowingFlags, narrowingOf, narrowingOptions, narrowingWords } from './narrowing-flags.ts';
import { shellWord } from './shell-word.ts';
import { serveStdio } from './serve-stdio.ts';
import type { Define } from './verbs.ts';

interface Flags extends NarrowingFlags {
  readonly stdio?: true;
  readonly host: string;
  readonly port: string;
  readonly allowHost?: readonly string[];
  readonly oauthIssuer?: string;
  readonly oauthAudience?: string;
  readonly oauthScope?: readonly string[];
  readonly rate?: string;
}

/** `serve`: MCP for other programs, until interrupted. */
export const define: Define = (command, act) => {
  narrowingOptions(command)
    .option('--profile <name>', 'what this profile offers (switchboard profile)')
    .option('--stdio', 'serve one client over standard input and output, as MCP clients start it')
    .option('--host <address>', 'the address to listen on', '127.0.0.1')
    .option('--port <port>', 'the port to listen on; 0 takes a free one', '7420')
    .option('--allow-host <name...>', 'more names by which clients may ask for this server')
    .option('--oauth-issuer <url>', 'an OAuth 2.1 server whose access tokens count too, besides the token')
    .option('--oauth-audience <url>', 'the URL that those tokens must be for, where clients reach this by another')
    .option('--oauth-scope <scope...>', 'scopes that those tokens must have')
    .option('--rate <n/s>', 'requests that each client may make, as 100/s; off for the token, 100/s with OAuth')
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
      act(async (context, flags: Flags) => {
        const rate = flags.rate === undefined ? undefined : parseRate(flags.rate);
        const narrowing = narrowingOf(flags);
        if (flags.stdio === true) return serveStdio(context, () => prepare(context), narrowing, rate);
        const port = /^\d{1,5}$/.test(flags.port) ? Number(flags.port) : Number.NaN;
        if (!(port <= 65_535)) {
          throw new SwitchboardError(
            'invalid-usage',
            `--port takes a number up to 65535, not "${safeLine(flags.port)}"`,
          );
        }
        const { host, allowHost: allowedHosts } = flags;
        await serveHttp(context, { host, port, allowedHosts, oauth: oauthOf(flags), rate, narrowing }, flags);
      }),
    );
};

function oauthOf({ oauthIssuer, oauthAudience, oauthScope }: Flags): OauthSettings | undefined {
  if (oauthIssuer !== undefined) {
    return checkOauth({ issuer: oauthIssuer, audience: oauthAudience, scopes: oauthScope });
  }
  if (oauthAudience === undefined && oauthScope === undefined) return undefined;
  throw new SwitchboardError('invalid-usage', '--oauth-audience and --oauth-scope need --oauth-issuer');
}

/** The host, with the bundled components in it where the home is new. */
async function prepare(context: Context): Promise<RemoteHost> {
  const host = await context.attach();
  await prepareBundled(context, host);
  return host;
}

interface Address {
  readonly host: string;
  readonly port: number;
  readonly allowedHosts: readonly string[] | undefined;
  readonly oauth: OauthSettings | undefined;
  readonly rate: Rate | undefined;
  readonly narrowing: Narrowing;
}

async function serveHttp(context: Context, at: Address, flags: NarrowingFlags): Promise<void> {
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
