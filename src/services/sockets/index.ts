/** `wasi:sockets`: links; no socket is made and no name looked up. */
import { printable } from '#core/reference';
import type { ServiceInterface } from '#core/services';
import type { Scope } from '../scope.ts';
import { refusedResource, WitError } from '../wit-error.ts';

const DENIED = 'access-denied';
const REASON = 'sockets are never given; a granted host is reached by wasi:http or switchboard:host/http';

/** Tells of the refusal, and gives the guest its error. */
export function deny(scope: Scope, what: string, error: unknown = DENIED): never {
  scope.env.denied({ capability: 'sockets', what, reason: REASON });
  throw new WitError(error);
}

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
export const udpInterface: ServiceInterface = { UdpSocket, IncomingDatagramStream, OutgoingDatagramStream };

export function tcpCreateSocketInterface(scope: Scope): ServiceInterface {
  return { createTcpSocket: () => deny(scope, 'open a TCP socket') };
}

export function udpCreateSocketInterface(scope: Scope): ServiceInterface {
  return { createUdpSocket: () => deny(scope, 'open a UDP socket') };
}

/** Names are looked up for a granted host only, by the host itself: a name server would be a way out for data. */
export function ipNameLookupInterface(scope: Scope): ServiceInterface {
  return {
    ResolveAddressStream,
    resolveAddresses: (_network: unknown, name: string) => deny(scope, `look up ${printable(name, 200)}`),
  };
}
