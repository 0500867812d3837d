import { errnoOf, SwitchboardError } from '#core/errors';
import type { Narrowing } from '#core/narrowing';
import type { Host } from '#host/api';
import type { OauthSettings } from '../mcp/oauth-settings.ts';
import type { Rate } from '../mcp/rate-limit.ts';
import type { HttpHolder } from './protocol.ts';

/** An open HTTP listener. */
export interface HttpListener {
  readonly url: string;
  close(): Promise<void>;
}

/** Where to listen, and by which names besides the address it may be asked for. */
export interface HttpAddress {
  readonly host: string;
  readonly port: number;
  readonly allowedHosts?: readonly string[] | undefined;
  /** Where clients may sign in, besides the token. */
  readonly oauth?: OauthSettings | undefined;
  /** How often each client may ask. */
  readonly rate?: Rate | undefined;
  /** What its clients are offered. */
  readonly narrowing?: Narrowing | undefined;
}

export type StartHttp = (host: Host, at: HttpAddress) => Promise<HttpListener>;

interface Held {
  readonly owner: object;
  readonly pid: number;
  readonly address: string;
  readonly opening: Promise<HttpListener>;
  closing?: Promise<void>;
}

/** The one HTTP listener a home may have; it belongs to the connection that asked for it and ends with it. */
export class HttpGate {
  readonly #host: Host;
  readonly #start: StartHttp;
  #held: Held | undefined;

  constructor(host: Host, start: StartHttp) {
    this.#host = host;
    this.#start = start;
  }

  /**
   * Opens the listener for `owner`. Errors: `already-serving` with an `HttpHolder` as data while one is
   * open or opening, `port-taken` when another program has the port.
   */
  async open(owner: object, pid: number, at: HttpAddress): Promise<HttpListener> {
    while (this.#held?.closing) await this.#held.closing;
    if (this.#held) throw await alreadyServing(this.#held);
    const opening = this.#start(this.#host, at);
    this.#held = { owner, pid, address: `${at.host}:${at.port}`, opening };
    try {
      return await opening;
    } catch (error) {
      this.#held = undefined;
      throw asPortError(error, at);
    }
  }

  /** Closes the listener if `owner` holds it; `undefined` closes it whoever does. */
  async close(owner: object | undefined): Promise<void> {
    const held = this.#held;
    if (!held || (owner !== undefined && held.owner !== owner)) return;
    held.closing ??= this.#end(held);
    await held.closing;
  }

  async #end(held: Held): Promise<void> {
    try {
      const listener = await held.opening.catch(() => undefined);
      await listener?.close();
    } finally {
      if (this.#held === held) this.#held = undefined;
    }
  }
}

async function alreadyServing(held: Held): Promise<SwitchboardError> {
  const listener = await held.opening.catch(() => undefined);
  const holder: HttpHolder = { pid: held.pid, url: listener?.url ?? `http://${held.address}/mcp` };
  return new SwitchboardError(
    'already-serving',
    `this home already serves HTTP at ${holder.url}, for process ${holder.pid}`,
    { fix: `use ${holder.url}, or stop process ${holder.pid} (kill ${holder.pid})`, data: holder },
  );
}

function asPortError(error: unknown, at: HttpAddress): unknown {
  const errno = errnoOf(error);
  if (errno === 'EADDRINUSE') {
    return new SwitchboardError('port-taken', `port ${at.port} of ${at.host} is taken by another program`, {
      fix: 'switchboard serve --port 0 takes a free one',
      cause: error,
    });
  }
  if (errno === 'EACCES' || errno === 'EADDRNOTAVAIL' || errno === 'ENOTFOUND') {
    return new SwitchboardError('invalid-setting', `cannot listen on ${at.host}:${at.port} (${errno})`, {
      cause: error,
    });
  }
  return error;
}
