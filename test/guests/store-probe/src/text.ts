/** QuickJS has no TextDecoder; what is read here is ASCII. */
export const textOf = (bytes: Uint8Array): string => {
  let text = '';
  for (let at = 0; at < bytes.length; at += 1000) text += String.fromCharCode(...bytes.slice(at, at + 1000));
  return text;
};
export const bytesOf = (ascii: string): Uint8Array => Uint8Array.from(ascii, (c) => c.charCodeAt(0));
/** What a JSON argument cannot carry: `NUL` is that character, `LONG:n` a text of so many. */
export const keyOf = (text: string): string =>
  text.startsWith('LONG:') ? 'k'.repeat(Number(text.slice(5))) : text.replaceAll('NUL', '\u0000');
