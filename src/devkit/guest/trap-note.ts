/**
 * Where a guest leaves what it threw, for whoever reads its memory after the trap. The runtime ends a call that throws
 * what is no error case of its WIT with `unreachable`, and has nowhere to write: so the text stands in a buffer of its
 * memory, behind 16 bytes that are found by searching. The engine is the other side.
 */

const LENGTH_AT = 16;
const TEXT_AT = 20;
const LONGEST = 1000;

// Put together when it runs: the script itself is in that memory too, and must not be what is found.
const HEAD = [194, 246, 226, 225, 233, 242, 227, 228, 229, 246, 247, 225, 242, 228, 161, 138];
const bytes = new Uint8Array(TEXT_AT + LONGEST);
bytes.set(HEAD.map((byte) => byte ^ 0x96));
const view = new DataView(bytes.buffer);

/** Leaves nothing. */
export function clearNote(): void {
  if (view.getUint32(LENGTH_AT, true) !== 0) view.setUint32(LENGTH_AT, 0, true);
}

/** Leaves what there is to say and where it was, of both the beginning. Characters are as in UTF-16, two bytes each. */
export function leaveNote(said: string, where: string): void {
  const text = `${said.slice(0, 400)}\n${where}`.slice(0, LONGEST / 2);
  for (let i = 0; i < text.length; i += 1) view.setUint16(TEXT_AT + 2 * i, text.charCodeAt(i), true);
  view.setUint32(LENGTH_AT, text.length * 2, true);
}
