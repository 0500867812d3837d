/** One step of an edit script over lines; indices into the two sides. */
export interface Step {
  readonly change: 'same' | 'removed' | 'added';
  /** Index in the old side for `same` and `removed`, in the new side for `added`. */
  readonly index: number;
}

/** Most edits searched for between two anchors; past it the block counts as replaced. Bounds time and memory. */
const MAX_EDITS = 1000;

/**
 * The edit script from `before` to `after`: common ends are cut off, lines unique to both sides anchor the
 * rest (patience diff), and what is between anchors is compared by Myers' algorithm. Removed lines come
 * before added ones within a change.
 */
export function editScript(before: readonly string[], after: readonly string[]): Step[] {
  const [a, b] = intern(before, after);
  const steps: Step[] = [];
  compare(a, 0, a.length, b, 0, b.length, steps);
  return removalsFirst(steps);
}

function intern(before: readonly string[], after: readonly string[]): [Uint32Array, Uint32Array] {
  const ids = new Map<string, number>();
  const number = (line: string): number => {
    const id = ids.get(line) ?? ids.size;
    ids.set(line, id);
    return id;
  };
  return [Uint32Array.from(before, number), Uint32Array.from(after, number)];
}

function compare(a: Uint32Array, a0: number, a1: number, b: Uint32Array, b0: number, b1: number, steps: Step[]): void {
  while (a0 < a1 && b0 < b1 && a[a0] === b[b0]) {
    steps.push({ change: 'same', index: a0++ });
    b0++;
  }
  let tail = 0;
  while (a0 < a1 - tail && b0 < b1 - tail && a[a1 - 1 - tail] === b[b1 - 1 - tail]) tail++;
  a1 -= tail;
  b1 -= tail;
  if (a0 === a1 || b0 === b1) replace(a0, a1, b0, b1, steps);
  else {
    const anchors = uniqueAnchors(a, a0, a1, b, b0, b1);
    if (anchors.length === 0) myers(a, a0, a1, b, b0, b1, steps);
    for (const [x, y] of anchors) {
      compare(a, a0, x, b, b0, y, steps);
      steps.push({ change: 'same', index: x });
      a0 = x + 1;
      b0 = y + 1;
    }
    if (anchors.length > 0) compare(a, a0, a1, b, b0, b1, steps);
  }
  for (let i = 0; i < tail; i++) steps.push({ change: 'same', index: a1 + i });
}

function replace(a0: number, a1: number, b0: number, b1: number, steps: Step[]): void {
  for (let i = a0; i < a1; i++) steps.push({ change: 'removed', index: i });
  for (let i = b0; i < b1; i++) steps.push({ change: 'added', index: i });
}

/** Pairs of lines that occur exactly once on each side, in the longest order common to both. */
function uniqueAnchors(
  a: Uint32Array,
  a0: number,
  a1: number,
  b: Uint32Array,
  b0: number,
  b1: number,
): [number, number][] {
  const inB = positions(b, b0, b1);
  const pairs: [number, number][] = [];
  for (const [id, x] of positions(a, a0, a1)) {
    const y = inB.get(id);
    if (x >= 0 && y !== undefined && y >= 0) pairs.push([x, y]);
  }
  pairs.sort((p, q) => p[0] - q[0]);
  return longestIncreasing(pairs);
}

/** Where each line stands; -1 for one that stands in several places. */
function positions(lines: Uint32Array, from: number, to: number): Map<number, number> {
  const found = new Map<number, number>();
  for (let i = from; i < to; i++) {
    const id = lines[i] ?? 0;
    found.set(id, found.has(id) ? -1 : i);
  }
  return found;
}

function longestIncreasing(pairs: readonly [number, number][]): [number, number][] {
  const tops: number[] = [];
  const previous: number[] = [];
  for (const [i, pair] of pairs.entries()) {
    let low = 0;
    let high = tops.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pairs[tops[middle] ?? 0]?.[1] ?? 0) < pair[1]) low = middle + 1;
      else high = middle;
    }
    previous.push(low > 0 ? (tops[low - 1] ?? -1) : -1);
    tops[low] = i;
  }
  const chain: [number, number][] = [];
  for (let i = tops.at(-1) ?? -1; i >= 0; i = previous[i] ?? -1) {
    const pair = pairs[i];
    if (pair) chain.push(pair);
  }
  return chain.reverse();
}

/** Myers' greedy algorithm (1986), giving up after MAX_EDITS. */
function myers(a: Uint32Array, a0: number, a1: number, b: Uint32Array, b0: number, b1: number, steps: Step[]): void {
  const n = a1 - a0;
  const m = b1 - b0;
  const limit = Math.min(n + m, MAX_EDITS);
  const width = 2 * limit + 3;
  const furthest = new Int32Array(width);
  const centre = limit + 1;
  const trace: Int32Array[] = [];
  for (let d = 0; d <= limit; d++) {
    trace.push(furthest.slice(centre - d - 1, centre + d + 2));
    for (let k = -d; k <= d; k += 2) {
      const left = furthest[centre + k - 1] ?? 0;
      const right = furthest[centre + k + 1] ?? 0;
      let x = k === -d || (k !== d && left < right) ? right : left + 1;
      let y = x - k;
      while (x < n && y < m && a[a0 + x] === b[b0 + y]) {
        x++;
        y++;
      }
      furthest[centre + k] = x;
      if (x >= n && y >= m) {
        walkBack(trace, d, n, m, a0, b0, steps);
        return;
      }
    }
  }
  replace(a0, a1, b0, b1, steps);
}

function walkBack(
  trace: readonly Int32Array[],
  edits: number,
  n: number,
  m: number,
  a0: number,
  b0: number,
  steps: Step[],
): void {
  const back: Step[] = [];
  let x = n;
  let y = m;
  for (let d = edits; d > 0; d--) {
    const row = trace[d];
    const at = (k: number): number => row?.[k + d + 1] ?? 0;
    const k = x - y;
    const fromRight = k === -d || (k !== d && at(k - 1) < at(k + 1));
    const previousX = fromRight ? at(k + 1) : at(k - 1);
    const previousY = previousX - (fromRight ? k + 1 : k - 1);
    const startX = fromRight ? previousX : previousX + 1;
    while (x > startX) back.push({ change: 'same', index: a0 + --x });
    back.push(fromRight ? { change: 'added', index: b0 + previousY } : { change: 'removed', index: a0 + previousX });
    x = previousX;
    y = previousY;
  }
  while (x > 0) back.push({ change: 'same', index: a0 + --x });
  for (let i = back.length - 1; i >= 0; i--) {
    const step = back[i];
    if (step) steps.push(step);
  }
}

function removalsFirst(steps: readonly Step[]): Step[] {
  const ordered: Step[] = [];
  let added: Step[] = [];
  for (const step of steps) {
    if (step.change === 'added') added.push(step);
    else {
      if (step.change === 'same' && added.length > 0) {
        for (const held of added) ordered.push(held);
        added = [];
      }
      ordered.push(step);
    }
  }
  for (const held of added) ordered.push(held);
  return ordered;
}
