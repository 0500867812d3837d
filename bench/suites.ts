import { boundSuite } from './one-cpu.ts';
import { equalRow, type Row } from './row.ts';
import type { BenchContext, Suite } from './suite.ts';

/** Loaded when run: some need what others do not. */
export const SUITES: { readonly [name: string]: () => Promise<Suite> } = {
  resident: async () => boundSuite('resident'),
  'in-flight': async () => (await import('./suites/resident.ts')).residentInFlight,
  fresh: async () => (await import('./suites/fresh.ts')).freshInstance,
  'first-answer': async () => (await import('./suites/first-answer.ts')).firstAnswer,
  memory: async () => (await import('./suites/memory.ts')).residentMemory,
  sessions: async () => (await import('./suites/sessions.ts')).sessionMemory,
  loop: async () => (await import('./suites/endless-loop.ts')).endlessLoop,
  floods: async () => (await import('./suites/floods.ts')).floods,
  mcp: async () => boundSuite('mcp'),
  'mcp-http': async () => boundSuite('mcp-http'),
  streaming: async () => (await import('./suites/streaming.ts')).streaming,
  stores: async () => boundSuite('stores'),
  reflect: async () => boundSuite('reflect'),
  devkit: async () => (await import('./suites/devkit.ts')).devkit,
  javascript: async () => (await import('./suites/javascript.ts')).javascriptGuests,
  wrap: async () => (await import('./suites/wrap.ts')).wrapping,
  registry: async () => (await import('./suites/registry.ts')).registry,
  signing: async () => (await import('./suites/signing.ts')).signing,
  scan: async () => (await import('./suites/scan.ts')).scanning,
  permissions: async () => (await import('./suites/permissions.ts')).permissions,
};

/** The name of the last row: a call that no event told of, or an event of no call, fails the bench. */
export const EVENTS_ROW = 'call events, against calls made';

/** Of two runs of a suite, each row as it was nearer to passing. */
export function betterRows(first: readonly Row[], second: readonly Row[]): readonly Row[] {
  return first.map((row, i) => {
    const again = second[i];
    if (again?.name !== row.name) throw new Error(`the second run of ${row.name} has other rows`);
    return again.value / again.limit < row.value / row.limit ? again : row;
  });
}

/**
 * Runs suites one after the other. One with a miss runs once more: a miss that something else on the machine made
 * is rare twice in a row, a real one is not. The last row says whether every call made was told by exactly one event.
 */
export async function runSuites(
  names: readonly string[],
  quick: boolean,
  say: (text: string) => void,
): Promise<readonly Row[]> {
  let made = 0;
  let finished = 0;
  const context: BenchContext = {
    quick,
    say,
    count(counts) {
      made += counts.made;
      finished += counts.finished;
    },
  };
  const rows: Row[] = [];
  for (const name of names) {
    const load = SUITES[name];
    if (!load) throw new Error(`there is no suite ${name}`);
    const started = performance.now();
    const suite = await load();
    let measured = await suite(context);
    if (!quick && measured.some((row) => !row.ok)) {
      say(`${name}: a miss; measured once more`);
      measured = betterRows(measured, await suite(context));
    }
    rows.push(...measured);
    say(`${name}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
  return [...rows, equalRow(EVENTS_ROW, 'events', finished, made)];
}
