/** Components for scans, from folders of text: a WAT, and what is put into it as custom sections. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { injectDocs, injectManifest, injectWit } from '#wit';
import { parse } from '#wasm-tools';

/** Adds two numbers; `data` is what lies in its memory, `more` further items of the component. */
export const adder = (data = '', more = '', module = ''): string => `(component
  (core module $m
    (memory (export "memory") 1)
    (func $add (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
    ${module}
    (data (i32.const 0) "${data}"))
  (core instance $i (instantiate $m))
  (func $add (param "a" s32) (param "b" s32) (result s32) (canon lift (core func $i "add")))
  (export "add" (func $add))
  ${more})`;

export interface CustomSection {
  readonly name: string;
  readonly text?: string;
  /** So many bytes, zeros or such that do not compress. */
  readonly size?: number;
  readonly packed?: boolean;
}

/** Secrets of real form that open nothing; made here, so that no file of the repository has one. */
export const SECRETS: { readonly [name: string]: string } = {
  github: `ghp_${withCrc('Zq8Vn2LxT5rKd9WbYc3MfHj7PsGa1R')}`,
  'github-wrong': 'ghp_Zq8Vn2LxT5rKd9WbYc3MfHj7PsGa1R000000',
  npm: `npm_${withCrc('b7Kp2VxQ9sLm4RzTn6WcYd3HfJg8Ae')}`,
  aws: `AKIA${'Q3ZJ7VXN2LTRWK5P'} and ${'wJq8Zr+uF3nDkE/K7VbPxRfiCYz' + 'T2mLkEsY9Q'}abc`,
  'aws-example': 'AKIAIOSFODNN7EXAMPLE',
  slack: `xoxb-${'2384756103'}-${'5938271046'}-${'kQz7VnX2LtRwP9sMbYc3HfJd'}`,
  stripe: `sk_${'live'}_${'51HqZ8kVn2LxT5rKd9WbYc3MfHj'}`,
  pem: `-----BEGIN ${'PRIVATE KEY'}-----\n${'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\nMzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu\n'.repeat(2)}-----END ${'PRIVATE KEY'}-----`,
  'pem-header': `-----BEGIN ${'PRIVATE KEY'}-----\n and -----END ${'PRIVATE KEY'}-----`,
};

function withCrc(random: string): string {
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  let sum = crc32(random);
  let text = '';
  for (let i = 0; i < 6; i += 1) {
    text = (digits[sum % 62] ?? '') + text;
    sum = Math.floor(sum / 62);
  }
  return random + text;
}

/** `{{github}}` becomes a secret, `{{u:E0041}}` a character. */
export const filled = (text: string): string =>
  text
    .replaceAll(/\{\{u:([0-9A-F]+)\}\}/g, (_all, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .replaceAll(/\{\{([a-z-]+)\}\}/g, (_all, name: string) => SECRETS[name] ?? `no secret ${name}`);

/** The component of a golden case. */
export async function componentOf(folder: string, sections: readonly CustomSection[], data = ''): Promise<Uint8Array> {
  const read = (name: string): string | undefined =>
    existsSync(join(folder, name)) ? filled(readFileSync(join(folder, name), 'utf8')) : undefined;
  let bytes: Uint8Array = await parse(read('component.wat') ?? adder(data));
  const docs = read('docs.wit');
  if (docs !== undefined) bytes = injectDocs(bytes, docs);
  const wit = read('component.wit');
  if (wit !== undefined) bytes = injectWit(bytes, wit);
  const manifest = read('component.toml');
  if (manifest !== undefined) bytes = injectManifest(bytes, manifest);
  return sections.reduce((all, one) => withSection(all, one), bytes);
}

export function withSection(bytes: Uint8Array, { name, text, size = 0, packed }: CustomSection): Uint8Array {
  const body = text === undefined ? (packed ? noise(size) : Buffer.alloc(size)) : Buffer.from(filled(text));
  const content = Buffer.concat([leb(Buffer.byteLength(name)), Buffer.from(name), body]);
  return Buffer.concat([bytes, Buffer.from([0]), leb(content.length), content]);
}

/** The same bytes each time, and such as do not compress. */
export function noise(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let state = 0x9e3779b9;
  for (let i = 0; i < size; i += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

export function leb(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    bytes.push(rest > 127 ? (rest & 127) | 128 : rest);
    if (rest <= 127) return Buffer.from(bytes);
  }
}
