import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ErrorBody, errorFromBody, SwitchboardError } from '#core/errors';
import type { TestOutcome } from '#devkit/testing/run-tests';
import { toolEnvironment } from '../../env.ts';
import type { Context } from './context.ts';
import { table } from './describe-text.ts';
import { safeLine } from './safe.ts';
import type { TestRequest } from './test-process.ts';
import type { Define } from './verbs.ts';

interface Flags {
  readonly only?: string;
  readonly coverage: boolean;
  readonly include: string[];
}

/** `test [folder]`: a project's own tests against its component, inside the sandbox. */
export const define: Define = (command, act) => {
  command
    .argument('[folder]', 'of the project', '.')
    .option('--only <name>', 'only tests whose name has this, or matches /this/')
    .option(
      '--include <folder>',
      'outside the project, whose files the component may take; can be repeated',
      (one: string, before: string[]) => [...before, one],
      [],
    )
    .option('--no-coverage', 'build the component as it is, without counting statements (TypeScript and JavaScript)')
    .addHelpText(
      'after',
      '\nWhat component.toml requests is granted: directories are temporary ones, the network is a fake one.\n\nThe build and the tests themselves run with your rights, outside the sandbox.\n\nExample:\n  $ switchboard test\n  $ switchboard test --only greets',
    )
    .action(
      act(async (context, folder: string, { only, coverage, include }: Flags) => {
        const request = { home: context.home, folder, coverage, only, include, report: !context.json };
        const outcome = await inProcess(context, request);
        context.print(outcome, () => coverageText(outcome));
        if (outcome.failed === 0 && outcome.passed > 0) return;
        if (context.json) {
          context.code = 1;
          return;
        }
        throw outcome.passed + outcome.failed === 0
          ? new SwitchboardError('tests-failed', nothingRun(outcome))
          : new SwitchboardError(
              'tests-failed',
              `${outcome.failed} of ${outcome.passed + outcome.failed} tests failed`,
            );
      }),
    );
};

/** The process of the tests ends its compiler and itself in less; this verb has 1.5 s in all. */
const GRACE_MS = 1_100;

/** No test failed, and none passed. */
function nothingRun({ skipped, todo }: TestOutcome): string {
  if (skipped + todo === 0) return 'no test has such a name';
  const why = [...(skipped > 0 ? [`${skipped} skipped`] : []), ...(todo > 0 ? [`${todo} still to do`] : [])];
  return `no test was run that counts: ${why.join(', ')}`;
}

async function inProcess(context: Context, request: TestRequest): Promise<TestOutcome> {
  const entry = fileURLToPath(new URL(`./test-process${extname(import.meta.url)}`, import.meta.url));
  // Homes, caches and what the tests themselves keep there go with it, however they end.
  const scratch = await mkdtemp(join(tmpdir(), 'switchboard-test-'));
  const child = fork(entry, [JSON.stringify(request)], {
    env: { ...toolEnvironment(), TMPDIR: scratch },
    stdio: ['ignore', context.json ? 2 : 1, 2, 'ipc'],
  });
  let grace: NodeJS.Timeout | undefined;
  const stop = (): void => {
    child.kill('SIGTERM');
    grace = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  };
  if (context.signal.aborted) stop();
  context.signal.addEventListener('abort', stop, { once: true });
  let told: { readonly outcome?: TestOutcome; readonly error?: ErrorBody } | undefined;
  child.on('message', (message) => {
    told = message as typeof told;
  });
  child.on('error', () => undefined);
  const code = await new Promise<number | null>((resolve) => void child.once('close', resolve));
  clearTimeout(grace);
  context.signal.removeEventListener('abort', stop);
  await rm(scratch, { recursive: true, force: true, maxRetries: 3 });
  if (context.signal.aborted) throw new SwitchboardError('cancelled', 'the tests were stopped');
  if (told?.error) throw errorFromBody(told.error);
  if (told?.outcome) return told.outcome;
  throw new SwitchboardError(
    'tests-failed',
    `the tests ended their process, with ${code === null ? 'a signal' : `code ${code}`}`,
  );
}

function coverageText({ coverage }: TestOutcome): string {
  if (coverage === undefined || coverage.length === 0) return '';
  const percent = (covered: number, all: number): string => `${all === 0 ? 100 : Math.floor((100 * covered) / all)} %`;
  const rows = coverage.map(({ file, statements, covered, missed }) => [
    safeLine(file),
    percent(covered, statements),
    `${covered} of ${statements} statements`,
    missed === '' ? '' : `not line ${missed}`,
  ]);
  return ['coverage', ...table(rows)].join('\n');
}
