/** The options of `serve`, and what is wrong with them: told before anything is started, or written into a client's file. */
import type { Command } from 'commander';
import { SwitchboardError } from '#core/errors';
import type { Narrowing } from '#core/narrowing';
import { checkAudience, checkOauth, type OauthSettings } from '../mcp/oauth-settings.ts';
import { parseRate, type Rate } from '../mcp/rate-limit.ts';
import { type NarrowingFlags, narrowingOf, narrowingOptions } from './narrowing-flags.ts';
import { safeLine } from './safe.ts';

export interface ServeFlags extends NarrowingFlags {
  readonly stdio?: true;
  readonly host?: string;
  readonly port?: string;
  readonly allowHost?: readonly string[];
  readonly oauthIssuer?: string;
  readonly oauthAudience?: string;
  readonly oauthScope?: readonly string[];
  readonly rate?: string;
}

/** What only means something where a port is opened. */
const OF_HTTP: { readonly [flag: string]: keyof ServeFlags } = {
  '--host': 'host',
  '--port': 'port',
  '--allow-host': 'allowHost',
  '--oauth-issuer': 'oauthIssuer',
  '--oauth-audience': 'oauthAudience',
  '--oauth-scope': 'oauthScope',
};

export function serveOptions(command: Command): Command {
  return narrowingOptions(command)
    .option('--profile <name>', 'what this profile offers (switchboard profile)')
    .option('--stdio', 'serve one client over standard input and output, as MCP clients start it')
    .option('--host <address>', 'the address to listen on (default: 127.0.0.1)')
    .option('--port <port>', 'the port to listen on; 0 takes a free one (default: 7420)')
    .option('--allow-host <name...>', 'more names by which clients may ask for this server')
    .option('--oauth-issuer <url>', 'an OAuth 2.1 server whose access tokens count too, besides the token')
    .option('--oauth-audience <url>', 'the URL that those tokens must be for; needed with --host off this machine')
    .option('--oauth-scope <scope...>', 'scopes that those tokens must have')
    .option('--rate <n/s>', 'requests that each client may make, as 100/s; off for the token, 100/s with OAuth');
}

export interface StdioSettings {
  readonly narrowing: Narrowing;
  readonly rate: Rate | undefined;
}

export interface HttpSettings extends StdioSettings {
  readonly host: string;
  readonly port: number;
  readonly allowedHosts: readonly string[] | undefined;
  readonly oauth: OauthSettings | undefined;
}

/** Errors: `invalid-usage`, `invalid-setting`. */
export function stdioSettings(flags: ServeFlags): StdioSettings {
  const wrong = Object.entries(OF_HTTP).find(([, key]) => flags[key] !== undefined)?.[0];
  if (wrong !== undefined) {
    throw new SwitchboardError('invalid-usage', `${wrong} is of HTTP and means nothing with --stdio`, {
      fix: `leave out ${wrong}, or --stdio`,
    });
  }
  return commonSettings(flags);
}

/** Errors: `invalid-usage`, `invalid-setting`. */
export function httpSettings(flags: ServeFlags): HttpSettings {
  const { host = '127.0.0.1', port: text = '7420', allowHost: allowedHosts } = flags;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) {
    throw new SwitchboardError('invalid-usage', `--port takes a number up to 65535, not "${safeLine(text)}"`);
  }
  const oauth = oauthOf(flags);
  checkAudience(oauth, host);
  return { ...commonSettings(flags), host, port, allowedHosts, oauth };
}

function commonSettings(flags: ServeFlags): StdioSettings {
  return { rate: flags.rate === undefined ? undefined : parseRate(flags.rate), narrowing: narrowingOf(flags) };
}

function oauthOf({ oauthIssuer, oauthAudience, oauthScope }: ServeFlags): OauthSettings | undefined {
  if (oauthIssuer !== undefined) {
    return checkOauth({ issuer: oauthIssuer, audience: oauthAudience, scopes: oauthScope });
  }
  if (oauthAudience === undefined && oauthScope === undefined) return undefined;
  throw new SwitchboardError('invalid-usage', '--oauth-audience and --oauth-scope need --oauth-issuer');
}
