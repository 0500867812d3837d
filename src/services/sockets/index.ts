/** `wasi:sockets`: links; no socket is made and no name looked up. */
import type { ServiceInterface } from '#core/services';
import type { Scope } from '../scope.ts';
import { refusedResource, WitError } from '../wit-error.ts';

const DENIED = 'access-denied';

const deny = (): never => {
  throw new WitError(DENIED);
};

/** `wasi:sockets/network.network`: gives access to nothing; functions only want one as an argument. */
class Network {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    scope.opened();
    this.#scope = scope;
  }

  [Symbol.dispose](): void {
    this.#scope.closed();
  }
}

const COMMON = ['startBind', 'finishBind', 'localAddress', 'remoteAddress', 'addressFamily', 'subscribe'];
const BUFFERS = ['receiveBufferSize', 'setReceiveBufferSize', 'sendBufferSize', 'setSendBufferSize'];

const TcpSocket = refusedResource(
  [
    ...COMMON,
    ...BUFFERS,
    'startConnect',
    'finishConnect',
    'startListen',
    'finishListen',
    'accept',
    'isListening',
    'setListenBacklogSize',
    'keepAliveEnabled',
    'setKeepAliveEnabled',
    'keepAliveIdleTime',
    'setKeepAliveIdleTime',
    'keepAliveInterval',
    'setKeepAliveInterval',
    'keepAliveCount',
    'setKeepAliveCount',
    'hopLimit',
    'setHopLimit',
    'shutdown',
  ],
  DENIED,
);
const UdpSocket = refusedResource([...COMMON, ...BUFFERS, 'stream', 'unicastHopLimit', 'setUnicastHopLimit'], DENIED);
const IncomingDatagramStream = refusedResource(['receive', 'subscribe'], DENIED);
const OutgoingDatagramStream = refusedResource(['checkSend', 'send', 'subscribe'], DENIED);
const ResolveAddressStream = refusedResource(['resolveNextAddress', 'subscribe'], DENIED);

/** `wasi:sockets/network`. */
export const networkInterface: ServiceInterface = { Network, networkErrorCode: () => undefined };

/** `wasi:sockets/instance-network`. */
export function instanceNetworkInterface(scope: Scope): ServiceInterface {
  return { instanceNetwork: () => new Network(scope) };
}

export const tcpInterface: ServiceInterface = { TcpSocket };
export const tcpCreateSocketInterface: ServiceInterface = { createTcpSocket: deny };
export const udpInterface: ServiceInterface = { UdpSocket, IncomingDatagramStream, OutgoingDatagramStream };
export const udpCreateSocketInterface: ServiceInterface = { createUdpSocket: deny };
export const ipNameLookupInterface: ServiceInterface = { ResolveAddressStream, resolveAddresses: deny };
