/** TypeScript and JavaScript, npm libraries included: one bundle, run by QuickJS inside the component. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import type { Plugin } from 'rolldown';
import { SwitchboardError, toSwitchboardError } from '#core/errors';
import type { ComponentTypes } from '#core/wit-types';
import { typesOfWit } from '../components.ts';
import type { DevkitPorts } from '../ports.ts';
import type { Project } from '../project.ts';
import { stillRuntime } from '../quickjs/runtime.ts';
import { shownOutput } from '../toolchain.ts';
import type { ProjectWit } from '../wit.ts';
import { absentGlobals } from './absent-globals.ts';
import { alwaysThrows } from './ast.ts';
import { absentModules, bundleSettings } from './bundle-settings.ts';
import { enumConstants } from './enums.ts';
import { type Bundled, type GuestScript, guestScript, WORLD_MODULE, worldModules } from './guest-entry.ts';
import { consolePlugin, injected } from './guest-globals.ts';
import { type JavaScriptTools, javaScriptTools } from './javascript-tools.ts';
import { hiddenWit, withShownNames } from './wasi-names.ts';

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
  const wit = options.wit ?? project.wit;
  const types = await typesOfWit(wit, ports.format);
  const bundled = await bundle(project, types, tools, options.changes ?? {}, options.onAbsent);
  options.signal?.throwIfAborted();
  const script = await guestScript(bundled, project.dir, types, tools).catch((thrown: unknown) => {
    throw bundlerError(thrown, project);
  });
  return componentize(script, wit, tools, project);
}

async function bundle(
  project: Project,
  types: ComponentTypes,
  tools: JavaScriptTools,
  changes: BundleChanges,
  onAbsent?: (module: string) => void,
): Promise<Bundled> {
  const settings = await bundleSettings(project.dir);
  const entry = join(project.dir, 'src', project.language === 'ts' ? 'main.ts' : 'main.js');
  const absent = absentGlobals(project.dir, tools);
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
      treeshake: true,
      logLevel: 'silent',
      transform: { inject: injected, ...(settings.syntax === undefined ? {} : { target: settings.syntax }) },
      plugins: [
        worldModules,
        consolePlugin(types),
        absent.plugin,
        ...(settings.absentModules === 'stub' ? [absentModules(WORLD_MODULE, onAbsent)] : []),
        ...(changes.plugins?.(tools) ?? []),
        enumConstants(tools),
      ],
    });
    // What is never reached goes, names stay: the module around it is what is made small.
    const form = { format: 'esm', sourcemap: 'hidden', codeSplitting: false } as const;
    let { output } = await bundler.generate({ ...form, minify: 'dce-only' });
    absent.refuse();
    // What is exported behind a `throw` would be gone too, and that would be the error, not what is thrown.
    const whole = endsEarly(output[0].code, tools);
    if (whole) ({ output } = await bundler.generate({ ...form, minify: false }));
    const [chunk] = output;
    const left = chunk.imports.filter((name) => !WORLD_MODULE.test(name));
    if (output.every((one) => one === chunk || one.type === 'asset') && left.length === 0)
      return { code: chunk.code, map: chunk.map ?? undefined, whole };
    const what = left.length > 0 ? `nothing here provides ${left.join(', ')}` : 'it would become several files';
    throw new SwitchboardError('build-failed', `${relative(project.dir, entry)} does not bundle: ${what}`, {
      fix: left.some((name) => name.startsWith('node:'))
        ? 'modules of Node do not exist in a sandbox; use a library that works in browsers'
        : 'install what is missing with npm, in the project’s folder',
    });
  } catch (thrown) {
    throw bundlerError(thrown, project);
  } finally {
    await bundler?.close();
  }
}

/** Whether a script throws wherever it is run; parsed only where a line begins so. */
function endsEarly(code: string, { parser }: JavaScriptTools): boolean {
  return /^(?:throw|if)\b/m.test(code) && alwaysThrows(parser.parseAst(code).body);
}

function bundlerError(thrown: unknown, { dir }: Project): SwitchboardError {
  if (thrown instanceof SwitchboardError) return thrown;
  const said = shownOutput(thrown instanceof Error ? thrown.message : String(thrown));
  const plain = said.replace(/^Build failed with \d+ errors?:\s+/, '').replaceAll(/^\[[A-Z_]+\] /gm, '');
  return new SwitchboardError('build-failed', plain.replaceAll(`${dir}${sep}`, ''), { cause: thrown });
}

/** What the compiler says of a script whose top level threw. */
const AT_THE_TOP = /Failed to evaluate user JavaScript module: Failed to finish JavaScript module evaluation: ([^]+)$/;

/** Where it threw and what: of an error there are message and stack, of other values what Rust says of them. */
function thrownAtTheTop(said: string, entry: string, placeIn: GuestScript['placeIn']): string {
  const [, text = said, stack = ''] = /^([^]*?)((?:\n\s+at [^\n]*)*)\s*$/.exec(said) ?? [];
  const [place = entry] = /src\/[^():]+:\d+/.exec(placeIn(stack)) ?? [];
  const [, kind, value = ''] = /^Exception generated by quickjs: (\w+)\(([^]*)\)$/.exec(text) ?? [];
  const other = kind === 'Object' ? 'an object that is no Error' : value.replace(/^Ok\(([^]*)\)$/, '$1');
  const what = kind === undefined ? text.replace(/^Error: (?=.)/, '') : other;
  return shownOutput(`${place} throws while the component is built: ${what}`);
}

async function componentize(
  { source, imports, placeIn }: GuestScript,
  wit: ProjectWit,
  tools: JavaScriptTools,
  { language }: Project,
): Promise<Uint8Array> {
  const scratch = await mkdtemp(join(tmpdir(), 'switchboard-wit-'));
  try {
    const witPath = join(scratch, 'world.wit');
    await writeFile(witPath, hiddenWit(wit.whole, wit.world, imports));
    const { component } = await tools.quickjs.componentize({
      witPath,
      jsSource: source,
      world: wit.world,
      // The engine's own imports, not the world's.
      stubWasi: true,
      runtimeBytes: Buffer.from(stillRuntime(tools.require)),
    });
    return withShownNames(component);
  } catch (thrown) {
    const error = toSwitchboardError(thrown);
    if (error.code !== 'internal' || thrown instanceof SwitchboardError) throw error;
    const [, said] = AT_THE_TOP.exec(error.message) ?? [];
    if (said === undefined)
      throw new SwitchboardError('build-failed', shownOutput(error.message.replaceAll(scratch, 'wit')), {
        cause: thrown,
      });
    throw new SwitchboardError('build-failed', thrownAtTheTop(said, `src/main.${language}`, placeIn), {
      fix: 'the top level runs once, then and never again; move what is not to run there into a function',
      cause: thrown,
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
