import { type Denial, type ErrorCode, printable, SwitchboardError } from '#core';

/** How a call fails whose component could not go on: if it was refused something before, that is what to tell. */
const FAILED_BY_DENIAL: ReadonlySet<ErrorCode> = new Set([
  'component-error',
  'component-trapped',
  'component-exited',
  'invalid-result',
]);

/** A program that looks for its files in many places is refused all of them; nobody should grant a list of those. */
const MOST_FLAGS = 4;

/** The commands' arguments that would allow what was refused first, each once. */
const flagsOf = (denials: readonly Denial[]): readonly string[] =>
  [...new Set(denials.flatMap((denial) => denial.grant ?? []))].slice(0, MOST_FLAGS);

/** The command that would allow what was refused, if any can. */
export function grantCommand(component: string, denials: readonly Denial[]): string | undefined {
  const flags = flagsOf(denials);
  return flags.length === 0 ? undefined : `switchboard grant ${component} ${flags.join(' ')}`;
}

/** One line of the component's log. */
export function denialText(component: string, denial: Denial): string {
  const command = grantCommand(component, [denial]);
  return `denied: ${denial.what}: ${denial.reason}${command === undefined ? '' : `; to allow it: ${command}`}`;
}

/** The failure of a call that was refused something on its way: `denied`, with what the component itself said. */
export function withDenials(
  error: SwitchboardError,
  component: string,
  denials: readonly Denial[] | undefined,
): SwitchboardError {
  const [first] = denials ?? [];
  if (!denials || !first || !FAILED_BY_DENIAL.has(error.code)) return error;
  const more = new Set(denials.map((denial) => denial.what)).size - 1;
  const others =
    more > 0 ? ` (and ${more} more${more >= MOST_FLAGS ? `, all in: switchboard logs ${component}` : ''})` : '';
  const message = `${component} was refused ${first.what}: ${first.reason}${others}; it said: ${printable(error.message, 200)}`;
  return new SwitchboardError('denied', message, {
    fix: grantCommand(component, denials),
    data: { denials, error: error.toJSON() },
    cause: error,
  });
}
