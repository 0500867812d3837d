/** Signatures: one bundle verified, as every install from a registry does it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SignatureRoots, SubjectDigest } from '#core/signature';
import { publishStatement } from '#core/statements';
import { makeKey, signatureVerifier, signStatement } from '#signing';
import { ROOT } from '../processes.ts';
import { boundedRow, type Row } from '../row.ts';
import { median } from '../stats.ts';
import type { Suite } from '../suite.ts';

const SUBJECT = `sha256:${'5'.repeat(64)}` as const;
/** Of the npm package whose bundle is among the fixtures of the tests. */
const NPM =
  'sha512:76176ffa33808b54602c7c35de5c6e9a4deb96066dba6533f50ac234f4f1f4c6b3527515dc17c06fbe2860030f410eee69ea20079bd3a2c6f3dcf3b329b10751';
const KEYS = 50;

export const signing: Suite = async ({ quick }) => {
  const fixture = (name: string): Buffer => readFileSync(join(ROOT, 'test/signing/fixtures', name));
  const { key } = await makeKey('correct horse');
  const { publicKey } = key;
  const bundle = signStatement(
    publishStatement({ name: 'acme:clip', version: '1.0.0', manifest: SUBJECT, component: SUBJECT, publicKey }),
    key,
  );
  // The right one last of fifty.
  const others = await Promise.all(Array.from({ length: quick ? 1 : 3 }, () => makeKey('correct horse')));
  const keys = Array.from({ length: KEYS - 1 }, (_, i) => others[i % others.length]?.key.publicKey ?? '');
  const trustedRoot = JSON.parse(fixture('root-public-good.json').toString()) as unknown;
  return [
    await verified('one bundle verified', bundle, SUBJECT, { keys: [...keys, publicKey] }, quick),
    await verified(
      'one bundle of an identity verified',
      fixture('npm-provenance.json'),
      NPM,
      { keys: [], trustedRoot },
      quick,
    ),
  ];
};

async function verified(
  name: string,
  bundle: Buffer,
  subject: SubjectDigest,
  roots: SignatureRoots,
  quick: boolean,
): Promise<Row> {
  const verifier = signatureVerifier();
  const once = async (): Promise<number> => {
    const started = performance.now();
    await verifier.verify(bundle, subject, roots);
    return performance.now() - started;
  };
  for (let i = 0; i < (quick ? 1 : 50); i += 1) await once();
  const took: number[] = [];
  for (let i = 0; i < (quick ? 5 : 200); i += 1) took.push(await once());
  return boundedRow(name, 'ms', median(took), 5);
}
