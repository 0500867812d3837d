import { Descriptor, type DescriptorFlags, type OpenFlags, type PathFlags } from './descriptor.ts';
import { type Files, guestPath } from './directory.ts';
import { fsError } from './errors.ts';

/**
 * What a guest finds at `/` where nothing is granted there. It holds nothing open: every use is refused, and told with
 * the path, so that the caller learns what to grant. Without it a guest's own library would say `no such file` before
 * anybody heard of it.
 */
export class RefusingRoot extends Descriptor {
  readonly #files: Files;

  constructor(files: Files) {
    super(files, { fd: -1, path: '/', guest: '/', mode: 'ro', isDirectory: true }, { read: true });
    this.#files = files;
  }

  override openAt(_: PathFlags, path: string, open: OpenFlags, flags: DescriptorFlags): never {
    const write = flags.write ?? flags.mutateDirectory ?? open.create ?? open.truncate ?? false;
    return this.#refuse(path, write);
  }

  override stat(): object {
    const epoch = { seconds: 0n, nanoseconds: 0 };
    return {
      type: 'directory',
      linkCount: 1n,
      size: 0n,
      dataAccessTimestamp: epoch,
      dataModificationTimestamp: epoch,
      statusChangeTimestamp: epoch,
    };
  }

  override metadataHash(): object {
    return { lower: 0n, upper: 0n };
  }

  override isSameObject(other: Descriptor): boolean {
    return other === this;
  }

  override statAt(_: PathFlags, path: string): never {
    return this.#refuse(path, false);
  }

  override metadataHashAt(_: PathFlags, path: string): never {
    return this.#refuse(path, false);
  }

  override readlinkAt(path: string): never {
    return this.#refuse(path, false);
  }

  override readDirectory(): never {
    return this.#refuse('', false);
  }

  override createDirectoryAt(path: string): never {
    return this.#refuse(path, true);
  }

  override setTimes(): never {
    return this.#refuse('', true);
  }

  override setTimesAt(_: PathFlags, path: string): never {
    return this.#refuse(path, true);
  }

  override linkAt(_: PathFlags, path: string): never {
    return this.#refuse(path, true);
  }

  override symlinkAt(_: string, path: string): never {
    return this.#refuse(path, true);
  }

  override renameAt(path: string): never {
    return this.#refuse(path, true);
  }

  override removeDirectoryAt(path: string): never {
    return this.#refuse(path, true);
  }

  override unlinkFileAt(path: string): never {
    return this.#refuse(path, true);
  }

  override sync(): void {}

  override syncData(): void {}

  #refuse(path: string, write: boolean): never {
    this.#files.refuse(guestPath('/', path), write);
    throw fsError('not-permitted');
  }
}
