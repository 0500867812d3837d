/** Walks the instructions of a core module's function body: enough of the encoding to find calls. */

/** A reader of LEB128 numbers; `pos` is where it is. Throws `RangeError` where the bytes end. */
export class Cursor {
  readonly bytes: Uint8Array;
  pos: number;

  constructor(bytes: Uint8Array, pos = 0) {
    this.bytes = bytes;
    this.pos = pos;
  }

  byte(): number {
    const value = this.bytes[this.pos];
    if (value === undefined) throw new RangeError('the module ends in the middle of something');
    this.pos += 1;
    return value;
  }

  /** Any LEB128 number; as unsigned, and exact up to 2^53. */
  leb(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }

  skip(length: number): void {
    if (this.pos + length > this.bytes.length) throw new RangeError('the module ends in the middle of something');
    this.pos += length;
  }

  name(): string {
    const length = this.leb();
    const from = this.pos;
    this.skip(length);
    return Buffer.from(this.bytes.subarray(from, this.pos)).toString('utf8');
  }
}

export interface CallSite {
  /** Of the opcode, from the start of the bytes. */
  readonly at: number;
  readonly end: number;
  readonly callee: number;
}

/**
 * The `call` instructions of one body, which begins with its locals and ends at `end`. Throws where an instruction is not
 * known: what it is made of could then be taken for calls.
 */
export function callSites(bytes: Uint8Array, start: number, end: number): CallSite[] {
  const r = new Cursor(bytes, start);
  const sites: CallSite[] = [];
  for (let groups = r.leb(); groups > 0; groups -= 1) {
    r.leb();
    r.byte();
  }
  while (r.pos < end) {
    const at = r.pos;
    const op = r.byte();
    if (op === 0x10) sites.push({ at, callee: r.leb(), end: r.pos });
    else skipImmediates(r, op);
  }
  if (r.pos !== end) throw new RangeError(`an instruction passes the end of its function at ${end}`);
  return sites;
}

function skipImmediates(r: Cursor, op: number): void {
  // block, loop, if; br, br_if; call_ref and what is indexed; const; memory.size and grow; ref.null, ref.func.
  if (op === 0x02 || op === 0x03 || op === 0x04) r.leb();
  else if (op === 0x0e) for (let targets = r.leb() + 1; targets > 0; targets -= 1) r.leb();
  else if (op === 0x11 || op === 0x13) void [r.leb(), r.leb()];
  else if (op === 0x1c) for (let types = r.leb(); types > 0; types -= 1) r.byte();
  else if (op === 0x0c || op === 0x0d || op === 0x12 || op === 0x14 || op === 0x15) r.leb();
  else if (op >= 0x20 && op <= 0x26) r.leb();
  else if (op >= 0x28 && op <= 0x3e) skipMemarg(r);
  else if (op === 0x3f || op === 0x40 || op === 0x41 || op === 0x42) r.leb();
  else if (op === 0x43) r.skip(4);
  else if (op === 0x44) r.skip(8);
  else if (op === 0xd0 || op === 0xd2) r.leb();
  else if (op === 0xfc) skipBulk(r, r.leb());
  else if (op === 0xfd) skipVector(r, r.leb());
  else if (!isBare(op)) throw new RangeError(`the instruction 0x${op.toString(16)} at ${r.pos - 1} is not known`);
}

/** unreachable, nop, else, end, return, drop, select, comparisons and arithmetic, ref.is_null. */
function isBare(op: number): boolean {
  return op <= 0x01 || op === 0x05 || op === 0x0b || op === 0x0f || op === 0x1a || op === 0x1b || op === 0xd1
    ? true
    : op >= 0x45 && op <= 0xc4;
}

function skipMemarg(r: Cursor): void {
  if (r.leb() >= 0x40) r.leb();
  r.leb();
}

function skipBulk(r: Cursor, op: number): void {
  if (op <= 7) return;
  if (op === 8 || op === 10 || op === 12 || op === 14) void [r.leb(), r.leb()];
  else if (op <= 17) r.leb();
  else throw new RangeError(`the instruction 0xfc ${op} is not known`);
}

function skipVector(r: Cursor, op: number): void {
  if (op <= 11 || op === 92 || op === 93) skipMemarg(r);
  else if (op === 12 || op === 13) r.skip(16);
  else if (op >= 21 && op <= 34) r.skip(1);
  else if (op >= 84 && op <= 91) {
    skipMemarg(r);
    r.skip(1);
  } else if (op > 275) throw new RangeError(`the instruction 0xfd ${op} is not known`);
}
