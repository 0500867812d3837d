/** The package that npm publishes, installed from its tarball into an empty project outside the checkout. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { hostGone } from '../e2e/mcp-process.ts';
import { startRegistry } from '../wrap/registry.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const base = realpathSync(mkdtempSync(join(tmpdir(), 'pack test-')));
const project = join(base, 'project');
const home = join(base, 'home');
const env = {
  ...process.env,
  // npm's `#!/usr/bin/env node`, and the bin's, find this Node.
  PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`,
  SWITCHBOARD_HOME: home,
  NODE_COMPILE_CACHE: '',
};

before(async () => {
  mkdirSync(project);
  write('package.json', '{ "private": true, "type": "module" }\n');
  await run('npm', ['pack', '--loglevel=error', '--pack-destination', base], { cwd: ROOT, env });
  const tarball = readdirSync(base).find((name) => name.endsWith('.tgz'));
  assert.ok(tarball !== undefined, 'npm pack made no tarball');
  await run('npm', ['install', '--loglevel=error', '--no-audit', '--no-fund', join(base, tarball)], {
    cwd: project,
    env,
  });
});

after(async () => {
  await hostGone(home);
  rmSync(base, { recursive: true, force: true });
});

function write(name: string, text: string): void {
  writeFileSync(join(project, name), text);
}

const PROGRAM = `import { createHost, SwitchboardError, type CallArguments, type Host, type Json } from 'switchboard';

const [home, file] = process.argv.slice(2) as [string, string];
const host: Host = await createHost({ home });
await host.install(file, { as: 'demo:text@1.0.0' });
const args: CallArguments = { text: 'hello there world' };
const { signal } = new AbortController();
const value: Json | undefined = await host.call('demo:text', 'count', args, { signal });
const session = await host.session();
const again = await session.call('demo:text', 'count', args);
await session.close();
let code = '';
try {
  await host.call('demo:text', 'no-such-function');
} catch (error) {
  if (error instanceof SwitchboardError) code = error.code;
}
await host.close();
console.log(JSON.stringify({ value, again, code }));
`;

test('[lib.pack] createHost, install, call and session work in an empty project, workers included', async () => {
  // Node strips types of the project's own files, only not of packages.
  write('program.ts', PROGRAM);
  const component = join(project, 'node_modules/switchboard/components/dist/text.wasm');
  const { stdout, stderr } = await run(process.execPath, ['program.ts', home, component], { cwd: project, env });
  assert.equal(stderr, '');
  const { value, again, code } = JSON.parse(stdout) as { value: { words: number }; again: unknown; code: string };
  assert.equal(value.words, 3);
  assert.deepEqual(again, value);
  assert.equal(code, 'unknown-function');
});

test('[lib.pack] the types check, those of the package too', async () => {
  write('program.ts', PROGRAM);
  write('wrong.ts', "import { createHost } from 'switchboard';\nexport const host = await createHost({ hone: '' });\n");
  const compilerOptions = {
    target: 'esnext',
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: false,
    types: ['node'],
    typeRoots: [join(ROOT, 'node_modules/@types')],
  };
  write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['program.ts'] }));
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const good = await run(process.execPath, [tsc, '-p', '.'], { cwd: project, env }).catch(
    (error: { stdout: string }) => error,
  );
  assert.equal(good.stdout, '');
  write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['wrong.ts'] }));
  await assert.rejects(run(process.execPath, [tsc, '-p', '.'], { cwd: project, env }), {
    stdout: /wrong\.ts\(2,.*'hone'/,
  });
});

test('[lib.pack] the command works, and serves the bundled components', async (t) => {
  const command = join(project, 'node_modules/.bin/switchboard');
  const fresh = join(base, 'new home');
  const client = new Client({ name: 'pack', version: '1.0.0' });
  t.after(() => client.close());
  const environment = Object.entries({ ...env, SWITCHBOARD_HOME: fresh }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  await client.connect(
    new StdioClientTransport({
      command,
      args: ['serve', '--stdio'],
      env: Object.fromEntries(environment),
      stderr: 'ignore',
    }),
  );
  const { tools } = await client.listTools();
  for (const name of ['text', 'html', 'data']) {
    assert.ok(
      tools.some((tool) => tool.name.includes(name)),
      `no tool of ${name} among ${tools.length}`,
    );
  }
  const { stdout } = await run(command, ['call', 'switchboard:text', 'count', 'one two', '--output', 'json'], {
    cwd: project,
    env: { ...env, SWITCHBOARD_HOME: fresh },
  });
  assert.match(stdout, /"words": ?2/);
  await client.close();
  await hostGone(fresh);
});

test('[devkit.pack] init, build and test work; the compiler is installed when first needed', {
  timeout: 300_000,
}, async () => {
  const main = join(project, 'node_modules/switchboard/dist/gateways/cli/main.js');
  const fresh = join(base, 'author');
  const author = { ...env, SWITCHBOARD_HOME: fresh };
  const verb = (args: readonly string[], cwd: string, more: NodeJS.ProcessEnv = {}) =>
    run(process.execPath, [main, ...args], { cwd, env: { ...author, ...more } });
  await verb(['init', 'my-tool'], base);
  const dir = join(base, 'my-tool');
  await assert.rejects(verb(['build'], dir, { PATH: base }), {
    stderr:
      /error: installing the compiler of TypeScript and JavaScript needs npm, which is not in PATH\nfix: .*https:\/\/nodejs\.org/,
  });
  const built = await verb(['build'], dir);
  assert.match(built.stderr, /installing the compiler of TypeScript and JavaScript \(once\)/);
  assert.match(built.stdout, /^built build\/my-tool\.wasm/);
  const tested = await verb(['test', '--output', 'json'], dir);
  assert.equal(tested.stderr, '');
  const { passed, coverage } = JSON.parse(tested.stdout) as { passed: number; coverage: { file: string }[] };
  assert.equal(passed, 3);
  assert.equal(coverage[0]?.file, 'src/main.ts');
  assert.equal((await verb(['call', '.', 'greet', 'Ada'], dir)).stdout, 'Hello, Ada!\n');
  await verb(['init', 'other-tool', '--lang', 'c'], base);
  assert.match((await verb(['test'], join(base, 'other-tool'))).stdout, /pass 4/);
  await hostGone(fresh);
});

test('[wrap.pack] wrap works; the compiler that reads declarations is installed when first needed', {
  timeout: 300_000,
}, async (t) => {
  const registry = await startRegistry();
  t.after(() => registry.close());
  const fresh = join(base, 'wrapping');
  const dir = join(base, 'slugify');
  mkdirSync(dir);
  writeFileSync(join(dir, '.npmrc'), `registry=${registry.url}\ncache=${join(base, 'npm-cache')}\nfetch-retries=0\n`);
  const command = join(project, 'node_modules/.bin/switchboard');
  const verb = (...args: readonly string[]) =>
    run(command, args, { cwd: base, env: { ...env, SWITCHBOARD_HOME: fresh } });
  const wrapped = await verb('wrap', 'slugify');
  assert.match(wrapped.stdout, /^installed npm:slugify@1\.\d+\.\d+ /);
  assert.ok(registry.asked.includes('slugify'));
  assert.equal((await verb('call', 'npm:slugify', 'slugify', 'Hello, World!')).stdout, 'Hello-World!\n');
  assert.match((await verb('test', dir)).stdout, /pass [1-9]/);
  assert.match((await verb('rewrap', dir, '--no-install')).stdout, /./);
  await hostGone(fresh);
});

test('[lib.pack] the package is small and holds compiled files only', () => {
  const installed = join(project, 'node_modules');
  const files = readdirSync(installed, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const bytes = files.reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
  assert.ok(bytes < 64e6, `${bytes} bytes are installed`);
  assert.ok(!readdirSync(installed).includes('binaryen'));
  const own = files.filter((entry) => entry.parentPath.startsWith(join(installed, 'switchboard')));
  const sources = own.filter(({ name }) => name.endsWith('.ts') && !name.endsWith('.d.ts')).map(({ name }) => name);
  assert.deepEqual(sources, []);
  for (const name of ['LICENSE', 'host.wit', 'mcp.wit'])
    assert.ok(
      own.some((file) => file.name === name),
      name,
    );
});

test('[lib.pack] [connect.starts] connect writes Node and the script by absolute paths', async () => {
  const command = join(project, 'node_modules/.bin/switchboard');
  const args = ['connect', 'cursor', '--yes', '--home', home];
  await run(command, args, { cwd: project, env: { ...env, HOME: base } });
  const { mcpServers } = JSON.parse(readFileSync(join(base, '.cursor/mcp.json'), 'utf8')) as {
    mcpServers: { switchboard: { command: string; args: string[] } };
  };
  const main = join(project, 'node_modules/switchboard/dist/gateways/cli/main.js');
  assert.deepEqual(mcpServers.switchboard, {
    command: process.execPath,
    args: [main, 'serve', '--stdio', '--home', home],
  });
  const version = await run(mcpServers.switchboard.command, [main, 'version'], { cwd: base });
  assert.match(version.stdout, /\d/);
});
