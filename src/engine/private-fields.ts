/**
 * Moves the private fields of a class of jco's runtime into one object. The runtime is evaluated for each instance, so
 * each has classes of its own; V8 then adds the forty fields of the first task one by one, at 25 µs and 10 kB an
 * instance, where the shape of an object literal is known to all. Whatever is not a field on a line of its own stays.
 */
export function boxPrivateFields(code: string, className: string): string {
  const start = code.indexOf(`class ${className} {`);
  if (start < 0) return code;
  const end = endOfBlock(code, code.indexOf('{', start));
  const fields: string[] = [];
  const names = new Set<string>();
  const body = code
    .slice(start, end)
    .replace(/^ *#(\w+)(?: = (.*))?;\n/gm, (_line, name: string, value: string | undefined) => {
      names.add(name);
      fields.push(`${name}: ${value ?? 'undefined'}`);
      return '';
    })
    .replace(/\.#(\w+)\b/g, (access, name: string) => (names.has(name) ? `.#own.${name}` : access))
    .replace('{', `{ #own = { ${fields.join(', ')} };`);
  return code.slice(0, start) + body + code.slice(end);
}

/** The index after the brace that closes the one at `open`. In the runtime's strings braces come in pairs. */
function endOfBlock(code: string, open: number): number {
  let depth = 0;
  for (let at = open; at < code.length; at++) {
    if (code[at] === '{') depth += 1;
    else if (code[at] === '}' && --depth === 0) return at + 1;
  }
  return code.length;
}
