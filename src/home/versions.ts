/**
 * Order of versions: releases before pre-releases, and within each the newest first by semver precedence
 * (semver.org, section 11). Not the semver package: that refuses numbers beyond 2^53, which references may hold.
 */
export function newestFirst(a: string, b: string): number {
  const left = parts(a);
  const right = parts(b);
  return (
    Number(left.pre.length > 0) - Number(right.pre.length > 0) ||
    compareLists(right.core, left.core) ||
    compareLists(right.pre, left.pre) ||
    compareText(b, a)
  );
}

interface Parts {
  readonly core: readonly string[];
  readonly pre: readonly string[];
}

function parts(version: string): Parts {
  const [plain = ''] = version.split('+', 1);
  const dash = plain.indexOf('-');
  if (dash < 0) return { core: plain.split('.'), pre: [] };
  return { core: plain.slice(0, dash).split('.'), pre: plain.slice(dash + 1).split('.') };
}

function compareLists(a: readonly string[], b: readonly string[]): number {
  for (const [index, left] of a.entries()) {
    const right = b[index];
    if (right === undefined) return 1;
    const order = compareIdentifiers(left, right);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Numbers by value, of any length; numbers before words; words by their ASCII codes. */
function compareIdentifiers(a: string, b: string): number {
  const numeric = [a, b].map((text) => /^\d+$/.test(text));
  if (numeric[0] && numeric[1]) {
    const [left, right] = [a.replace(/^0+(?=\d)/, ''), b.replace(/^0+(?=\d)/, '')];
    return left.length - right.length || compareText(left, right);
  }
  if (numeric[0] || numeric[1]) return numeric[0] ? -1 : 1;
  return compareText(a, b);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
