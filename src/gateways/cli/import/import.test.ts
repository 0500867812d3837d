import assert from 'node:assert/strict';
import { test } from 'node:test';
import { survey } from './advice.ts';
import { hideArguments, hideUrl } from './hide.ts';
import { programOf } from './program.ts';
import { REPLACEMENTS } from './replacements.ts';
import { type ServerEntry, serversOf } from './servers.ts';

/** A command line as people write it down; no word has a space in it. */
const words = (line: string): [string, string[]] => {
  const [command = '', ...args] = line.split(' ');
  return [command, args];
};
const entry = (command: string, args: readonly string[], more: Partial<ServerEntry> = {}): ServerEntry => ({
  name: 'x',
  file: '/f',
  disabled: false,
  remote: false,
  command,
  args,
  url: '',
  variables: [],
  headers: [],
  ...more,
});
const adviceFor = (line: string) => survey(entry(...words(line))).replacement;

test('[import.survey] the program behind each way to start one is found', () => {
  const cases: readonly (readonly [line: string, kind: string, name: string, version?: string])[] = [
    ['npx -y @scope/pkg@1.2.3 /dir', 'npm', '@scope/pkg', '1.2.3'],
    ['npx --yes pkg', 'npm', 'pkg'],
    ['npx -y -p @scope/pkg@latest some-bin --flag', 'npm', '@scope/pkg', 'latest'],
    ['npx --package=pkg@2 -- bin', 'npm', 'pkg', '2'],
    ['npx -y github:owner/repo#main', 'npm', 'repo'],
    ['/usr/local/bin/npx.cmd -y pkg', 'npm', 'pkg'],
    ['C:\\nodejs\\npx.cmd -y pkg', 'npm', 'pkg'],
    ['cmd /c npx -y pkg@3', 'npm', 'pkg', '3'],
    ['bunx pkg', 'npm', 'pkg'],
    ['bun x pkg', 'npm', 'pkg'],
    ['pnpm dlx pkg', 'npm', 'pkg'],
    ['yarn dlx pkg', 'npm', 'pkg'],
    ['npm exec -- pkg@1', 'npm', 'pkg', '1'],
    ['deno run -A npm:@scope/pkg@1 x', 'npm', '@scope/pkg', '1'],
    ['node /home/ann/node_modules/@scope/pkg/dist/index.js /dir', 'npm', '@scope/pkg'],
    ['node --inspect build/index.js', 'file', 'index.js'],
    ['node /src/servers/src/filesystem/dist/index.js /dir', 'file', 'mcp-server-filesystem'],
    ['uvx pkg', 'pypi', 'pkg'],
    ['uvx pkg@1.0', 'pypi', 'pkg', '1.0'],
    ['uvx --from pkg[extra]==2.1 some-command', 'pypi', 'pkg', '2.1'],
    ['uvx --python 3.12 my_pkg', 'pypi', 'my-pkg'],
    ['uvx --from git+https://github.com/owner/repo.git@v1 cmd', 'pypi', 'repo'],
    ['uv tool run pkg', 'pypi', 'pkg'],
    ['uv --directory /x run pkg', 'pypi', 'pkg'],
    ['uv run --with pkg server.py', 'file', 'server.py'],
    ['uv run python -m my_server', 'pypi', 'my-server'],
    ['pipx run --spec pkg==3 cmd', 'pypi', 'pkg', '3'],
    ['pipx run pkg', 'pypi', 'pkg'],
    ['python3 -m mcp_server_fetch', 'pypi', 'mcp-server-fetch'],
    ['/venv/bin/python /x/server.py', 'file', 'server.py'],
    ['docker run -i --rm -e KEY=v -v /a:/b:ro mcp/fetch:1.0', 'docker', 'mcp/fetch', '1.0'],
    ['docker run --rm -i --name=x docker.io/mcp/time@sha256:ab', 'docker', 'mcp/time', 'sha256:ab'],
    ['podman run -i --network none ghcr.io:443/a/b', 'docker', 'ghcr.io:443/a/b'],
    ['env -S KEY=v npx pkg', 'npm', 'pkg'],
    ['op run --env-file=x -- npx -y pkg', 'npm', 'pkg'],
    ['/opt/bin/mcp-server-filesystem /dir', 'file', 'mcp-server-filesystem'],
  ];
  for (const [line, kind, name, version] of cases) {
    const found = programOf(...words(line));
    assert.deepEqual([found?.kind, found?.name, found?.version], [kind, name, version], line);
  }
  const shell = programOf('bash', ['-lc', 'cd "/my dir" && KEY=v exec npx -y \'@scope/pkg@1\' "/a b" | tee log']);
  assert.deepEqual([shell?.name, shell?.args, shell?.variables], ['@scope/pkg', ['/a b'], ['KEY']]);
  const simple = programOf('sh', ['-c', 'cd /x && KEY=v npx -y \'@scope/pkg@1\' "/a b"']);
  assert.deepEqual(
    [simple?.name, simple?.version, simple?.args, simple?.variables],
    ['@scope/pkg', '1', ['/a b'], ['KEY']],
  );
  assert.equal(programOf('npx', []), undefined);
  assert.equal(programOf('docker', ['compose', 'up']), undefined);
  assert.equal(programOf('constructor', [])?.kind, 'file');
});

