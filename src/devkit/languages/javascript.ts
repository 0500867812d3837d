/** TypeScript and JavaScript, npm libraries included: one bundle, run by QuickJS inside the component. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import type { Plugin } from 'rolldown';
import { SwitchboardError, toSwitchboardError } from '#core/errors';
import type { DevkitPorts } from '../ports.ts';
import type { Project } from '../project.ts';
import { stillRuntime } from '../quickjs/runtime.ts';
import { shownOutput } from '../toolchain.ts';
import type { ProjectWit } from '../wit.ts';
import { absentModules, bundleSettings } from './bundle-settings.ts';
import { enumConstants } from './enums.ts';
import { consolePlugin, injected } from './guest-globals.ts';
import { type JavaScriptTools, javaScriptTools } from './javascript-tools.ts';

/** An interface as a guest imports it: `wasi:filesystem/types@0.2.6`. */
const IMPORT = /^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*\/[a-z0-9-]+(?:@[\w.+-]+)?$/;

/** Changes to a bundle, for measuring coverage. */
export interface BundleChanges {
  /** The module that is bundled, instead of the project's own. */
  readonly entry?: string;
  readonly plugins?: (tools: JavaScriptTools) => Plugin[];
}

/** Errors: `toolchain-missing`, `build-failed`. */
export async function buildJavaScript(
  project: Project,
  ports: DevkitPorts,
  options: {
    readonly signal?: AbortSignal | undefined;
    readonly changes?: BundleChanges;
    readonly wit?: ProjectWit;
    readonly onAbsent?: ((module: string) => void) | undefined;
  } = {},
): Promise<Uint8Array> {
  const tools = await javaScriptTools(ports, options.signal);
  const source = await bundle(project, tools, options.changes ?? {}, options.onAbsent);
  options.signal?.throwIfAborted();
  return componentize(source, options.wit ?? project.wit, tools);
}

async function bundle(
  project: Project,
  tools: JavaScriptTools,
  changes: BundleChanges,
  onAbsent?: (module: string) => void,
): Promise<string> {
  const settings = await bundleSettings(project.dir);
  const entry = join(project.dir, 'src', project.language === 'ts' ? 'main.ts' : 'main.js');
  let bundler: Awaited<ReturnType<JavaScriptTools['rolldown']['rolldown']>> | undefined;
  try {
    bundler = await tools.rolldown.rolldown({
      cwd: project.dir,
      input: changes.entry ?? entry,
      platform: 'neutral',
      // QuickJS has no Node modules: of libraries the builds for browsers are taken.
      resolve: {
        mainFields: ['module', 'main'],
        conditionNames: ['browser', 'import', 'default'],
        aliasFields: [['browser']],
      },
      // What the component imports is no module of a bundle.
      external: IMPORT,
      treeshake: true,
      logLevel: 'silent',
      transform: { inject: injected, ...(settings.syntax === undefined ? {} : { target: settings.syntax }) },
      plugins: [
        consolePlugin(project.wit),
        ...(settings.absentModules === 'stub' ? [absentModules(IMPORT, onAbsent)] : []),
        ...(changes.plugins?.(tools) ?? []),
        enumConstants(tools),
      ],
    });
    const { output } = await bundler.generate({ format: 'esm', minify: true, codeSplitting: false });
    const [chunk] = output;
    const left = chunk.imports.filter((name) => !IMPORT.test(name));
    if (output.length === 1 && left.length === 0) return chunk.code;
    const what = left.length > 0 ? `nothing here provides ${left.join(', ')}` : 'it would become several files';
    throw new SwitchboardError('build-failed', `${relative(project.dir, entry)} does not bundle: ${what}`, {
      fix: left.some((name) => name.startsWith('node:'))
        ? 'modules of Node do not exist in a sandbox; use a library that works in browsers'
        : 'install what is missing with npm, in the project’s folder',
    });
  } catch (thrown) {
    if (thrown instanceof SwitchboardError) throw thrown;
    const said = shownOutput(thrown instanceof Error ? thrown.message : String(thrown));
    throw new SwitchboardError('build-failed', said.replaceAll(`${project.dir}${sep}`, ''), { cause: thrown });
  } finally {
    await bundler?.close();
  }
}

async function componentize(source: string, wit: ProjectWit, tools: JavaScriptTools): Promise<Uint8Array> {
  const scratch = await mkdtemp(join(tmpdir(), 'switchboard-wit-'));
  try {
    const witPath = join(scratch, 'world.wit');
    await writeFile(witPath, wit.whole);
    const { component } = await tools.quickjs.componentize({
      witPath,
      jsSource: source,
      world: wit.world,
      // All or nothing: a world that imports some of WASI has the engine's own imports of it too.
      stubWasi: !/^\s*(?:import|include)\s+wasi:/m.test(wit.main),
      runtimeBytes: Buffer.from(stillRuntime(tools.require)),
    });
    return component;
  } catch (thrown) {
    const error = toSwitchboardError(thrown);
    if (error.code !== 'internal' || thrown instanceof SwitchboardError) throw error;
    throw new SwitchboardError('build-failed', shownOutput(error.message.replaceAll(scratch, 'wit')), {
      cause: thrown,
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
