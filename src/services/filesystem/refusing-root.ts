import type { Denial } from '#core/permission';
import { Descriptor, type DescriptorFlags, type OpenFlags, type PathFlags } from './descriptor.ts';
import { type Files, guestPath } from './directory.ts';
import { fsError } from './errors.ts';

/**
 * What a guest finds at `/` where nothing is granted there, and in place of a granted directory that cannot be had. It
 * holds nothing open: every use is refused, and told with the path, so that the caller learns what to grant; with
 * `denial`, where there is a reason. Without it a guest's own library would say `no such file` before anybody heard of it.
 */
export class RefusingRoot extends Descriptor {
  readonly #files: Files;
  readonly #guest: string;
  readonly #denial: Denial | undefined;

  constructor(files: Files, guest: string, denial?: Denial) {
    super(files, { fd: -1, path: '/', guest, readOnly: undefined, depth: 0, isDirectory: true }, { read: true });
    this.#files = files;
    this.#guest = guest;
    this.#denial = denial;
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
    if (this.#denial) this.#files.scope.env.denied(this.#denial);
    else this.#files.refuse(guestPath(this.#guest, path), write);
    throw fsError('not-permitted');
  }
}
