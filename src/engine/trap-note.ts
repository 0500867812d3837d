/** Reads what a script left in its memory before it trapped; src/devkit/guest/trap-note.ts is the other side. */

const MARK = Buffer.from([84, 96, 116, 119, 127, 100, 117, 114, 115, 96, 97, 119, 100, 114, 55, 28]);
const LENGTH_AT = 16;
const TEXT_AT = 20;
const LONGEST = 1000;

/** A script's buffer is among the first things it makes; no more than this is searched, in a few milliseconds. */
const SEARCHED = 64 * 1024 * 1024;

/**
 * What the guest threw: name and message, and where, if it left that. A guest can leave any text: it is as trustworthy
 * as all that comes from one.
 */
export function trapNote(memories: readonly WebAssembly.Memory[]): string | undefined {
  for (const { buffer } of memories) {
    const bytes = Buffer.from(buffer, 0, Math.min(buffer.byteLength, SEARCHED));
    const at = bytes.indexOf(MARK);
    if (at < 0 || at + TEXT_AT > bytes.length) continue;
    const length = bytes.readUInt32LE(at + LENGTH_AT);
    if (length === 0 || length > LONGEST) return undefined;
    const text = bytes.toString('utf16le', at + TEXT_AT, Math.min(at + TEXT_AT + length, bytes.length));
    const cut = text.lastIndexOf('\n');
    const [said, where] = cut < 0 ? [text, ''] : [text.slice(0, cut), text.slice(cut + 1)];
    return where === '' ? said : `${said} (${where})`;
  }
  return undefined;
}
