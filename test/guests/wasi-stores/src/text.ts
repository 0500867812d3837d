/** QuickJS has no TextDecoder; what is read here is ASCII. */
export const textOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes.slice(0, 1000));
export const bytesOf = (ascii: string): Uint8Array =>
  ascii.startsWith('BYTES:') ? new Uint8Array(Number(ascii.slice(6))) : Uint8Array.from(ascii, (c) => c.charCodeAt(0));
/** What a JSON argument cannot carry: `NUL` is that character, `LONG:n` a text of so many. */
export const keyOf = (text: string): string =>
  text.startsWith('LONG:') ? 'k'.repeat(Number(text.slice(5))) : text.replaceAll('NUL', '\u0000');

/** What an import threw, as text. */
export function errorText(thrown: unknown): string {
  const { payload = thrown } = thrown as { payload?: unknown };
  if (typeof payload === 'string') return payload;
  const { tag, val } = payload as { tag?: string; val?: unknown };
  if (tag === undefined) return String(payload);
  return val === undefined ? tag : `${tag}: ${typeof val === 'string' ? val : errorText(val)}`;
}

/** Does it again and again, at most so many times, until it is refused: how often, and why no more. */
export function untilRefused(times: string, work: (i: number) => unknown): string {
  const kept: unknown[] = [];
  for (let i = 0; i < Number(times); i += 1) {
    try {
      kept.push(work(i));
    } catch (thrown) {
      return `${kept.length} then ${errorText(thrown)}`;
    }
  }
  return `${kept.length} done`;
}
