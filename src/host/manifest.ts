/** `component.toml`: what a component asks for. Loads zod and a TOML parser, so it is only ever imported when needed. */
import { parse } from 'smol-toml';
import { z } from 'zod';
import {
  type Digest,
  guestDirectory,
  hostPattern,
  type Manifest,
  manifestLimits,
  type PermissionRequest,
  printable,
  readCallPattern,
  SwitchboardError,
  toSwitchboardError,
} from '#core';

/** A longer manifest is refused before it is parsed. */
export const LARGEST_MANIFEST = 64 * 1024;

const MOST = 100;
const reason = z.string().min(1).max(500);
const name = z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/, 'is letters, digits and _ . -, at most 64');
const guest = z.string().transform((text, context) => {
  try {
    return guestDirectory(text);
  } catch {
    context.addIssue('is an absolute directory without . and ..');
    return z.NEVER;
  }
});
const calledComponent = z.string().refine((text) => !text.includes('#') && readCallPattern(text) !== undefined, {
  error: 'is namespace:name, with * for any characters',
});
const calledFunction = z.string().refine((text) => readCallPattern(`a:a#${text}`) !== undefined, {
  error: 'is a function’s name, with * for any characters',
});
const host = z
  .string()
  .max(255)
  .transform((text, context) => {
    const pattern = hostPattern(text);
    if (pattern !== undefined) return pattern;
    context.addIssue('is a host name, *.name, *, an address or a block of addresses');
    return z.NEVER;
  });

const store = z.strictObject({ store: name, mode: z.enum(['ro', 'rw']), reason });

const SCHEMA = z.strictObject({
  description: z.string().max(2000).optional(),
  permissions: z
    .strictObject({
      fs: z
        .array(z.strictObject({ guest, mode: z.enum(['ro', 'rw']), reason }))
        .max(MOST)
        .optional(),
      net: z
        .array(
          z.strictObject({
            host,
            port: z.union([z.number().int().min(1).max(65_535), z.literal('*')]).optional(),
            reason,
          }),
        )
        .max(MOST)
        .optional(),
      env: z.array(z.strictObject({ name, reason })).max(MOST).optional(),
      secret: z.array(z.strictObject({ name, reason })).max(MOST).optional(),
      kv: z.array(store).max(MOST).optional(),
      blob: z.array(store).max(MOST).optional(),
      elicit: z.strictObject({ reason }).optional(),
      sample: z.strictObject({ reason }).optional(),
      call: z
        .array(z.strictObject({ component: calledComponent, function: calledFunction.optional(), reason }))
        .max(MOST)
        .optional(),
      schedule: z.strictObject({ reason }).optional(),
    })
    .optional(),
  limits: z.record(z.string().regex(/^[a-z-]{1,32}$/), z.union([z.string().max(32), z.number().int()])).optional(),
});

/**
 * Reads a manifest. An unknown key, capability or limit is an error, never ignored: what it was meant to say is not
 * known. Errors: `invalid-manifest`, whose message names the key.
 */
export function parseManifest(text: string, digest: Digest): Manifest {
  if (text.length > LARGEST_MANIFEST) throw invalid(`it is longer than ${LARGEST_MANIFEST} characters`);
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (thrown) {
    throw invalid(printable(thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '') : String(thrown)));
  }
  const parsed = SCHEMA.safeParse(raw);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const path = printable(issue?.path.map(String).join('.') ?? '', 200);
    throw invalid(`${path === '' ? '' : `${path}: `}${printable(issue?.message ?? 'wrong', 200)}`);
  }
  const { description, permissions = {}, limits = {} } = parsed.data;
  try {
    manifestLimits(limits);
  } catch (error) {
    throw invalid(`limits.${toSwitchboardError(error).message}`);
  }
  const requests: PermissionRequest[] = [
    ...(permissions.fs ?? []).map((fs) => ({ kind: 'fs' as const, ...fs })),
    ...(permissions.net ?? []).map(({ port, ...net }) => ({
      kind: 'net' as const,
      ...net,
      ...(port === undefined ? {} : { port }),
    })),
    ...(permissions.env ?? []).map((env) => ({ kind: 'env' as const, ...env })),
    ...(permissions.secret ?? []).map((secret) => ({ kind: 'secret' as const, ...secret })),
    ...(['kv', 'blob'] as const).flatMap((kind) =>
      (permissions[kind] ?? []).map((one) => ({ kind, name: one.store, mode: one.mode, reason: one.reason })),
    ),
    ...(permissions.elicit ? [{ kind: 'elicit' as const, ...permissions.elicit }] : []),
    ...(permissions.sample ? [{ kind: 'sample' as const, ...permissions.sample }] : []),
    ...(permissions.call ?? []).map(({ function: fn, ...call }) => ({
      kind: 'call' as const,
      ...call,
      ...(fn === undefined ? {} : { function: fn }),
    })),
    ...(permissions.schedule ? [{ kind: 'schedule' as const, ...permissions.schedule }] : []),
  ];
  const seen = new Set<string>();
  for (const { reason: _, ...request } of requests) {
    const key =
      request.kind === 'fs'
        ? `fs ${request.guest}`
        : request.kind === 'kv' || request.kind === 'blob'
          ? `${request.kind} ${request.name}`
          : JSON.stringify(request);
    if (seen.has(key)) throw invalid(`permissions.${request.kind}: ${printable(key, 200)} is requested twice`);
    seen.add(key);
  }
  return {
    digest,
    ...(description === undefined ? {} : { description: printable(description, 2000) }),
    permissions: requests.map((request) => ({ ...request, reason: printable(request.reason, 500) })),
    limits,
  };
}

function invalid(why: string): SwitchboardError {
  return new SwitchboardError('invalid-manifest', `component.toml: ${why}`);
}
