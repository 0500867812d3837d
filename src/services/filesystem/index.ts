/** `wasi:filesystem`: the granted directories, and a root that refuses everything else and says what would allow it. */
import type { ServiceInterface } from '#core/services';
import type { IoError } from '../io/streams.ts';
import { type Scope } from '../scope.ts';
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
      const granted = policy.fs.map((one): [Descriptor, string] => {
        const { guest, host, mode } = one;
        const root = files.openGranted(one);
        if ('denial' in root) return [new RefusingRoot(files, guest, root.denial), guest];
        const flags: DescriptorFlags = { read: true, mutateDirectory: mode === 'rw' };
        const readOnly = mode === 'ro' ? one : undefined;
        const node = { fd: root.fd, path: host, guest, readOnly, depth: 0, isDirectory: true };
        return [new Descriptor(files, node, flags), guest];
      });
      if (policy.fs.some(({ guest }) => guest === '/')) return granted;
      return [...granted, [new RefusingRoot(files, '/'), '/']];
    },
  };
}
