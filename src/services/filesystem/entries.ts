import * as fs from 'node:fs';
import type { Files } from './directory.ts';
import { system } from './errors.ts';
import { type DescriptorType, typeOf } from './stat.ts';
import { type Held, held } from './walk.ts';

/** Names are read this many at a time: a directory of a million is not held in memory. */
const AT_ONCE = 64;

/** `wasi:filesystem/types.directory-entry-stream`: without `.` and `..`. */
export class DirectoryEntryStream {
  readonly #files: Files;
  #directory: fs.Dir | undefined;

  constructor(files: Files, directory: Held) {
    files.scope.opened();
    this.#files = files;
    this.#directory = files.keepDirectory(system(() => fs.opendirSync(held(directory, '.'), { bufferSize: AT_ONCE })));
  }

  readDirectoryEntry(): { readonly type: DescriptorType; readonly name: string } | undefined {
    for (;;) {
      const entry = system(() => this.#directory?.readSync());
      if (!entry) {
        this.#close();
        return undefined;
      }
      // A name that is not UTF-8 cannot be said in WIT.
      if (entry.name.isWellFormed() && !entry.name.includes('\uFFFD')) return { type: typeOf(entry), name: entry.name };
    }
  }

  [Symbol.dispose](): void {
    this.#files.scope.closed();
    this.#close();
  }

  #close(): void {
    const directory = this.#directory;
    this.#directory = undefined;
    if (directory) this.#files.closeDirectory(directory);
  }
}
