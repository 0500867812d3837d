import { SwitchboardError } from '#core/errors';
import { parseReference, printable } from '#core/reference';
import { concat, customSection } from './bytes.ts';
import { DOCS_SECTION, encodePackageDocs } from './docs.ts';
import { guarded } from './guard.ts';
import type { CustomSection } from './parse.ts';
import { checkPreamble } from './preamble.ts';
import { Reader } from './reader.ts';
import { readWitDocs } from './wit-text.ts';

const PACKAGE_SECTION = 'switchboard-package';
/** The custom section that holds a component's manifest, as UTF-8 text. */
const MANIFEST_SECTION = 'component.toml';
const LARGEST_MANIFEST = 64 * 1024;
/** The custom section that holds the WIT a component was built from, as UTF-8 text; for people, nothing is decided by it. */
const WIT_SECTION = 'component.wit';
const LARGEST_WIT = 1024 * 1024;

/**
 * A copy of a component with the docs of its WIT text, for toolchains that drop them. They go into a
 * section of our own, in the form of `package-docs`: readers of components, jco among them, refuse a
 * `package-docs` that names the world or interfaces a component was built from.
 */
export function injectDocs(component: Uint8Array, witText: string): Uint8Array {
  checkPreamble(component);
  return concat([component, customSection(DOCS_SECTION, encodePackageDocs(readWitDocs(witText)))]);
}

/** A copy without `package-docs` sections, which jco would try to match with what it decodes, and fail. */
export function stripDocs(component: Uint8Array): Uint8Array {
  return guarded(() => {
    checkPreamble(component);
    const parts: Uint8Array[] = [component.subarray(0, 8)];
    const r = new Reader(component, 8);
    while (!r.done) {
      const start = r.pos;
      const id = r.u8();
      const content = r.sub(r.u32());
      if (id !== 0 || content.name() !== 'package-docs') parts.push(component.subarray(start, r.pos));
    }
    return concat(parts);
  });
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

/** A copy of a component that carries its manifest, so that one digest covers both. */
export function injectManifest(component: Uint8Array, text: string): Uint8Array {
  checkPreamble(component);
  return concat([component, customSection(MANIFEST_SECTION, new TextEncoder().encode(text))]);
}

/** The text of the manifest a component carries. Errors: `invalid-manifest` (not UTF-8, too large, more than one). */
export function manifestText(component: Uint8Array): string | undefined {
  return guarded(() => {
    checkPreamble(component);
    let text: string | undefined;
    const r = new Reader(component, 8);
    while (!r.done) {
      const id = r.u8();
      const content = r.sub(r.u32());
      if (id !== 0 || content.name() !== MANIFEST_SECTION) continue;
      // Of two, readers could disagree about which counts.
      if (text !== undefined) throw new SwitchboardError('invalid-manifest', 'the component carries two manifests');
      const bytes = component.subarray(content.pos, r.pos);
      if (bytes.length > LARGEST_MANIFEST) {
        throw new SwitchboardError('invalid-manifest', `the manifest is larger than ${LARGEST_MANIFEST} bytes`);
      }
      try {
        text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
      } catch (cause) {
        throw new SwitchboardError('invalid-manifest', 'the manifest is not UTF-8', { cause });
      }
    }
    return text;
  });
}

/** A copy of a component that carries the WIT it was built from. */
export function injectWit(component: Uint8Array, text: string): Uint8Array {
  checkPreamble(component);
  return concat([component, customSection(WIT_SECTION, new TextEncoder().encode(text))]);
}

/** The WIT that a component says it was built from: a stranger's text, and the last one where there are more. */
export function witTextOf(custom: readonly CustomSection[]): string | undefined {
  const found = custom.findLast((section) => section.name === WIT_SECTION);
  if (found === undefined || found.bytes.length > LARGEST_WIT) return undefined;
  return new TextDecoder().decode(found.bytes);
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
