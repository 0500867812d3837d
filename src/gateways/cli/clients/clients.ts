/** The MCP clients that `connect` knows: where each keeps its servers and how it writes one. */
import { join } from 'node:path';
import type { Place } from './place.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
export type Entry = { readonly [name: string]: Json };

/** How a client starts Switchboard itself. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
}

/** Where Switchboard serves HTTP. */
export interface Endpoint {
  readonly url: string;
  readonly token: string;
}

/** `json` has neither comments nor trailing commas, `jsonc` may have both. */
export type Dialect = 'json' | 'jsonc' | 'toml';

export interface Client {
  readonly id: string;
  readonly title: string;
  readonly dialect: Dialect;
  /** The member of the file that holds the servers by name. */
  readonly key: string;
  /** The file for all projects of this user. */
  file(place: Place): string;
  /** The file of one project, where the client has such. */
  projectFile?(project: string): string;
  /** The client was used or installed here if one of these exists. */
  marks(place: Place): readonly string[];
  stdio(launch: Launch): Entry;
  /** Absent where the client takes no URL from this file. */
  http?(endpoint: Endpoint): Entry;
  /** What makes the client see a change. */
  readonly next: string;
}

const bearer = (token: string): string => `Bearer ${token}`;
const plain = ({ command, args }: Launch): Entry => ({ command, args });
const typed = ({ command, args }: Launch): Entry => ({ type: 'stdio', command, args });
const typedHttp = ({ url, token }: Endpoint): Entry => ({
  type: 'http',
  url,
  headers: { Authorization: bearer(token) },
});
const untypedHttp = ({ url, token }: Endpoint): Entry => ({ url, headers: { Authorization: bearer(token) } });

/** In the order in which they are listed. */
export const CLIENTS: readonly Client[] = [
  {
    // https://code.claude.com/docs/en/mcp
    id: 'claude-code',
    title: 'Claude Code',
    dialect: 'json',
    key: 'mcpServers',
    file: ({ home, claudeConfigDir }) => join(claudeConfigDir ?? home, '.claude.json'),
    projectFile: (project) => join(project, '.mcp.json'),
    marks: ({ home, claudeConfigDir }) => [claudeConfigDir ?? join(home, '.claude'), join(home, '.claude.json')],
    stdio: typed,
    http: typedHttp,
    next: 'start a new session of Claude Code',
  },
  {
    // https://modelcontextprotocol.io/docs/develop/connect-local-servers
    id: 'claude-desktop',
    title: 'Claude Desktop',
    dialect: 'json',
    key: 'mcpServers',
    file: ({ applications }) => join(applications, 'Claude/claude_desktop_config.json'),
    marks: ({ applications }) => [join(applications, 'Claude'), '/Applications/Claude.app'],
    stdio: plain,
    next: 'quit Claude Desktop and start it again',
  },
  {
    // https://cursor.com/docs/mcp
    id: 'cursor',
    title: 'Cursor',
    dialect: 'jsonc',
    key: 'mcpServers',
    file: ({ home }) => join(home, '.cursor/mcp.json'),
    projectFile: (project) => join(project, '.cursor/mcp.json'),
    marks: ({ home }) => [join(home, '.cursor'), '/Applications/Cursor.app'],
    stdio: plain,
    http: untypedHttp,
    next: 'Cursor asks for or shows the server in its settings, under MCP',
  },
  {
    // https://code.visualstudio.com/docs/copilot/reference/mcp-configuration
    id: 'vscode',
    title: 'VS Code',
    dialect: 'jsonc',
    key: 'servers',
    file: ({ applications }) => join(applications, 'Code/User/mcp.json'),
    projectFile: (project) => join(project, '.vscode/mcp.json'),
    marks: ({ applications }) => [join(applications, 'Code'), '/Applications/Visual Studio Code.app'],
    stdio: typed,
    http: typedHttp,
    next: 'VS Code shows the server in its list of MCP servers; start it there',
  },
  {
    // https://developers.openai.com/codex/mcp
    id: 'codex',
    title: 'Codex',
    dialect: 'toml',
    key: 'mcp_servers',
    file: ({ home, codexHome }) => join(codexHome ?? join(home, '.codex'), 'config.toml'),
    projectFile: (project) => join(project, '.codex/config.toml'),
    marks: ({ home, codexHome }) => [codexHome ?? join(home, '.codex')],
    stdio: plain,
    http: ({ url, token }) => ({ url, http_headers: { Authorization: bearer(token) } }),
    next: 'start a new session of Codex',
  },
  {
    // https://geminicli.com/docs/tools/mcp-server
    id: 'gemini-cli',
    title: 'Gemini CLI',
    dialect: 'jsonc',
    key: 'mcpServers',
    file: ({ home, geminiHome }) => join(geminiHome ?? home, '.gemini/settings.json'),
    projectFile: (project) => join(project, '.gemini/settings.json'),
    marks: ({ home, geminiHome }) => [join(geminiHome ?? home, '.gemini')],
    stdio: plain,
    http: ({ url, token }) => ({ httpUrl: url, headers: { Authorization: bearer(token) } }),
    next: 'start a new session of Gemini CLI',
  },
  {
    // https://zed.dev/docs/ai/mcp
    id: 'zed',
    title: 'Zed',
    dialect: 'jsonc',
    key: 'context_servers',
    file: ({ platform, home, config }) =>
      join(platform === 'darwin' ? join(home, '.config') : config, 'zed/settings.json'),
    marks: ({ platform, home, config }) => [
      join(platform === 'darwin' ? join(home, '.config') : config, 'zed'),
      '/Applications/Zed.app',
    ],
    stdio: plain,
    http: untypedHttp,
    next: 'Zed starts the server by itself',
  },
];

/** What in an entry says how the server is reached. Other members, as those that switch single tools off, are the user's. */
export const REACH: readonly string[] = [
  'type',
  'command',
  'args',
  'url',
  'httpUrl',
  'headers',
  'http_headers',
  'bearer_token_env_var',
  'source',
];
