/** A small checkout in a temporary directory, with the real launcher and stand-ins for what it starts. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');

/** Every program that set-up may use besides node and npm. */
const TOOLS = 'sh cat cmp cp env ln mkdir mv readlink rm sleep tail touch uname'.split(' ');

const MAIN = `const stdin = process.stdin.isTTY ? '' : await new Response(process.stdin).text();
console.log(JSON.stringify({
  args: process.argv.slice(2), cwd: process.cwd(), node: process.execPath, cache: process.env.NODE_COMPILE_CACHE, stdin,
}));
process.exitCode = 7;
`;

const BUILD = `import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
const root = import.meta.dirname + '/..';
appendFileSync(root + '/log', 'build\\n');
mkdirSync(root + '/components/dist', { recursive: true });
writeFileSync(root + '/components/dist/text.wasm', '');
`;

/** Answers as npm does for \`install --prefix DIR … [package@version]\`; waits at \`gate\` where that is there. */
const NPM = `#!/bin/sh
root=ROOT
echo "begin $*" >>"$root/log"
[ ! -p "$root/gate" ] || read -r _ <"$root/gate"
[ ! -f "$root/offline" ] || { echo 'npm error code ENOTFOUND' >&2; exit 1; }
while [ $# -gt 0 ]; do
  case $1 in
    --prefix) prefix=$2; shift ;;
    node-*) package=\${1%@*} ;;
  esac
  shift
done
mkdir -p "$prefix/node_modules"
if [ -n "\${package-}" ]; then
  mkdir -p "$prefix/node_modules/$package/bin"
  cp "$root/brought" "$prefix/node_modules/$package/bin/node"
fi
echo end >>"$root/log"
`;

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What the stand-in for the CLI printed. */
  readonly main: {
    readonly args: string[];
    readonly cwd: string;
    readonly node: string;
    readonly cache: string;
    readonly stdin: string;
  };
}

export interface RunOptions {
  readonly args?: readonly string[];
  readonly cwd?: string;
  readonly path?: string;
  readonly command?: string;
  readonly stdin?: string;
  readonly env?: { readonly [name: string]: string };
  /** Called with each piece of stderr, and the process. */
  readonly onStderr?: (text: string, child: ChildProcess) => void;
}

/** The path of a program on this machine. */
export function which(name: string): string | undefined {
  const dirs = [...(process.env['PATH'] ?? '').split(':'), '/usr/bin', '/bin'];
  return dirs.map((dir) => join(dir, name)).find((path) => existsSync(path));
}

/** A script that calls itself a Node of this version, and is this process's Node otherwise. */
export function fakeNode(version: string): string {
  return `#!/bin/sh\n[ "$1" != -p ] || { echo "${version} $0"; exit; }\nexec '${process.execPath}' "$@"\n`;
}

export class Checkout {
  readonly root: string;
  /** The only directory on PATH: the tools, and the stand-ins put there. */
  readonly bin: string;

  constructor(t: TestContext) {
    const base = realpathSync(mkdtempSync(join(tmpdir(), 'launcher-')));
    t.after(() => rmSync(base, { recursive: true, force: true }));
    this.root = join(base, 'a checkout');
    this.bin = join(base, 'bin');
    mkdirSync(this.bin);
    for (const tool of TOOLS) {
      const path = which(tool);
      if (path === undefined) throw new Error(`this machine has no ${tool}`);
      symlinkSync(path, join(this.bin, tool));
    }
    for (const file of ['switchboard', 'scripts/setup.sh', 'scripts/missing-bindings.ts']) {
      mkdirSync(dirname(join(this.root, file)), { recursive: true });
      cpSync(join(ROOT, file), join(this.root, file));
    }
    this.write('package.json', '{ "name": "skeleton", "version": "1.0.0", "type": "module" }\n');
    this.write('package-lock.json', '{ "name": "skeleton", "lockfileVersion": 3, "packages": {} }\n');
    this.write('src/gateways/cli/main.ts', MAIN);
    this.write('scripts/build-components.ts', BUILD);
    this.write('components/text/src/main.ts', 'export {};\n');
    this.write('components/text/src/main.test.ts', 'export {};\n');
    this.write('wit/host.wit', 'package a:b;\n');
    this.write('log', '');
    this.write('brought', fakeNode('26.1.0'), 0o755);
  }

  write(path: string, text: string, mode?: number): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
    if (mode !== undefined) chmodSync(join(this.root, path), mode);
  }

  /** Puts a shell script on PATH. */
  program(name: string, script: string): void {
    writeFileSync(join(this.bin, name), script, { mode: 0o755 });
  }

  /** A machine with a stand-in for npm and, unless `version` says otherwise, this process's Node. */
  machine(version?: string): this {
    this.program('npm', NPM.replace('ROOT', `'${this.root}'`));
    if (version === undefined) symlinkSync(process.execPath, join(this.bin, 'node'));
    else this.program('node', fakeNode(version));
    return this;
  }

  /** What npm and the build were asked to do, a line each. */
  log(): string[] {
    return readFileSync(join(this.root, 'log'), 'utf8').split('\n').slice(0, -1);
  }

  exists(path: string): boolean {
    return existsSync(join(this.root, path));
  }

  start(options: RunOptions = {}): { readonly child: ChildProcess; readonly outcome: Promise<Outcome> } {
    const child = spawn(options.command ?? join(this.root, 'switchboard'), options.args ?? [], {
      cwd: options.cwd ?? this.root,
      env: { ...process.env, NODE_COMPILE_CACHE: '', PATH: options.path ?? this.bin, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.on('error', () => undefined).end(options.stdin ?? '');
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      options.onStderr?.(text, child);
    });
    const outcome = new Promise<Outcome>((resolve, reject) => {
      child.on('error', reject).on('close', (code) => {
        const main = code === 7 ? (JSON.parse(stdout) as Outcome['main']) : ({} as Outcome['main']);
        resolve({ code, stdout, stderr, main });
      });
    });
    return { child, outcome };
  }

  run(options: RunOptions = {}): Promise<Outcome> {
    return this.start(options).outcome;
  }
}
