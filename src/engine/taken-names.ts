import { interfaceShortName, SwitchboardError } from '#core';
import { camelCase, pascalCase } from './names.ts';

/**
 * What jco's generated code calls its own at the level where it declares a component's exports. It keeps most of its
 * names apart from the component's, but not these: an export of such a name would take the place of a part of the
 * generated code, which lifts, meters and traps.
 */
const TAKEN =
  /^(?:(?:module|exports|memory|realloc|postReturn|callback|table|handleTable|trampoline|captureTable|captureCnt|instanceFlags|finalizationRegistry)\d+(?:Async)?|getOrCreateAsyncState|createNewCurrentTask|i64ToF64I|i64ToF64F|Set)$/;

/** Properties that a JavaScript class has already; an assignment to them does nothing or throws. */
const OF_CLASSES = /^(?:name|length|prototype|caller|arguments)$/;

/** Refuses exports, as `demo:text/api@1.0.0#analyze` or `analyze`, that the generated code could not tell from its own. */
export function refuseTakenNames(exports: readonly string[]): void {
  for (const id of exports) {
    const [scope, name = id] = id.includes('#') ? id.split('#', 2) : [undefined, id];
    if (scope !== undefined && TAKEN.test(camelCase(interfaceShortName(scope)))) throw refused(scope);
    const [, kind, resource = '', member = ''] = /^\[([a-z]+)\]([^.]*)\.?(.*)$/.exec(name) ?? [];
    if (kind === undefined ? TAKEN.test(camelCase(name)) : TAKEN.test(pascalCase(resource))) throw refused(id);
    if (kind === 'static' && OF_CLASSES.test(camelCase(member))) throw refused(id);
  }
}

function refused(name: string): SwitchboardError {
  return new SwitchboardError('unsupported-component', `the component exports \`${name}\`; that name is not supported`);
}
