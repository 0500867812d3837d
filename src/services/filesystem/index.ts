/** `wasi:filesystem`: the granted directories, and a root that refuses everything else and says what would allow it. */
import type { ServiceInterface } from '#core/services';
import type { IoError } from '../io/streams.ts';
import { type Scope } from '../scope.ts';
import { WitError } from '../wit-error.ts';
import { Descriptor, type DescriptorFlags } from './descriptor.ts';
import { Files } from './directory.ts';
import { DirectoryEntryStream } from './entries.ts';
import { RefusingRoot } from './refusing-root.ts';

/** `wasi:filesystem/types`, the same for every instance: a descriptor knows its own. */
export const filesystemTypesInterface: ServiceInterface = {
  Descriptor,
  DirectoryEntryStream,
  filesystemErrorCode: ({ code }: IoError) => (typeof code === 'string' ? code : undefined),
};

/** `wasi:filesystem/preopens`. */
export function preopensInterface(scope: Scope): ServiceInterface {
  const files = new Files(scope);
  return {
    getDirectories(): [Descriptor, string][] {
      const { policy } = scope.env;
      const granted = policy.fs.flatMap(({ guest, host, mode }): [Descriptor, string][] => {
        try {
          const fd = files.openGranted(host);
          const flags: DescriptorFlags = { read: true, mutateDirectory: mode === 'rw' };
          return [[new Descriptor(files, { fd, path: host, guest, mode, isDirectory: true }, flags), guest]];
        } catch (thrown) {
          if (!(thrown instanceof WitError)) throw thrown;
          const reason = `the directory that was granted as ${guest} cannot be opened (${String(thrown.payload)})`;
          scope.env.denied({ capability: 'fs', what: `open ${guest}`, reason });
          return [];
        }
      });
      if (policy.fs.some(({ guest }) => guest === '/')) return granted;
      return [...granted, [new RefusingRoot(files), '/']];
    },
  };
}
