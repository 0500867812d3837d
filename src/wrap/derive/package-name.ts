/** `@noble/hashes/sha2.js` is `sha2`, `js-yaml` itself, `./src/lib.ts` `lib`. */
export function baseName(specifier: string): string {
  const last =
    specifier
      .replace(/\/index(?=\.|$)/, '')
      .split('/')
      .at(-1) ?? specifier;
  return last.replace(/(?:\.d)?\.[cm]?[jt]sx?$/, '').replace(/^@/, '');
}
