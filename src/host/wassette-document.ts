/** The text of a `policy.yaml` as data whose every part knows its line. */
import { basename } from 'node:path';
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { printable, SwitchboardError, toSwitchboardError } from '#core';

/** Longer text is refused before it is parsed. */
const LONGEST = 64 * 1024;

const text = z.string().min(1).max(1024);
const list = <T extends z.ZodType>(entry: T) => z.array(entry).max(100).nullish();
const storage = z.strictObject({ uri: text, access: z.array(z.enum(['read', 'write'])).min(1) });
const network = z
  .strictObject({ host: text.optional(), cidr: text.optional(), defaults: z.literal(true).optional() })
  .refine((entry) => Object.keys(entry).length === 1, 'one of host, cidr and defaults');
const quantity = z.union([text, z.number().nonnegative()]);

/** https://github.com/microsoft/policy-mcp/blob/main/schema/v1.json, and the `resources.limits` that wassette added. */
const SCHEMA = z.strictObject({
  $schema: z.string().optional(),
  version: z.string().regex(/^1\.\d{1,3}$/, 'only version 1.x is known'),
  description: z.string().nullish(),
  permissions: z
    .strictObject({
      storage: z.strictObject({ allow: list(storage), deny: list(storage) }).nullish(),
      network: z.strictObject({ allow: list(network), deny: list(network) }).nullish(),
      environment: z.strictObject({ allow: list(z.strictObject({ key: text })) }).nullish(),
      resources: z
        .strictObject({
          limits: z.strictObject({ memory: quantity.nullish(), cpu: quantity.nullish() }).nullish(),
          memory: z.number().int().nonnegative().nullish(),
          cpu: z.number().nullish(),
          io: z.number().nullish(),
        })
        .nullish(),
      runtime: z.unknown().optional(),
      ipc: z.unknown().optional(),
    })
    .nullish(),
});

export type Sections = NonNullable<z.infer<typeof SCHEMA>['permissions']>;
export type StorageEntry = z.infer<typeof storage>;
export type NetworkEntry = z.infer<typeof network>;

/** Names and indices from the root of the document. */
export type Path = readonly (string | number)[];

export interface PolicyDocument {
  readonly sections: Sections;
  /** The line on which that part begins. */
  lineOf(path: Path): number;
  /** `invalid-setting` that names the file, the line and the part. */
  wrong(path: Path, why: string): SwitchboardError;
  /** Does `work`; what it throws becomes such an error. */
  at<T>(path: Path, work: () => T): T;
}

/** `permissions.network.allow[2]`. */
export const placeOf = (path: Path): string =>
  path.reduce<string>((place, part) => {
    if (typeof part === 'number') return `${place}[${part}]`;
    return place === '' ? printable(part) : `${place}.${printable(part)}`;
  }, '');

/** Errors: `invalid-setting`, which names the file and the line. */
export function readPolicy(source: string, file: string): PolicyDocument {
  const name = printable(basename(file));
  const failure: Failure = (line, why) => new SwitchboardError('invalid-setting', `${name}:${line}: ${why}`);
  if (source.length > LONGEST) throw failure(1, `it is longer than ${LONGEST} characters`);
  const counter = new LineCounter();
  const document = parsed(source, counter, failure);
  let raw: unknown;
  try {
    // No aliases: a few of them can stand for gigabytes.
    raw = document.toJS({ maxAliasCount: 0 });
  } catch (thrown) {
    throw failure(1, messageOf(thrown));
  }
  const lineOf = (path: Path): number => lineIn(document, counter, path);
  const wrong = (path: Path, why: string): SwitchboardError => failure(lineOf(path), `${placeOf(path)}: ${why}`);
  const checked = SCHEMA.safeParse(raw);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    const path = (issue?.path ?? []).map((part) => (typeof part === 'number' ? part : String(part)));
    if (issue?.code === 'unrecognized_keys') throw wrong([...path, issue.keys[0] ?? ''], 'there is no such key');
    const why = printable(issue?.message ?? 'wrong');
    throw path.length === 0 ? failure(1, why) : wrong(path, why);
  }
  return {
    sections: checked.data.permissions ?? {},
    lineOf,
    wrong,
    at: (path, work) => {
      try {
        return work();
      } catch (thrown) {
        throw wrong(path, toSwitchboardError(thrown).message);
      }
    },
  };
}

type Failure = (line: number, why: string) => SwitchboardError;

function parsed(source: string, counter: LineCounter, failure: Failure): Document {
  let document: Document;
  try {
    document = parseDocument(source, { schema: 'core', lineCounter: counter, logLevel: 'error' });
  } catch (thrown) {
    // Nested deeper than the parser's own stack.
    throw failure(1, messageOf(thrown));
  }
  // A warning is a tag that nobody knows: what it says is not known either.
  const [flaw] = [...document.errors, ...document.warnings];
  if (!flaw) return document;
  throw failure(flaw.linePos?.[0].line ?? 1, messageOf(flaw).replace(/ at line \d.*/, ''));
}

const messageOf = (thrown: unknown): string =>
  printable((thrown instanceof Error ? thrown.message : String(thrown)).split('\n')[0] ?? '');

function lineIn(document: Document, counter: LineCounter, path: Path): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = document.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    const key = isMap(parent)
      ? parent.items.find((pair) => isScalar(pair.key) && pair.key.value === last)?.key
      : undefined;
    const node = key ?? document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return counter.linePos(node.range[0]).line;
  }
  return 1;
}
