/** The services of WASI 0.3, by `wasi:cli/stdout@0.3`: those of 0.2 have other forms under the same names. */
import * as cli from '../cli/index.ts';
import { insecureInterface, insecureSeedInterface, randomInterface } from '../random/index.ts';
import type { Part } from '../part.ts';
import { environment3, output3, stdin3 } from './cli.ts';
import { monotonicClock3, systemClock3 } from './clocks.ts';
import { httpClient3, httpTypes3 } from './http.ts';
import { nameLookup3, socketTypes3 } from './sockets.ts';
import { filesystemTypes3, preopens3 } from './filesystem.ts';

const shared: Part['shared'] = {
  'wasi:cli/stdin@0.3': stdin3,
  'wasi:cli/terminal-input@0.3': cli.terminalInputInterface,
  'wasi:cli/terminal-output@0.3': cli.terminalOutputInterface,
  'wasi:cli/terminal-stdin@0.3': cli.terminalStdinInterface,
  'wasi:cli/terminal-stdout@0.3': cli.terminalStdoutInterface,
  'wasi:cli/terminal-stderr@0.3': cli.terminalStderrInterface,
  'wasi:filesystem/types@0.3': filesystemTypes3,
};

const own: Part['own'] = {
  'wasi:cli/environment@0.3': environment3,
  'wasi:cli/exit@0.3': cli.exitInterface,
  'wasi:cli/stdout@0.3': (scope) => output3(scope, 'stdout'),
  'wasi:cli/stderr@0.3': (scope) => output3(scope, 'stderr'),
  'wasi:clocks/monotonic-clock@0.3': monotonicClock3,
  'wasi:clocks/system-clock@0.3': systemClock3,
  'wasi:filesystem/preopens@0.3': preopens3,
  'wasi:http/client@0.3': httpClient3,
  'wasi:http/types@0.3': httpTypes3,
  'wasi:random/random@0.3': randomInterface,
  'wasi:random/insecure@0.3': insecureInterface,
  'wasi:sockets/types@0.3': socketTypes3,
  'wasi:sockets/ip-name-lookup@0.3': nameLookup3,
  'wasi:random/insecure-seed@0.3': (scope) => ({ getInsecureSeed: insecureSeedInterface(scope)['insecureSeed'] }),
};

export const part: Part = { shared, own };
