/** The golden cases of `connect`: a folder each, with case.json, `before.*` (absent: no file yet) and `after.*`. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Client, CLIENTS, type Entry } from '#gateways/cli/clients/clients';
import { changedText } from '#gateways/cli/clients/entry';

export interface Case {
  readonly name: string;
  readonly client: Client;
  /** Undefined where the entry is removed. */
  readonly entry: Entry | undefined;
  readonly before: string;
  readonly after: string;
}

interface CaseFile {
  readonly client: string;
  readonly home?: string;
  readonly options?: readonly string[];
  readonly http?: true;
  readonly remove?: true;
}

export const ENDPOINT = { url: 'http://127.0.0.1:7420/mcp', token: 'the-token' };

const MARK = '\ufeff';

export function goldenCases(): Case[] {
  return readdirSync(import.meta.dirname, { withFileTypes: true })
    .filter((one) => one.isDirectory())
    .map(({ name }) => goldenCase(name));
}

function goldenCase(name: string): Case {
  const file = (part: string): string => join(import.meta.dirname, name, part);
  const golden = JSON.parse(readFileSync(file('case.json'), 'utf8')) as CaseFile;
  const client = CLIENTS.find(({ id }) => id === golden.client);
  if (!client) throw new Error(`${name}: there is no client ${golden.client}`);
  const ending = client.dialect === 'toml' ? 'toml' : 'json';
  const read = (part: string): string => (existsSync(file(part)) ? readFileSync(file(part), 'utf8') : '');
  return {
    name,
    client,
    entry: entryOf(client, golden),
    before: read(`before.${ending}`),
    after: read(`after.${ending}`),
  };
}

function entryOf(client: Client, { home, options = [], http, remove }: CaseFile): Entry | undefined {
  if (remove) return undefined;
  if (http) return client.http?.(ENDPOINT);
  const args = ['serve', '--stdio', ...(home === undefined ? [] : ['--home', home]), ...options];
  return client.stdio({ command: '/opt/switchboard/switchboard', args });
}

/** What the product makes of a text; a byte order mark is the file's, not the text's. */
export function made({ client, entry }: Pick<Case, 'client' | 'entry'>, before: string): string {
  const mark = before.startsWith(MARK) ? MARK : '';
  return mark + changedText(client, 'the file', before.slice(mark.length), 'switchboard', entry);
}
