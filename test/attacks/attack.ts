/** What `attack.toml` may say. Texts are filled in: DIR, ROOT, PORT and MUTE, see README.md. */
import { z } from 'zod';

const GRANT = z.tuple([z.enum(['fs', 'net', 'env', 'secret', 'kv', 'blob', 'call', 'schedule']), z.string()]);

const MEANWHILE = z.strictObject({
  /** A log record of the call, or `METHOD path` at the server, that this matches: then what follows is done, once. */
  at: z.string(),
  /** Grants these; the same directory or host granted again takes the place of what was there. */
  grant: z.array(GRANT).optional(),
  /** Then takes back everything that was granted. */
  revoke: z.boolean().optional(),
  /** With `grant`: for so many milliseconds. */
  expires: z.number().optional(),
});

/** What a process outside does: a directory with all above it, a file with a text, a symlink, another name. */
const OUTSIDE = z.union([
  z.tuple([z.literal('mkdir'), z.string()]),
  z.tuple([z.enum(['write', 'symlink', 'rename']), z.string(), z.string()]),
]);

const STEP = z.strictObject({
  /** Done before the call, in order: `mkdir PATH`, `write PATH TEXT`, `symlink PATH TARGET`, `rename FROM TO`. */
  outside: z.array(OUTSIDE).optional(),
  call: z.string(),
  /** In order, or by name. */
  args: z.custom<object>((value) => typeof value === 'object' && value !== null),
  /** The error code, or `ok`. */
  code: z.string(),
  /** What the error's message or the value (as JSON) must match. */
  says: z.string().optional(),
  /** What the audit event must match: `capability what reason`. Absent: there must be none. */
  denial: z.string().optional(),
  /** The command that would allow it; absent with a denial: nothing can. */
  fix: z.string().optional(),
  /** Granted for this call alone. */
  once: z.array(GRANT).optional(),
  /** What is done while the call is under way. */
  meanwhile: MEANWHILE.optional(),
  /** Each must match an event of the step: `type {…}`. */
  audit: z.array(z.string()).optional(),
  /** Milliseconds until the call has ended, from its start or from what was done meanwhile. */
  within: z.number().optional(),
  /** Each must match a record of the step's log, as `switchboard logs` prints it. */
  logged: z.array(z.string()).optional(),
});

export const ATTACK = z.strictObject({
  description: z.string(),
  guest: z.string(),
  /** Flags, as of `switchboard grant`. */
  grants: z.array(GRANT),
  /** Each must be refused, with `denied`. */
  refused: z.array(GRANT).optional(),
  /** Pairs of name and value. */
  secrets: z.array(z.tuple([z.string(), z.string()])).optional(),
  /** Symlinks made in DIR: name to target. */
  links: z.record(z.string(), z.string()).optional(),
  /** Empty files made in DIR. */
  files: z.number().optional(),
  /** Names, each with what the test's name server answers to the first query, the second and so on; none: nothing. */
  names: z.record(z.string(), z.array(z.string())).optional(),
  /** What must not be on disk or in anything said afterwards. */
  never: z.array(z.string()).optional(),
  limits: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  /** MiB that the process may grow by meanwhile. */
  memory: z.number().optional(),
  step: z.array(STEP).min(1),
});

export type Attack = z.infer<typeof ATTACK>;
export type Step = z.infer<typeof STEP>;
