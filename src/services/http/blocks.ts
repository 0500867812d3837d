/** Pieces smaller than this are put together: the network takes a large one as fast as a small one. */
const SMALL = 32 * 1024;
const BLOCK = 64 * 1024;
const MOST_LENT = 16;

/**
 * Bytes in a row, copied from pieces that are lent: small pieces into blocks, which are used again once the network
 * has what was in them. A block for each 64 KiB of a stream would fill V8's account of outside memory, and marking all
 * of a cell's heap over and over cost more than the stream itself.
 */
export class Blocks {
  /** What waits and, with the last piece of a block, the block. */
  private readonly chunks: { readonly bytes: Uint8Array; readonly block?: Uint8Array }[] = [];
  private block: Uint8Array | undefined;
  /** Of the block: what is not a chunk yet begins at, and ends at. */
  private start = 0;
  private end = 0;
  /** Blocks that were taken whole, and may be on their way yet. */
  private lent: Uint8Array[] = [];
  private spare: Uint8Array[] = [];
  /** Bytes that wait. */
  length = 0;

  add(bytes: Uint8Array): void {
    this.length += bytes.length;
    if (bytes.length >= SMALL) {
      this.cut();
      if (bytes.length > BLOCK) this.chunks.push({ bytes: bytes.slice() });
      else {
        const block = this.spare.pop() ?? Buffer.allocUnsafeSlow(BLOCK);
        block.set(bytes);
        this.chunks.push({ bytes: block.subarray(0, bytes.length), block });
      }
      return;
    }
    if (this.block === undefined || this.end + bytes.length > this.block.length) {
      if (this.block) this.chunks.push({ bytes: this.block.subarray(this.start, this.end), block: this.block });
      this.block = this.spare.pop() ?? Buffer.allocUnsafeSlow(BLOCK);
      this.start = 0;
      this.end = 0;
    }
    this.block.set(bytes, this.end);
    this.end += bytes.length;
  }

  /** The next bytes; they may change once `sent` was called. */
  take(): Uint8Array | undefined {
    if (this.chunks.length === 0) this.cut();
    let chunk = this.chunks.shift();
    // A block that ended where it was cut before.
    while (chunk?.bytes.length === 0) {
      this.lend(chunk.block);
      chunk = this.chunks.shift();
    }
    this.lend(chunk?.block);
    this.length -= chunk?.bytes.length ?? 0;
    return chunk?.bytes;
  }

  /** All that was taken has left: its memory is free. */
  sent(): void {
    if (this.lent.length > 0) {
      this.spare.push(...this.lent);
      this.lent = [];
    }
    if (this.length === 0) {
      this.start = 0;
      this.end = 0;
    }
  }

  clear(): void {
    this.chunks.length = 0;
    this.block = undefined;
    this.lent = [];
    this.spare = [];
    this.length = 0;
  }

  /** Past so many the network is slow, and the collector may have them. */
  private lend(block: Uint8Array | undefined): void {
    if (block && this.lent.length < MOST_LENT) this.lent.push(block);
  }

  private cut(): void {
    if (this.block === undefined || this.end === this.start) return;
    this.chunks.push({ bytes: this.block.subarray(this.start, this.end) });
    this.start = this.end;
  }
}
