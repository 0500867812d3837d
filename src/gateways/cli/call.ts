import type { Caller, ElicitAnswer, ElicitRequest } from '#core/caller';
import { SwitchboardError } from '#core/errors';
import { findFunction } from '#core/functions';
import { parseDuration } from '#core/limits';
import { type ContentKind, contentFunctions } from '#core/mcp-content';
import type { CallOptions, Host, Json } from '#host/api';
import { contentText, mayBeContent } from './content-text.ts';
import type { Context } from './context.ts';
import { safeJson, safeLine, safeText } from './safe.ts';
import type { Define } from './verbs.ts';

/** Bytes of JSON on standard input; what the control socket carries is not much more. */
const LARGEST_INPUT = 48 * 1024 * 1024;

interface Flags {
  readonly json?: string;
  readonly timeout?: string;
}

/** `call <component> <function> [arg …]`: the result on stdout, the component's output and logs on stderr. */
export const define: Define = (command, act) => {
  command
    .argument('<component>', 'namespace:name, namespace:name@version, or the folder of a project, as .')
    .argument('<function>', 'its name, or interface.name where that is ambiguous')
    .argument('[arg...]', 'one word for each parameter; other than text, numbers and booleans as JSON')
    .option('--json <arguments>', 'the arguments as a JSON object or array; - reads them from standard input')
    .option('--timeout <duration>', 'give the function less time than its limit, as 500ms or 5s')
    .addHelpText(
      'after',
      `
Words that begin with a dash and are not numbers go after --.
A project is built where a source changed: its compilers and build scripts run with your rights.

Examples:
  $ switchboard call switchboard:text slug "Hello, World"
  $ switchboard call . greet Ada
  $ switchboard call switchboard:text diff --json '{"before":"a","after":"b"}'
  $ switchboard call switchboard:text count --json - < arguments.json`,
    )
    .action(
      act(async (context, named: string, fn: string, words: readonly string[], flags: Flags) => {
        const timeout = flags.timeout === undefined ? undefined : parseDuration(flags.timeout);
        if (flags.json !== undefined && words.length > 0) {
          throw new SwitchboardError('invalid-usage', 'give the arguments as words or with --json, not both');
        }
        const json = flags.json === '-' ? await readInput(context.signal) : flags.json;
        const host = await context.attach();
        const component = isFolder(named) ? await buildOf(context, host, named) : named;
        const options: CallOptions = {
          signal: context.signal,
          timeout,
          principal: { kind: 'owner', label: 'cli' },
          onLog: (record) => context.showRecord(record),
          caller: callerOf(context, flags.json === '-'),
        };
        const call = () => host.callText(component, fn, json === undefined ? { words } : { json }, options);
        const work = component.startsWith('switchboard:')
          ? import('./bundled.ts').then(({ withBundled }) => withBundled(context, host, component, call))
          : call();
        const value = await context.progress(`calling ${safeLine(component)} ${safeLine(fn)}`, work);
        const kind = process.stdout.isTTY && mayBeContent(value) ? await kindOf(host, component, fn) : undefined;
        const text = (): string => (kind === undefined ? resultText(value) : contentText(kind, value));
        context.print(value === undefined ? {} : { result: value }, text);
      }),
    );
};

/** A component's name has a colon and no slash. */
const isFolder = (word: string): boolean => word === '.' || word === '..' || word.includes('/');

/** Builds the project where something changed, and installs it as a development version. */
async function buildOf(context: Context, host: Host, folder: string): Promise<string> {
  const { builtProject, installBuild } = await import('./dev-install.ts');
  return (await installBuild(host, await builtProject(context, folder))).reference;
}

/** At a terminal progress is shown, and components may ask the person; not where the arguments are typed there. */
function callerOf(context: Context, inputTaken: boolean): Caller | undefined {
  if (!process.stderr.isTTY) return undefined;
  const progress: Caller['progress'] = (report) => context.showProgress(report);
  if (inputTaken || !process.stdin.isTTY) return { progress };
  const ask = async (request: ElicitRequest, signal: AbortSignal): Promise<ElicitAnswer> => {
    const { askPerson } = await import('./ask-person.ts');
    return context.interrupted(() => askPerson(request, signal));
  };
  return { progress, elicit: { modes: ['form', 'url'], ask } };
}

/** How the function's result is content, by its type; undefined where it is not. */
async function kindOf(host: Host, component: string, fn: string): Promise<ContentKind | undefined> {
  const { functions, types } = (await host.info(component)).description;
  return contentFunctions(types).get(findFunction(functions, fn).id);
}

/** A text as it is, anything else as JSON. Into a file or a pipe a text goes byte for byte. */
function resultText(value: Json | undefined): string {
  if (value === undefined) return '';
  if (typeof value !== 'string') return safeJson(value);
  return `${process.stdout.isTTY ? safeText(value) : value}\n`;
}

async function readInput(signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  const stop = (): void => void process.stdin.destroy(new SwitchboardError('cancelled', 'cancelled'));
  signal.addEventListener('abort', stop, { once: true });
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_INPUT) {
      throw new SwitchboardError('too-large', `standard input is larger than ${LARGEST_INPUT} bytes`);
    }
    chunks.push(chunk);
  }
  signal.removeEventListener('abort', stop);
  return Buffer.concat(chunks).toString('utf8');
}
