/** `wasi:filesystem`: links, sees no directory, and so can open nothing. */
import type { ServiceInterface } from '#core/services';
import { refusedResource } from '../wit-error.ts';

const Descriptor = refusedResource(
  [
    'readViaStream',
    'writeViaStream',
    'appendViaStream',
    'advise',
    'syncData',
    'getFlags',
    'getType',
    'setSize',
    'setTimes',
    'read',
    'write',
    'readDirectory',
    'sync',
    'createDirectoryAt',
    'stat',
    'statAt',
    'setTimesAt',
    'linkAt',
    'openAt',
    'readlinkAt',
    'removeDirectoryAt',
    'renameAt',
    'symlinkAt',
    'unlinkFileAt',
    'isSameObject',
    'metadataHash',
    'metadataHashAt',
  ],
  'not-permitted',
);

const DirectoryEntryStream = refusedResource(['readDirectoryEntry'], 'not-permitted');

/** `wasi:filesystem/types`. */
export const filesystemTypesInterface: ServiceInterface = {
  Descriptor,
  DirectoryEntryStream,
  filesystemErrorCode: () => undefined,
};

/** `wasi:filesystem/preopens`. */
export const preopensInterface: ServiceInterface = { getDirectories: () => [] };
