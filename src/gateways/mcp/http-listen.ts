import type { Server } from 'node:http';
import { errnoOf, SwitchboardError, toSwitchboardError } from '#core/errors';
import { portHolder } from './port-holder.ts';

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Binds the server. Errors: `port-taken`, naming the holder where it can be found; `invalid-setting` for an address or port that is not to be had. */
export async function listen(server: Server, address: Address): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ host: address.host, port: address.port }, resolve);
  try {
    await promise;
  } catch (error) {
    throw await listenError(error, address);
  } finally {
    server.off('error', reject);
  }
}

async function listenError(error: unknown, { host, port }: Address): Promise<SwitchboardError> {
  switch (errnoOf(error)) {
    case 'EADDRINUSE': {
      const holder = await portHolder(port);
      return new SwitchboardError('port-taken', `port ${port} on ${host} is taken${holder ? ` by ${holder}` : ''}`, {
        fix: `switchboard serve --port ${port < 65_535 ? port + 1 : 7420}`,
        data: { host, port, ...(holder === undefined ? {} : { holder }) },
        cause: error,
      });
    }
    case 'EACCES':
      return new SwitchboardError('invalid-setting', `this user may not open port ${port}`, {
        fix: 'switchboard serve --port 7420',
        cause: error,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new SwitchboardError('invalid-setting', `"${host}" is not an address of this machine`, {
        fix: 'switchboard serve --host 127.0.0.1',
        cause: error,
      });
    default:
      return toSwitchboardError(error);
  }
}
