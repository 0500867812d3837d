import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Client, CLIENTS } from './clients.ts';
import { oneHunk } from './diff.ts';
import { changedText, findEntry } from './entry.ts';
import { SYNTAX } from './syntax.ts';

const client = (id: string): Client => CLIENTS.find((one) => one.id === id) as Client;
const LAUNCH = { command: '/opt/switchboard', args: ['serve', '--stdio'] };

function refuses(id: string, text: string, message: RegExp, entry: 'add' | 'remove' = 'add'): void {
  const own = client(id);
  const work = (): string =>
    changedText(own, '/f', text, 'switchboard', entry === 'add' ? own.stdio(LAUNCH) : undefined);
  assert.throws(work, { code: 'file-unreadable', message }, text);
}

test('[connect.file] a text that is not of the dialect is refused, with its line', () => {
  refuses('cursor', '{\n  "mcpServers": {\n', /^\/f, line \d: close brace expected/);
  refuses('cursor', '{ "a": 1 } }', /^\/f, line 1: /);
  refuses('cursor', 'not json', /^\/f, line 1: invalid symbol/);
  refuses('cursor', '[]', /^\/f, line 1: it is not an object/);
  refuses('claude-code', '{\n "a": 1, // one\n "b": 2\n}', /^\/f, line 2: invalid comment token/);
  refuses('claude-desktop', '{ "a": 1, }', /^\/f, line 1: /);
  refuses('codex', 'a = 1\nb = ', /^\/f, line 2: /);
  refuses('codex', '[a]\n[a]\n', /^\/f, line 2: /);
  refuses('cursor', `{"a":${'['.repeat(100_000)}`, /^\/f/);
});

test('[connect.file] a text in which the entry has no place is refused', () => {
  refuses('cursor', '{ "mcpServers": [] }', /not an object/);
  refuses('cursor', '{ "mcpServers": null }', /not an object/);
  refuses('cursor', '{ "mcpServers": { "switchboard": "x" } }', /not an object/);
  refuses('cursor', '{ "mcpServers": {}, "mcpServers": {} }', /"mcpServers" is there twice/);
  refuses(
    'cursor',
    '{ "mcpServers": { "switchboard": {}, "switchboard": {} } }',
    /"switchboard" is there twice/,
    'remove',
  );
  refuses('codex', 'mcp_servers = { a = { command = "a" } }', /mcp_servers/);
  refuses('codex', 'mcp_servers = 1', /mcp_servers/);
  refuses(
    'codex',
    '[mcp_servers]\nswitchboard = { command = "a" }',
    /mcp_servers\.switchboard is not a table of its own/,
  );
  refuses('codex', 'mcp_servers = { switchboard = { command = "a" } }', /is not a table of its own/, 'remove');
});

test('[connect.clients] an entry counts as ours with what clients and people add to it', () => {
  const state = (id: string, text: string): string =>
    findEntry(client(id), '/f', text, 'switchboard', client(id).stdio(LAUNCH)).state;
  const reach = '"command": "/opt/switchboard", "args": ["serve", "--stdio"]';
  assert.equal(state('zed', `{"context_servers": {"switchboard": {"source": "custom", ${reach}, "env": {}}}}`), 'same');
  assert.equal(
    state('cursor', `{"mcpServers": {"switchboard": {"type": "stdio", ${reach}, "disabled": true}}}`),
    'same',
  );
  assert.equal(state('cursor', `{"mcpServers": {"switchboard": {"type": "sse", ${reach}}}}`), 'other');
  assert.equal(state('cursor', `{"mcpServers": {"switchboard": {"url": "http://x", ${reach}}}}`), 'other');
  assert.equal(
    state('cursor', '{"mcpServers": {"switchboard": {"command": "/opt/switchboard", "args": []}}}'),
    'other',
  );
  assert.equal(state('cursor', '{"mcpServers": {"Switchboard": {}}}'), 'absent');
  assert.equal(state('claude-code', '{"__proto__": {"mcpServers": {"switchboard": {}}}}'), 'absent');
  assert.equal(
    state('codex', '[mcp_servers."switchboard"]\ncommand = \'/opt/switchboard\'\nargs = ["serve",\n"--stdio"]'),
    'same',
  );
});

test('[connect.secrets] of a text that is shown only names and our own entry are legible', () => {
  const json = `{
  // SECRET of mine
  "apiKey": "SECRET", "n": 1,
  "list": ["SECRET", "a\\"SECRET"], /* SECRET
  SECRET */
  "mcpServers": {
    "a": { "command": "SECRET", "env": { "KEY": "SECRET" }, "args": ["--key", "SECRET"] },
    "switchboard": { "command": "/opt/switchboard", "args": ["serve"], "env": { "K": "SECRET" }, "headers": { "Authorization": "Bearer SECRET" } }
  }
}`;
  const masked = SYNTAX.jsonc.masked(json, ['mcpServers', 'switchboard']);
  assert.ok(!masked.includes('SECRET'), masked);
  assert.equal(masked.split('\n').length, json.split('\n').length);
  assert.ok(
    masked.includes(
      '"switchboard": { "command": "/opt/switchboard", "args": ["serve"], "env": { "K": "…" }, "headers": { "Authorization": "Bearer …" } }',
    ),
  );
  const toml = `# SECRET
key = "SECRET" # SECRET
long = """
SECRET
"SECRET"""" # SECRET
raw = '''SECRET
SECRET'''
[mcp_servers.a]
args = ['SECRET', # SECRET
  "SECRET"]
env = { KEY = "SECRET" }
[mcp_servers.switchboard]
command = "/opt/switchboard"
http_headers = { Authorization = "Bearer SECRET" }
[mcp_servers.switchboard.env]
KEY = "SECRET"
`;
  const maskedToml = SYNTAX.toml.masked(toml, ['mcp_servers', 'switchboard']);
  assert.ok(!maskedToml.includes('SECRET'), maskedToml);
  assert.equal(maskedToml.split('\n').length, toml.split('\n').length);
  assert.match(maskedToml, /command = "\/opt\/switchboard"\nhttp_headers = \{ Authorization = "Bearer …" \}/);
});

test('[connect.person] a diff is one that patch understands', () => {
  const before = 'a\nb\nc\nd\ne\nf\n';
  assert.equal(oneHunk(before, before), '');
  assert.equal(oneHunk(before, before.replace('d\n', 'D\nx\n')), '@@ -1,6 +1,7 @@\n a\n b\n c\n-d\n+D\n+x\n e\n f');
  assert.equal(oneHunk('', 'a\n'), '@@ -0,0 +1,1 @@\n+a');
  assert.equal(oneHunk('a\n', 'a\nb\n'), '@@ -1,1 +1,2 @@\n a\n+b');
  const hostile = oneHunk('', '\u001b[31m\n');
  assert.ok(!hostile.includes('\u001b'), hostile);
});
