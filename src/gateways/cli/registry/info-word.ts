/** `info` of what is in a registry: what it is, what it asks for, and whether it may be installed. Nothing is installed. */
import type { ComponentDescription } from '#core';
import type { Artifact } from '#core/artifact';
import { type SwitchboardError, toSwitchboardError } from '#core/errors';
import type { Judgement } from '#trust';
import type { Context } from '../context.ts';
import { descriptionDocument, descriptionText } from '../describe-text.ts';
import { safeLine, safeText } from '../safe.ts';
import { signedText } from './admission.ts';
import { type ClientFlags, withClient } from './client-of.ts';
import { verifierOf } from './verifier.ts';

type Verdict = { readonly judgement: Judgement } | { readonly refusal: SwitchboardError };

/** Shows `oci://…` or `ns:name[@range]`. Errors: those of the registry, `invalid-artifact`, those of decoding. */
export async function infoWord(context: Context, word: string, flags: ClientFlags): Promise<void> {
  await withClient(context, flags, async (client) => {
    const artifact = await context.progress(`asking for ${safeLine(word)}`, client.resolve(word));
    const { noVerifier } = await import('#registry/client/client');
    const work = client.acquire(artifact, noVerifier, (progress, total) => context.showProgress({ progress, total }));
    const { path } = await context.progress(`reading ${safeLine(artifact.reference)}`, work);
    const { describeSource } = await import('#host/source');
    const { description } = await describeSource(path, context.signal);
    show(context, artifact, description, await verdictOf(context, artifact));
  });
}

/** As an installation would have it. */
async function verdictOf(context: Context, artifact: Artifact): Promise<Verdict> {
  const verifier = await verifierOf(context, await context.attach(), {});
  try {
    const { judgementIn } = await import('#trust/judge');
    const decision = await verifier.verify(artifact, context.signal);
    const judgement = decision.allow ? judgementIn(decision.record) : undefined;
    return { judgement: judgement ?? {} };
  } catch (thrown) {
    const refusal = toSwitchboardError(thrown);
    // What stands against it is shown; that nobody could be asked is an error.
    if (refusal.class !== 'denied' && refusal.code !== 'too-large') throw thrown;
    return { refusal };
  } finally {
    await verifier.settled();
  }
}

function show(context: Context, artifact: Artifact, description: ComponentDescription, verdict: Verdict): void {
  const { name, version, reference, manifest } = artifact;
  const component = `${name}@${version}`;
  const document = {
    component,
    installed: false,
    source: reference,
    artifact: manifest,
    ...('refusal' in verdict ? { refused: verdict.refusal.toJSON() } : { signed: verdict.judgement.signed }),
    ...descriptionDocument(description),
  };
  context.print(document, () =>
    [
      component,
      `from     ${safeLine(reference)}; it is not installed`,
      `manifest ${manifest}`,
      ...('refusal' in verdict ? refusalLines(verdict.refusal) : [`signed   by ${signedText(verdict.judgement)}`]),
      descriptionText(description, name),
    ].join('\n'),
  );
}

const refusalLines = ({ message, fix, code }: SwitchboardError): string[] => [
  `refused  ${safeText(message).replaceAll('\n', ' ')} (${code})`,
  ...(fix === undefined ? [] : [`  ${safeText(fix)}`]),
];
