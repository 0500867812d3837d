/** `wasi:sockets` of WASI 0.3: links; no socket is made and no name looked up. */
import { printable } from '#core/reference';
import type { ServiceInterface } from '#core/services';
import type { Scope } from '../scope.ts';
import { deny } from '../sockets/index.ts';
import { refusedResource } from '../wit-error.ts';

const DENIED = { tag: 'access-denied' };
const NAMES = ['LocalAddress', 'RemoteAddress', 'AddressFamily'].map((name) => `get${name}`);
const BUFFERS = ['ReceiveBufferSize', 'SendBufferSize'].flatMap((name) => [`get${name}`, `set${name}`]);
const KEPT = ['KeepAliveEnabled', 'KeepAliveIdleTime', 'KeepAliveInterval', 'KeepAliveCount', 'HopLimit'];
const COMMON = ['bind', 'connect', 'send', 'receive', ...NAMES, ...BUFFERS];
const TCP = [
  'listen',
  'getIsListening',
  'setListenBacklogSize',
  ...KEPT.flatMap((name) => [`get${name}`, `set${name}`]),
];
const UDP = ['disconnect', 'getUnicastHopLimit', 'setUnicastHopLimit'];

/** `wasi:sockets/types` of WASI 0.3. */
export function socketTypes3(scope: Scope): ServiceInterface {
  return {
    TcpSocket: class extends refusedResource([...COMMON, ...TCP], DENIED) {
      static create = (): never => deny(scope, 'open a TCP socket', DENIED);
    },
    UdpSocket: class extends refusedResource([...COMMON, ...UDP], DENIED) {
      static create = (): never => deny(scope, 'open a UDP socket', DENIED);
    },
  };
}

/** `wasi:sockets/ip-name-lookup` of WASI 0.3. */
export function nameLookup3(scope: Scope): ServiceInterface {
  return {
    // A call that is refused fails by its promise, as calls that wait do.
    resolveAddresses: (name: string) =>
      Promise.resolve().then(() => deny(scope, `look up ${printable(name, 200)}`, DENIED)),
  };
}