test('[import.replace] every package of the table is found, in each way to start it', () => {
  for (const { component, npm = [], pypi = [], docker = [], file = [] } of REPLACEMENTS) {
    const lines = [
      ...npm.flatMap((name) => [`npx -y ${name}`, `npx ${name}@1.0.0`, `bunx ${name}@latest`]),
      ...pypi.flatMap((name) => [
        `uvx ${name}`,
        `uvx ${name}==1.0`,
        `pipx run ${name}`,
        `python -m ${name.replaceAll('-', '_')}`,
      ]),
      ...docker.flatMap((name) => [`docker run -i --rm ${name}`, `docker run -i --rm docker.io/${name}:latest`]),
      ...file.flatMap((name) => [`/usr/bin/${name}`, name]),
    ];
    assert.ok(lines.length > 0);
    for (const line of lines) assert.equal(adviceFor(line)?.component, component, line);
  }
  assert.equal(adviceFor('npx -y @modelcontextprotocol/server-everything'), undefined);
  assert.equal(adviceFor('docker run -i --rm evil.example/mcp/fetch'), undefined);
  assert.equal(adviceFor('npx -y mcp-server-fetch'), undefined, 'the same name elsewhere is another package');
});

test('[import.replace] directories come over with their names and rights', () => {
  const command = (name: string, args: readonly string[]): string | undefined =>
    survey(entry(name, args)).replacement?.commands[0];
  const files = (...dirs: string[]): string | undefined =>
    command('npx', ['-y', '@modelcontextprotocol/server-filesystem', ...dirs]);
  const grant = 'switchboard grant switchboard:files';
  assert.equal(files('/home/ann/notes'), `${grant} --fs /home/ann/notes:/work:rw`);
  assert.equal(files('/a/x', '/b/x', '/'), `${grant} --fs /a/x:/work/x:rw --fs /b/x:/work/x-2:rw --fs /:/work/root:rw`);
  assert.equal(files("/it's here"), `${grant} --fs '/it'\\''s here':/work:rw`);
  assert.equal(files('~/My Notes'), `${grant} --fs "$HOME"'/My Notes':/work:rw`);
  assert.equal(files('${HOME}/x'), `${grant} --fs "$HOME"/x:/work:rw`);
  assert.equal(files('${workspaceFolder}'), `${grant} --fs "$PWD":/work:rw`);
  assert.equal(files('.'), `${grant} --fs "$PWD":/work:rw`);
  assert.equal(files(), `${grant} --fs "$PWD":/work:rw`);
  assert.equal(files('/x; rm -rf ~'), `${grant} --fs '/x; rm -rf ~':/work:rw`);
  const docker = [
    'run',
    '-i',
    '--rm',
    '--mount',
    'type=bind,src=/a,dst=/projects/a',
    '--mount',
    'type=bind,src=/b,dst=/projects/b,ro',
    'mcp/filesystem',
    '/projects',
  ];
  assert.equal(command('docker', docker), `${grant} --fs /a:/work/a:rw --fs /b:/work/b:ro`);
  assert.equal(adviceFor('uvx mcp-server-fetch')?.commands[0], "switchboard grant switchboard:fetch --net '*'");
  assert.deepEqual(adviceFor('uvx mcp-server-time')?.commands, []);
});

