import { SwitchboardError } from '#core/errors';
import { parseReference, printable } from '#core/reference';
import { concat, customSection } from './bytes.ts';
import { encodePackageDocs } from './docs.ts';
import type { CustomSection } from './parse.ts';
import { checkPreamble } from './preamble.ts';
import { readWitDocs } from './wit-text.ts';

const PACKAGE_SECTION = 'switchboard-package';

/** A copy of a component with the docs of its WIT text in a `package-docs` section, for toolchains that drop them. */
export function injectDocs(component: Uint8Array, witText: string): Uint8Array {
  checkPreamble(component);
  return concat([component, customSection('package-docs', encodePackageDocs(readWitDocs(witText)))]);
}

/** A copy of a component that carries its package name, `ns:name@1.2.3`. Throws `invalid-reference` where it is none. */
export function injectPackage(component: Uint8Array, name: string): Uint8Array {
  checkPreamble(component);
  const { version } = parseReference(name);
  if (version === undefined) {
    throw new SwitchboardError(
      'invalid-reference',
      `"${printable(name)}" has no version; expected namespace:name@1.2.3`,
    );
  }
  return concat([component, customSection(PACKAGE_SECTION, new TextEncoder().encode(name))]);
}

/** The package name a build wrote into a component. One that is not a reference with a version is ignored. */
export function packageOf(custom: readonly CustomSection[]): string | undefined {
  const found = custom.findLast((section) => section.name === PACKAGE_SECTION);
  if (found === undefined || found.bytes.length > 1024) return undefined;
  const name = new TextDecoder().decode(found.bytes);
  try {
    return parseReference(name).version === undefined ? undefined : name;
  } catch {
    return undefined;
  }
}
