/** What a component may import. Runs in the cell; names and shapes follow @bytecodealliance/preview2-shim. */
import type { CreateServices, ServiceInterface, ServiceSet } from '#core/services';
import * as cli from './cli/index.ts';
import { monotonicClockInterface, wallClockInterface } from './clocks/index.ts';
import { filesystemTypesInterface, preopensInterface } from './filesystem/index.ts';
import { httpTypesInterface, outgoingHandlerInterface } from './http/index.ts';
import { pollInterface } from './io/poll.ts';
import { errorInterface, streamsInterface } from './io/streams.ts';
import { blobInterface, blobStreamsInterface } from './blob/index.ts';
import { blobstoreContainerInterface, blobstoreInterface, blobstoreTypesInterface } from './blob/wasi.ts';
import { configInterface } from './config/index.ts';
import { elicitationInterface } from './elicitation/index.ts';
import { simpleHttpInterface } from './http/simple.ts';
import { kvInterface } from './kv/index.ts';
import { keyvalueAtomicsInterface, keyvalueBatchInterface, keyvalueStoreInterface } from './kv/wasi.ts';
import { logInterface } from './log/index.ts';
import { insecureInterface, insecureSeedInterface, randomInterface } from './random/index.ts';
import { serviceOffer } from './offer.ts';
import { OWN_3, SHARED_3 } from './later/index.ts';
import { progressInterface } from './progress/index.ts';
import { asteraiInterface } from './asterai/index.ts';
import { reflectInterface } from './reflect/index.ts';
import { scheduleInterface } from './schedule/index.ts';
import { samplingInterface } from './sampling/index.ts';
import { secretsInterface } from './secrets/index.ts';
import { Scope } from './scope.ts';
import * as sockets from './sockets/index.ts';

/** The same for every instance. */
const SHARED: { readonly [id: string]: ServiceInterface } = {
  'wasi:io/error': errorInterface,
  'wasi:io/poll': pollInterface,
  'wasi:io/streams': streamsInterface,
  'wasi:cli/terminal-input': cli.terminalInputInterface,
  'wasi:cli/terminal-output': cli.terminalOutputInterface,
  'wasi:cli/terminal-stdin': cli.terminalStdinInterface,
  'wasi:cli/terminal-stdout': cli.terminalStdoutInterface,
  'wasi:cli/terminal-stderr': cli.terminalStderrInterface,
  'switchboard:host/blob-streams': blobStreamsInterface,
  'wasi:filesystem/types': filesystemTypesInterface,
  'wasi:keyvalue/atomics': keyvalueAtomicsInterface,
  'wasi:keyvalue/batch': keyvalueBatchInterface,
  'wasi:blobstore/container': blobstoreContainerInterface,
  'wasi:sockets/network': sockets.networkInterface,
  'wasi:sockets/tcp': sockets.tcpInterface,
  'wasi:sockets/udp': sockets.udpInterface,
  ...SHARED_3,
};

/** Made for an instance when its code first asks: most components import few of them. */
const OWN: { readonly [id: string]: (scope: Scope) => ServiceInterface } = {
  'switchboard:host/log': logInterface,
  'switchboard:host/progress': progressInterface,
  'switchboard:host/elicitation': elicitationInterface,
  'switchboard:host/sampling': samplingInterface,
  'switchboard:host/secrets': secretsInterface,
  'switchboard:host/reflect': reflectInterface,
  'switchboard:host/schedule': scheduleInterface,
  'asterai:host/api': asteraiInterface,
  'switchboard:host/http': simpleHttpInterface,
  'switchboard:host/kv': kvInterface,
  'switchboard:host/blob': blobInterface,
  'wasi:keyvalue/store': keyvalueStoreInterface,
  'wasi:blobstore/types': blobstoreTypesInterface,
  'wasi:blobstore/blobstore': blobstoreInterface,
  'wasi:config/store': configInterface,
  'wasi:config/runtime': configInterface,
  'wasi:cli/environment': cli.environmentInterface,
  'wasi:cli/exit': cli.exitInterface,
  'wasi:cli/stdin': cli.stdinInterface,
  'wasi:cli/stdout': (scope) => cli.outputInterface(scope, 'stdout'),
  'wasi:cli/stderr': (scope) => cli.outputInterface(scope, 'stderr'),
  'wasi:clocks/monotonic-clock': monotonicClockInterface,
  'wasi:clocks/wall-clock': wallClockInterface,
  'wasi:filesystem/preopens': preopensInterface,
  'wasi:http/outgoing-handler': outgoingHandlerInterface,
  'wasi:http/types': httpTypesInterface,
  'wasi:random/random': randomInterface,
  'wasi:random/insecure': insecureInterface,
  'wasi:random/insecure-seed': insecureSeedInterface,
  'wasi:sockets/tcp-create-socket': sockets.tcpCreateSocketInterface,
  'wasi:sockets/udp-create-socket': sockets.udpCreateSocketInterface,
  'wasi:sockets/ip-name-lookup': sockets.ipNameLookupInterface,
  'wasi:sockets/instance-network': sockets.instanceNetworkInterface,
  ...OWN_3,
};

const SCOPE = Symbol('scope');
const SERVICES = prototypeOfServices();

/** Without a prototype of its own: an import named `constructor` finds nothing. */
function prototypeOfServices(): object {
  const prototype: object = Object.create(null);
  for (const [id, shared] of Object.entries(SHARED)) {
    Object.defineProperty(prototype, id, { value: shared, enumerable: true });
  }
  for (const [id, make] of Object.entries(OWN)) {
    Object.defineProperty(prototype, id, {
      enumerable: true,
      get(this: { readonly [SCOPE]: Scope }) {
        const value = make(this[SCOPE]);
        Object.defineProperty(this, id, { value, enumerable: true });
        return value;
      },
    });
  }
  return Object.freeze(prototype);
}

const create: CreateServices = (env) =>
  Object.create(SERVICES, { [SCOPE]: { value: new Scope(env) } }) as ReturnType<CreateServices>;

/** All services of this release. */
export const serviceSet: ServiceSet = { ...serviceOffer, create };
