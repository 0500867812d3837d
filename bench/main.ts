/** `node bench/main.ts [--only suite] [--quick] [--output json]`: the figures of docs/benchmarks.md. */
import { parseArgs } from 'node:util';
import { type Row, formatTable } from './row.ts';
import { runSuites, SUITES } from './suites.ts';

const USAGE = `./dev bench [--only <suite>] [--quick] [--output json]

  --only <suite>    only this one, may be given several times: ${Object.keys(SUITES).join(', ')}
  --quick           few repetitions: shows that it works, the figures say nothing
  --output json     {"rows":[{"name","value","unit","against","ratio","limit","ok"}]}
`;

function options() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      quick: { type: 'boolean', default: false },
      output: { type: 'string', default: 'text' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const unknown = values.only?.find((name) => !Object.hasOwn(SUITES, name));
  if (unknown !== undefined) throw new Error(`there is no suite ${unknown}`);
  if (values.output !== 'text' && values.output !== 'json') throw new Error('--output is text or json');
  return values;
}

let given: ReturnType<typeof options>;
try {
  given = options();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n${USAGE}`);
  process.exit(2);
}
if (given.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
const say = (text: string): void => void process.stderr.write(`${text}\n`);
const rows: readonly Row[] = await runSuites(given.only ?? Object.keys(SUITES), given.quick, say);
process.stdout.write(given.output === 'json' ? `${JSON.stringify({ rows })}\n` : formatTable(rows));
const missed = rows.filter((row) => !row.ok);
if (missed.length > 0) say(`missed: ${missed.map((row) => row.name).join('; ')}`);
process.exit(missed.length > 0 ? 1 : 0);
