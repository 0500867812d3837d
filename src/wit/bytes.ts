/** Writes WebAssembly's binary encodings. */

/** An unsigned LEB128. */
export function leb(value: bigint | number): number[] {
  let rest = BigInt(value);
  const out: number[] = [];
  do {
    const byte = Number(rest & 0x7fn);
    rest >>= 7n;
    out.push(rest === 0n ? byte : byte | 0x80);
  } while (rest !== 0n);
  return out;
}

/** Joins byte strings. */
export function concat(parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** A section: its id, its size and its content. */
export function section(id: number, content: Uint8Array): Uint8Array {
  return concat([[id], leb(content.length), content]);
}

/** A custom section. */
export function customSection(name: string, content: Uint8Array): Uint8Array {
  const label = new TextEncoder().encode(name);
  return section(0, concat([leb(label.length), label, content]));
}
