/** A scan of a component of 10 MB, against the sha256 of the same bytes. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { scanPorts } from '#gateways/cli/scan-ports';
import { scanComponent } from '#scan';
import { withSection } from '../../test/scan/component.ts';
import { ROOT } from '../processes.ts';
import { interleave } from '../rounds.ts';
import { comparedRow, type Row } from '../row.ts';
import type { Suite } from '../suite.ts';

const TEN_MB = 10_000_000;
const TIMES = 30;

export const scanning: Suite = async ({ quick }) => {
  const ours = readFileSync(join(ROOT, 'components/dist/html.wasm'));
  const words = Buffer.alloc(TEN_MB - ours.length, readFileSync(join(ROOT, 'ARCHITECTURE.md')));
  return [
    await row(
      'a component of JavaScript, filled up with English text',
      withSection(ours, { name: 'name', text: words.toString() }),
      quick,
    ),
    await row(
      'a component of JavaScript, filled up with noise',
      withSection(ours, { name: 'name', size: words.length, packed: true }),
      quick,
    ),
  ];
};

async function row(what: string, bytes: Uint8Array, quick: boolean): Promise<Row> {
  const ports = scanPorts({ offline: true });
  const scan = async (): Promise<number> => {
    const started = performance.now();
    await scanComponent({ source: bytes }, ports);
    return performance.now() - started;
  };
  const hash = (): number => {
    const started = performance.now();
    createHash('sha256').update(bytes).digest();
    return performance.now() - started;
  };
  const took = await interleave({ hash, scan }, { least: quick ? 2 : 10, most: 40, budgetMs: quick ? 1 : 8_000 });
  return comparedRow(`scan of 10 MB: ${what}`, 'ms', took.scan, took.hash, TIMES * took.hash);
}
