/** What `case.toml` may say; see README.md. */
import { z } from 'zod';

const SIGNATURE = z.strictObject({
  /** Which key; each case makes its keys anew. */
  key: z.string(),
  /** What the statement is; `publish` unless given. */
  says: z.enum(['publish', 'yank', 'revocation']).optional(),
  /** The name and version in the statement, else the component's own. */
  as: z.string().optional(),
  /** Of whose manifest, else the component's own. */
  of: z.string().optional(),
  reason: z.string().optional(),
});

const EXPECTED = {
  /** The error code, or what became of it: `installed`, `same`, `updated`, `newest`. */
  gives: z.string(),
  /** Each must be in message or fix, or in the warnings; KEY(name) is that key's fingerprint, LINE(name) the key itself. */
  says: z.array(z.string()).optional(),
  /** At most so many requests to the registry. */
  requests: z.number().optional(),
};

export const STEP = z.union([
  z.strictObject({
    publish: z.string(),
    /** Another component of the same name. */
    variant: z.string().optional(),
    manifest: z.string().optional(),
    /** What the component says that it is, else the same. */
    inside: z.string().optional(),
    sign: z.array(SIGNATURE).optional(),
  }),
  z.strictObject({ sign: z.string(), with: SIGNATURE }),
  z.strictObject({ trust: z.string(), key: z.string(), namespaces: z.array(z.string()) }),
  z.strictObject({ distrust: z.string(), key: z.string() }),
  z.strictObject({ revoke: z.string(), key: z.string(), reason: z.string() }),
  /** Gives the manifest of one version out under the tag of another. */
  z.strictObject({ retag: z.string(), as: z.string() }),
  /** Referrers of the type of signatures: of no worth, or copies under another title of a signature that is `like`. */
  z.strictObject({ flood: z.string(), count: z.number(), bytes: z.number().optional() }),
  z.strictObject({
    install: z.string(),
    accept: z.boolean().optional(),
    allowUnsigned: z.boolean().optional(),
    /** As by the lock file. */
    locked: z.boolean().optional(),
    owner: z.boolean().optional(),
    /** Done between resolving and installing. */
    meanwhile: z.strictObject({ retag: z.string(), as: z.string() }).optional(),
    ...EXPECTED,
  }),
  z.strictObject({
    update: z.string(),
    accept: z.boolean().optional(),
    allowUnsigned: z.boolean().optional(),
    owner: z.boolean().optional(),
    ...EXPECTED,
  }),
  /** What must be installed now, newest first: `ns:name@version`, and whose signature, `nobody` where none counts. */
  z.strictObject({ installed: z.array(z.tuple([z.string(), z.string()])) }),
  /** Each must match an event since the begin: `type {…}`. */
  z.strictObject({ audit: z.array(z.string()) }),
  /** What the home has noted: names of yanked and held versions. */
  z.strictObject({ yanked: z.array(z.string()), held: z.array(z.string()) }),
]);

export const CASE = z.strictObject({
  description: z.string(),
  requirements: z.array(z.string()).min(1),
  step: z.array(STEP).min(1),
});

export type Case = z.infer<typeof CASE>;
export type Step = z.infer<typeof STEP>;
export type SignatureOf = z.infer<typeof SIGNATURE>;