test('[import.survey] servers are read from the files of every client', () => {
  const names = (file: string, text: string): string[] => serversOf(file, text).map(({ name }) => name);
  assert.deepEqual(names('a.json', '{"mcpServers":{"a":{"command":"x"},"b":{"url":"http://x"},"c":{},"d":7}}'), [
    'a',
    'b',
  ]);
  assert.deepEqual(names('mcp.json', '{ // VS Code\n"servers":{"a":{"type":"stdio","command":"x"}}, }'), ['a']);
  assert.deepEqual(
    names(
      'settings.json',
      '{"mcp":{"servers":{"old":{"command":"x"}}},"context_servers":{"zed":{"command":{"path":"y","args":["z"]}}}}',
    ),
    ['zed', 'old'],
  );
  const [codex, remote] = serversOf(
    'c.toml',
    '[mcp_servers.a]\ncommand = "x"\nenv_vars = ["FROM_HERE"]\nenabled = false\n[mcp_servers.a.env]\nKEY = "v"\n[mcp_servers.b]\nurl = "https://x"\nbearer_token_env_var = "T"\nhttp_headers = { "X-Key" = "v" }',
  );
  assert.deepEqual([codex?.variables, codex?.disabled], [['KEY', 'FROM_HERE'], true]);
  assert.deepEqual([remote?.remote, remote?.headers], [true, ['X-Key', 'Authorization']]);
  const [own] = serversOf('.claude.json', '{"projects":{"/p":{"mcpServers":{"a":{"command":"x","envFile":".env"}}}}}');
  assert.deepEqual([own?.project, own?.envFile], ['/p', '.env']);
  assert.throws(() => serversOf('a.json', '{'), { code: 'file-unreadable' });
  assert.deepEqual(names('a.json', '{"__proto__":{"mcpServers":{"a":{"command":"x"}}},"constructor":1}'), []);
});

test('[import.survey] what a server runs as is told', () => {
  const runs = (line: string): string => survey(entry(...words(line))).runs;
  assert.equal(runs('npx -y pkg'), 'program');
  assert.equal(runs('docker run -i mcp/fetch'), 'container');
  assert.equal(runs('/x/switchboard serve --stdio --home /y'), 'switchboard');
  assert.equal(runs('node /x/gateways/cli/main.js serve --stdio'), 'switchboard');
  assert.equal(runs('/x/switchboard-evil serve --stdio'), 'program');
  assert.equal(survey(entry('', [], { remote: true, url: 'https://x/mcp' })).runs, 'remote');
});

test('[connect.secrets] arguments and URLs are shown without what may be secret', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['--api-key SECRET --dir /x', '--api-key … --dir /x'],
    ['--token=SECRET --verbose', '--token=… --verbose'],
    ['-e KEY=SECRET -e OTHER img', '-e KEY=… -e OTHER img'],
    ['run --env=KEY=SECRET', 'run --env=KEY=…'],
    ['KEY=SECRET cmd', 'KEY=… cmd'],
    ['--header Authorization:SECRET', '--header Authorization:…'],
    ['--header=Authorization:SECRET', '--header=Authorization:…'],
    ['postgresql://ann:SECRET@db/x?sslkey=SECRET#SECRET', 'postgresql://…@db/x?sslkey=…#…'],
    ['--database-url=postgres://ann:SECRET@db/x', '--database-url=postgres://…@db/x'],
    ['ghp_abcdefghijklmnop1234 sk-abcdefghijklmnop1234', '… …'],
    ['0123456789abcdef0123456789abcdef', '…'],
    [
      '@modelcontextprotocol/server-filesystem /home/ann/a-rather-long-directory-name',
      '@modelcontextprotocol/server-filesystem /home/ann/a-rather-long-directory-name',
    ],
  ];
  for (const [line, shown] of cases) assert.equal(hideArguments(line.split(' ')).join(' '), shown, line);
  assert.deepEqual(hideArguments(['--header', 'Authorization: Bearer SECRET']), ['--header', 'Authorization: …']);
  assert.deepEqual(hideArguments(['-c', 'KEY="SECRET one" npx pkg --token SECRET']), ['-c', 'KEY=… npx pkg --token …']);
  assert.deepEqual(hideArguments(['-c', `sh -c 'K="SECRET a" x' "a b" c'd e'`]), ['-c', `sh -c 'K=… x' "a b" …`]);
  assert.equal(
    hideUrl('https://ann:SECRET@x.example/mcp?api_key=SECRET&b=SECRET'),
    'https://…@x.example/mcp?api_key=…&b=…',
  );
  assert.equal(hideUrl('https://x.example/s/0123456789abcdef0123456789abcdef/mcp'), 'https://x.example/s/…/mcp');
});
