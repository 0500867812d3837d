/** The MCP servers that a settings file names, whichever client's it is. */
import { extname } from 'node:path';
import { plainOf, SyntaxProblem, unreadable } from '../clients/syntax-types.ts';
import { SYNTAX } from '../clients/syntax.ts';

/** One server as a file has it. Values of variables and headers are left out as soon as it is read. */
export interface ServerEntry {
  readonly name: string;
  readonly file: string;
  /** Where in the file it counts for one project only: that project's directory. */
  readonly project?: string;
  readonly disabled: boolean;
  readonly remote: boolean;
  readonly command: string;
  readonly args: readonly string[];
  readonly url: string;
  /** Names alone. */
  readonly variables: readonly string[];
  readonly headers: readonly string[];
  /** A file that it reads variables from. */
  readonly envFile?: string;
}

type Members = { readonly [name: string]: unknown };

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const objectOf = (value: unknown): Members => (isObject(value) ? value : {});
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];

/** Errors: `file-unreadable` (neither JSON, with or without comments, nor TOML). */
export function serversOf(file: string, text: string): ServerEntry[] {
  const document = documentOf(file, text);
  const own = ['mcpServers', 'mcp_servers', 'servers', 'context_servers'].flatMap((key) =>
    entriesOf(file, document[key]),
  );
  // VS Code's settings.json before it had mcp.json.
  const nested = entriesOf(file, objectOf(document['mcp'])['servers']);
  // Claude Code keeps those that are for one project beside the others.
  const projects = Object.entries(objectOf(document['projects'])).flatMap(([project, settings]) =>
    entriesOf(file, objectOf(settings)['mcpServers'], project),
  );
  return [...own, ...nested, ...projects];
}

function documentOf(file: string, text: string): Members {
  try {
    return objectOf(plainOf(SYNTAX[extname(file) === '.toml' ? 'toml' : 'jsonc'].parse(text)));
  } catch (error) {
    if (error instanceof SyntaxProblem) throw unreadable(file, error);
    throw error;
  }
}

function entriesOf(file: string, servers: unknown, project?: string): ServerEntry[] {
  return Object.entries(objectOf(servers)).flatMap(([name, value]) => {
    if (!isObject(value)) return [];
    // Zed had the command as an object once.
    const old = objectOf(value['command']);
    const command = textOf(value['command']) || textOf(old['path']);
    const url = textOf(value['url']) || textOf(value['httpUrl']) || textOf(value['serverUrl']);
    if (command === '' && url === '') return [];
    const envFile = textOf(value['envFile']);
    return [
      {
        name,
        file,
        ...(project === undefined ? {} : { project }),
        disabled: value['disabled'] === true || value['enabled'] === false,
        remote: command === '',
        command,
        args: textsOf(value['args'] ?? old['args']),
        url,
        variables: [...Object.keys(objectOf(value['env'] ?? old['env'])), ...textsOf(value['env_vars'])],
        headers: headersOf(value),
        ...(envFile === '' ? {} : { envFile }),
      },
    ];
  });
}

function headersOf(value: Members): string[] {
  const bearer = textOf(value['bearer_token_env_var']) === '' ? [] : ['Authorization'];
  return [
    ...['headers', 'http_headers', 'env_http_headers'].flatMap((key) => Object.keys(objectOf(value[key]))),
    ...bearer,
  ];
}
