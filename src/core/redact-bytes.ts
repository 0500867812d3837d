/** Finds values in bytes that are told as base64, where a value may begin at any of three places of a group of four. */

export interface Named {
  readonly name: string;
  readonly value: string;
}

/** Shorter ones are found by chance where there is enough base64. */
const SHORTEST_CORE = 8;

/**
 * Replaces values in a text that is base64 or has it in it: the bytes are taken apart, and put together again with
 * `[secret NAME]` in them. `forms` are what else to look for in the bytes: encodings, in the order they are tried.
 */
export function bytesFinder(
  secrets: readonly Named[],
  forms: readonly (readonly [form: string, by: string])[],
): (text: string) => string {
  if (forms.length === 0) return (text) => text;
  const latin = forms.map(([form, by]) => [Buffer.from(form).toString('latin1'), by] as const);
  const shortest = Math.min(...latin.map(([form]) => form.length));
  // No run that is shorter can have a value in it.
  const runs = new RegExp(`[A-Za-z0-9+/_-]{${Math.ceil((shortest * 4) / 3)},}={0,2}`, 'g');
  const cores = secrets.flatMap(({ name, value }) => coresOf(Buffer.from(value), `[secret ${name}]`));

  const run = (text: string, isAll: boolean): string => {
    const bytes = Buffer.from(text, 'base64').toString('latin1');
    let clean = bytes;
    for (const [form, by] of latin) {
      if (!clean.includes(form)) continue;
      // In a text for people the mark is shown as it is.
      if (!isAll && clean === form) return by;
      clean = clean.replaceAll(form, () => by);
    }
    if (clean === bytes) return text;
    const encoding = /[-_]/.test(text) ? 'base64url' : 'base64';
    const encoded = Buffer.from(clean, 'latin1').toString(encoding);
    return text.endsWith('=') || text.length % 4 === 0 ? encoded : encoded.replace(/=+$/, '');
  };
  return (text) => {
    if (text.length < shortest) return text;
    let clean = text.replace(runs, (found) => run(found, found.length === text.length));
    // What stands before base64 may look like a part of it, and then its groups are not where they seem to be.
    for (const { core, pattern, by } of cores) if (clean.includes(core)) clean = clean.replace(pattern, () => by);
    return clean;
  };
}

/** For each place in a group: the characters that the value alone decides, and a pattern with those it decides in part. */
function coresOf(
  value: Buffer,
  by: string,
): { readonly core: string; readonly pattern: RegExp; readonly by: string }[] {
  return (['base64', 'base64url'] as const).flatMap((alphabet) =>
    [0, 1, 2].flatMap((before) => {
      const all = Buffer.concat([Buffer.alloc(before), value])
        .toString(alphabet)
        .replace(/=+$/, '');
      const from = Math.ceil((before * 8) / 6);
      const core = all.slice(from, Math.floor(((before + value.length) * 8) / 6));
      if (core.length < SHORTEST_CORE) return [];
      const any = '[A-Za-z0-9+/_-]?';
      const last = from + core.length < all.length ? any : '';
      const escaped = core.replaceAll(/[+/]/g, String.raw`\$&`);
      return [{ core, pattern: new RegExp(`${before === 0 ? '' : any}${escaped}${last}=*`, 'g'), by }];
    }),
  );
}
