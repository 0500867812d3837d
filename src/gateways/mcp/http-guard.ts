/** Who may talk to the HTTP gateway at all: decided from the request's head, before a byte of its body is read. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { SwitchboardError } from '#core/errors';
import { printable } from '#core/reference';

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];
const WILDCARDS = ['0.0.0.0', '::'];

/** A host name as `Host` has it: lower case, IPv6 in brackets. */
export function hostName(host: string): string {
  return isIP(host) === 6 ? `[${host.toLowerCase()}]` : host.toLowerCase();
}

/**
 * Refuses a `Host` that is not this server's: the loopback names, the address it is bound to and what the
 * owner added. Stops DNS rebinding, where a page of a stranger's site resolves its own name to this machine:
 * the browser then sends that name. Bound to every address, any address of the machine is its own; a name never is.
 */
export function checkHost(header: string | undefined, bound: string, allowed: readonly string[]): void {
  const name = header === undefined ? undefined : nameOf(`http://${header}`);
  if (name !== undefined && header !== undefined && !/[/?#@\\]/.test(header)) {
    if (LOOPBACK.includes(name) || name === hostName(bound) || allowed.some((host) => hostName(host) === name)) return;
    if (WILDCARDS.includes(bound) && isOwnAddress(name)) return;
  }
  throw new SwitchboardError('origin-refused', `the Host header "${printable(header ?? '')}" is not of this server`, {
    fix: `ask for 127.0.0.1 or localhost, or let the name in: switchboard serve --allow-host ${name ?? '<name>'}`,
  });
}

/**
 * Refuses a page of another site: an `Origin` is what a browser adds, and only pages of this machine may
 * call. Without the header it is no browser. MCP 2025-11-25, "Streamable HTTP", security warning.
 */
export function checkOrigin(header: string | undefined): void {
  if (header === undefined) return;
  const name = /^https?:\/\//.test(header) ? nameOf(header) : undefined;
  if (name !== undefined && LOOPBACK.includes(name)) return;
  throw new SwitchboardError('origin-refused', `pages of "${printable(header)}" may not call this server`);
}

/**
 * The bearer token that was sent; undefined where none was, or another scheme. Errors: `unauthorized`, as
 * `invalid_request`, for one that is malformed. RFC 6750, sections 2.1 and 3.1.
 */
export function bearerOf({ authorization = '' }: IncomingHttpHeaders): string | undefined {
  if (!/^Bearer(?:\s|$)/i.test(authorization)) return undefined;
  const token = /^Bearer +([\w.~+/-]+=*) *$/i.exec(authorization)?.[1];
  if (token !== undefined) return token;
  throw new SwitchboardError('unauthorized', 'the Authorization header is malformed', {
    fix: 'send "Authorization: Bearer <token>"',
    data: { oauth: 'invalid_request' },
  });
}

/** Whether what was sent is the token. Takes the same time whatever is wrong with it. */
export function sameToken(sent: string | undefined, token: string): boolean {
  return timingSafeEqual(sha256(sent ?? ''), sha256(token)) && sent !== undefined && token !== '';
}

/** The refusal of a request that has no token, or another one. */
export function wrongToken(sent: string | undefined, oauth = false): SwitchboardError {
  const what = sent === undefined ? 'missing' : 'wrong';
  return new SwitchboardError('unauthorized', `the bearer token is ${what}`, {
    fix: oauth
      ? 'sign in: the metadata that WWW-Authenticate names says where'
      : 'send "Authorization: Bearer <token>"; `switchboard token show` prints the token',
    data: sent === undefined ? undefined : { oauth: 'invalid_token' },
  });
}

function nameOf(url: string): string | undefined {
  try {
    return new URL(url).hostname;
  } catch {
    return undefined;
  }
}

function isOwnAddress(name: string): boolean {
  const address = name.replace(/^\[|\]$/g, '');
  if (isIP(address) === 0) return false;
  return Object.values(networkInterfaces()).some((all) => all?.some((one) => one.address.toLowerCase() === address));
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
