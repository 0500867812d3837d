/** The components that come with Switchboard. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SwitchboardError, toSwitchboardError } from '#core/errors';
import { productVersion } from '#host/version';
import type { Host } from '#host/api';
import type { Context } from './context.ts';

export interface BundledComponent {
  /** `switchboard:text@0.1.0`. */
  readonly reference: string;
  readonly file: string;
}

/** Says which versions of them were offered to a home, so that one the owner removed stays away. */
const MARK = 'bundled';

/** The built components: beside the compiled code in the npm package, in `components/dist` of a checkout. */
export function bundledComponents(): readonly BundledComponent[] {
  for (const place of ['../../components/', '../../../components/dist/']) {
    const directory = fileURLToPath(new URL(place, import.meta.url));
    const files = existsSync(directory) ? readdirSync(directory).filter((name) => name.endsWith('.wasm')) : [];
    if (files.length > 0) return files.toSorted().map((name) => bundled(join(directory, name)));
  }
  return [];
}

function bundled(file: string): BundledComponent {
  return { reference: `switchboard:${basename(file, '.wasm')}@${productVersion()}`, file };
}

/** Whether this version's bundled components are still to be installed in a home. */
export function needsBundled(home: string): boolean {
  try {
    return readFileSync(join(home, MARK), 'utf8').trim() !== productVersion();
  } catch {
    return true;
  }
}

/** Installs them, each reported before it starts. One that is there already is left as it is. */
export async function installBundled(
  host: Host,
  options: { readonly signal: AbortSignal; readonly onStart: (component: BundledComponent) => void },
): Promise<void> {
  const components = bundledComponents();
  const present = new Set((await host.list()).map((one) => `${one.name}@${one.version}`));
  for (const component of components.filter(({ reference }) => !present.has(reference))) {
    options.onStart(component);
    await host.install(component.file, { as: component.reference, origin: 'bundled', signal: options.signal });
  }
  if (components.length === 0) return;
  try {
    writeFileSync(join(host.home, MARK), `${productVersion()}\n`, { mode: 0o600 });
  } catch (cause) {
    throw new SwitchboardError('home-unusable', `cannot write in ${host.home}: ${(cause as Error).message}`, { cause });
  }
}

/** Installs them where the home is new, saying so. */
export async function prepareBundled(context: Context, host: Host): Promise<void> {
  if (!needsBundled(context.home)) return;
  if (bundledComponents().length === 0) {
    context.note('the bundled components are not built; node scripts/build-components.ts builds them');
    return;
  }
  const work = installBundled(host, {
    signal: context.signal,
    onStart: ({ reference }) => context.note(`installing ${reference}`),
  });
  await context.progress('preparing the bundled components', work);
}

/** Does `work`, which names a component; if that is a bundled one and the home is new, installs them first. */
export async function withBundled<T>(
  context: Context,
  host: Host,
  component: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const missing = toSwitchboardError(error).code === 'component-not-found' && component.startsWith('switchboard:');
    if (!missing || !needsBundled(context.home)) throw error;
    await prepareBundled(context, host);
    return work();
  }
}
