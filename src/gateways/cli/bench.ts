import { SwitchboardError } from '#core/errors';
import { callableFunctions, findFunction } from '#core/functions';
import type { Sandbox } from '#devkit/testing/sandbox';
import { table } from './describe-text.ts';
import { safeLine } from './safe.ts';
import type { Define } from './verbs.ts';

interface Figures {
  /** Microseconds. */
  readonly median: number;
  readonly p95: number;
  readonly p99: number;
  readonly calls: number;
}

/** `bench <folder> <function> [arg …]`: how long calls of one function take. In a host of its own. */
export const define: Define = (command, act) => {
  command
    .argument('<project>', 'a project’s folder')
    .argument('<function>', 'its name')
    .argument('[arg...]', 'as for call')
    .option('--calls <number>', 'how many calls are measured', '1000')
    .addHelpText(
      'after',
      '\nThe project is built where a source changed: its compilers and build scripts run with your rights.\nA host of its own is used; what component.toml requests is granted as for switchboard test.\n\nExample:\n  $ switchboard bench . count-words "one two three"',
    )
    .action(
      act(async (context, folder: string, fn: string, words: readonly string[], flags: { calls: string }) => {
        const calls = Number(flags.calls);
        if (!Number.isInteger(calls) || calls < 1 || calls > 1_000_000) {
          throw new SwitchboardError('invalid-usage', '--calls is a number from 1 to 1000000');
        }
        const { builtProject } = await import('./dev-install.ts');
        const { openSandbox } = await import('#devkit');
        const { createHost } = await import('#host');
        const { describeSource } = await import('#host/source');
        const { parsePositional } = await import('#wit/positional');
        const built = await builtProject(context, folder);
        const { description } = await describeSource(built.bytes);
        const { types } = description;
        const { id } = findFunction(description.functions, fn);
        const callable = findFunction(
          callableFunctions(types, () => false),
          id,
        );
        const args = parsePositional(types, callable.fn, words);
        const work = async (): Promise<object> => {
          await using sandbox = await openSandbox(
            {
              name: built.project.name,
              version: built.project.version,
              bytes: built.bytes,
              types,
              manifest: description.manifest,
              openHost: (home, fakeNetwork) => createHost({ home, fakeNetwork }),
              filter: () => true,
            },
            {},
          );
          const first = await timed(() => sandbox.call(id, args));
          const fresh = await measure(sandbox, id, args, calls, context.signal);
          await sandbox.host.setLimits(sandbox.reference, { reuse: 'resident' });
          await sandbox.call(id, args);
          const resident = await measure(sandbox, id, args, calls, context.signal);
          return { component: sandbox.reference, function: fn, first, fresh, resident };
        };
        const result = (await context.progress(`measuring ${safeLine(fn)}`, work())) as {
          readonly first: number;
          readonly fresh: Figures;
          readonly resident: Figures;
        };
        context.print({ unit: 'µs', ...result }, () =>
          [
            `${safeLine(fn)}, ${calls} calls each, microseconds`,
            ...table([
              ['', 'median', 'p95', 'p99'],
              ['fresh instance', ...cells(result.fresh)],
              ['resident instance', ...cells(result.resident)],
            ]),
            `  first call, with start of the instance’s thread: ${Math.round(result.first / 1000)} ms`,
          ].join('\n'),
        );
      }),
    );
};

const cells = ({ median, p95, p99 }: Figures): string[] => [median, p95, p99].map((value) => value.toFixed(0));

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) * 1000;
}

async function measure(
  sandbox: Sandbox,
  id: string,
  args: readonly unknown[],
  calls: number,
  signal: AbortSignal,
): Promise<Figures> {
  const times: number[] = [];
  for (let i = 0; i < calls; i += 1) {
    if (signal.aborted) throw new SwitchboardError('cancelled', 'the measurement was stopped');
    times.push(await timed(() => sandbox.call(id, args)));
  }
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { median: at(0.5), p95: at(0.95), p99: at(0.99), calls };
}
