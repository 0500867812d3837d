/** What a component may import. Runs in the cell; names and shapes follow @bytecodealliance/preview2-shim. */
import type { CreateServices, ServiceSet } from '#core/services';
import * as cli from './cli/index.ts';
import { monotonicClockInterface, wallClockInterface } from './clocks/index.ts';
import { filesystemTypesInterface, preopensInterface } from './filesystem/index.ts';
import { pollInterface } from './io/poll.ts';
import { errorInterface, streamsInterface } from './io/streams.ts';
import { configInterface } from './config/index.ts';
import { elicitationInterface } from './elicitation/index.ts';
import { logInterface } from './log/index.ts';
import { insecureInterface, insecureSeedInterface, randomInterface } from './random/index.ts';
import { serviceOffer } from './offer.ts';
import type { Part } from './part.ts';
import { partsFor } from './parts.ts';
import { progressInterface } from './progress/index.ts';
import { samplingInterface } from './sampling/index.ts';
import { secretsInterface } from './secrets/index.ts';
import { Scope } from './scope.ts';
import * as sockets from './sockets/index.ts';

const shared: Part['shared'] = {
  'wasi:io/error': errorInterface,
  'wasi:io/poll': pollInterface,
  'wasi:io/streams': streamsInterface,
  'wasi:cli/terminal-input': cli.terminalInputInterface,
  'wasi:cli/terminal-output': cli.terminalOutputInterface,
  'wasi:cli/terminal-stdin': cli.terminalStdinInterface,
  'wasi:cli/terminal-stdout': cli.terminalStdoutInterface,
  'wasi:cli/terminal-stderr': cli.terminalStderrInterface,
  'wasi:filesystem/types': filesystemTypesInterface,
  'wasi:sockets/network': sockets.networkInterface,
  'wasi:sockets/tcp': sockets.tcpInterface,
  'wasi:sockets/udp': sockets.udpInterface,
};

const own: Part['own'] = {
  'switchboard:host/log': logInterface,
  'switchboard:host/progress': progressInterface,
  'switchboard:host/elicitation': elicitationInterface,
  'switchboard:host/sampling': samplingInterface,
  'switchboard:host/secrets': secretsInterface,
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
  'wasi:random/random': randomInterface,
  'wasi:random/insecure': insecureInterface,
  'wasi:random/insecure-seed': insecureSeedInterface,
  'wasi:sockets/tcp-create-socket': sockets.tcpCreateSocketInterface,
  'wasi:sockets/udp-create-socket': sockets.udpCreateSocketInterface,
  'wasi:sockets/ip-name-lookup': sockets.ipNameLookupInterface,
  'wasi:sockets/instance-network': sockets.instanceNetworkInterface,
};

/** What most components import. */
const BASE: Part = { shared, own };
const SCOPE = Symbol('scope');
let services = prototypeOf([BASE]);

/** Without a prototype of its own: an import named `constructor` finds nothing. */
function prototypeOf(parts: readonly Part[]): object {
  const prototype: object = Object.create(null);
  for (const [id, value] of parts.flatMap((part) => Object.entries(part.shared ?? {}))) {
    Object.defineProperty(prototype, id, { value, enumerable: true });
  }
  for (const [id, make] of parts.flatMap((part) => Object.entries(part.own ?? {}))) {
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

async function load(imports: readonly string[]): Promise<void> {
  const parts = await partsFor(imports);
  if (parts.length > 0) services = prototypeOf([BASE, ...parts]);
}

const create: CreateServices = (env) =>
  Object.create(services, { [SCOPE]: { value: new Scope(env) } }) as ReturnType<CreateServices>;

/** All services of this release. */
export const serviceSet: ServiceSet = { ...serviceOffer, load, create };
