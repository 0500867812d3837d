/** Rust by cargo, for wasm32-wasip2: its linker makes the component. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { SwitchboardError } from '#core/errors';
import type { DevkitPorts } from '../ports.ts';
import type { Project } from '../project.ts';
import { missing, needProgram, runTool, tryTool } from '../toolchain.ts';

const TARGET = 'wasm32-wasip2';

/** Errors: `toolchain-missing`, `build-failed`. */
export async function buildRust(project: Project, ports: DevkitPorts, signal?: AbortSignal): Promise<Uint8Array> {
  const { environment } = ports;
  const options = { cwd: project.dir, environment, signal };
  const cargo = needProgram(
    'cargo',
    environment,
    'building Rust',
    'install Rust from https://rustup.rs, then: rustup target add wasm32-wasip2',
  );
  const sysroot = await tryTool(
    needProgram('rustc', environment, 'building Rust', 'install Rust from https://rustup.rs'),
    ['--print', 'target-libdir', '--target', TARGET],
    options,
  );
  // It names the folder whether it is there or not.
  if (sysroot.code !== 0 || !existsSync(sysroot.stdout.trim())) {
    throw missing(`this Rust has no ${TARGET}`, `rustup target add ${TARGET}`, TARGET);
  }
  // Paths of this machine would be in the messages of panics.
  const cargoHome = environment['CARGO_HOME'] ?? join(homedir(), '.cargo');
  const flags = [`--remap-path-prefix=${project.dir}=.`, `--remap-path-prefix=${cargoHome}=cargo`];
  const rustFlags = [environment['CARGO_ENCODED_RUSTFLAGS'], ...flags]
    .filter((flag) => flag !== undefined && flag !== '')
    .join('\u001f');
  const stdout = await runTool(
    cargo,
    [
      'build',
      '--release',
      '--target',
      TARGET,
      '--target-dir',
      'build/cargo',
      '--message-format=json-render-diagnostics',
    ],
    { ...options, environment: { ...environment, CARGO_ENCODED_RUSTFLAGS: rustFlags, CARGO_INCREMENTAL: '0' } },
  );
  const file = artifactOf(stdout);
  if (file === undefined) {
    throw new SwitchboardError('build-failed', 'cargo made no .wasm file', {
      fix: 'Cargo.toml needs [lib] with crate-type = ["cdylib"]',
    });
  }
  return readFile(file);
}

interface Message {
  readonly reason?: string;
  readonly filenames?: readonly string[];
}

/** The last one: the crates that the project uses come before it. */
function artifactOf(messages: string): string | undefined {
  let found: string | undefined;
  for (const line of messages.split('\n')) {
    if (!line.startsWith('{')) continue;
    const { reason, filenames = [] } = JSON.parse(line) as Message;
    if (reason === 'compiler-artifact') found = filenames.find((name) => name.endsWith('.wasm')) ?? found;
  }
  return found;
}
