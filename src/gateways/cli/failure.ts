import { ERRORS, type ErrorClass, type SwitchboardError } from '#core/errors';
import { safeJson, safeText } from './safe.ts';

const EXIT: { readonly [K in ErrorClass]: number } = { failed: 1, usage: 2, denied: 3, limit: 4 };

/** 1 failed, 2 wrong usage, 3 denied, 4 stopped by a limit. */
export function exitCode(error: SwitchboardError): number {
  return EXIT[ERRORS[error.code].class];
}

/** As text on stderr, or `{"error": …}` as the one document on stdout. */
export function writeFailure(error: SwitchboardError, json: boolean): void {
  if (json) {
    process.stdout.write(`${safeJson({ error: error.toJSON() })}\n`);
    return;
  }
  const fix = error.fix === undefined ? '' : `fix: ${safeText(error.fix)}\n`;
  // Further lines may be a component's: none of them looks like one of ours.
  const message = safeText(error.message).replaceAll('\n', '\n  ');
  process.stderr.write(`error: ${message}\n${valueLine(error)}${fix}code: ${error.code}\n`);
}

/** The error case of a function's result, where it is more than a text: the message has only its gist. */
function valueLine({ code, data }: SwitchboardError): string {
  const given = code === 'component-error' && typeof data === 'object' && data !== null && 'value' in data;
  return given && typeof data.value === 'object' && data.value !== null ? `value: ${safeJson(data.value, 0)}\n` : '';
}
