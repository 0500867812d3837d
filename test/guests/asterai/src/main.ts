import {
  callComponentFunction,
  componentImplements,
  getComponent,
  getRuntimeInfo,
  listComponents,
  listOtherComponents,
} from 'asterai:host/api@1.0.0';

export const version = (): string => getRuntimeInfo().version;

export const list = (which: string): string =>
  JSON.stringify(which === 'others' ? listOtherComponents() : listComponents());

export function get(name: string): string | undefined {
  const found = getComponent(name);
  return found === undefined || found === null ? undefined : JSON.stringify(found);
}

export const implementsInterface = componentImplements;
export { implementsInterface as implements };

/** What a JSON argument cannot carry: `DEEP:n` is so many arrays in each other, `LONG:n` one of a text of so many. */
function textOf(json: string): string {
  const size = Number(json.slice(5));
  if (json.startsWith('DEEP:')) return '['.repeat(size) + ']'.repeat(size);
  return json.startsWith('LONG:') ? `["${'x'.repeat(size)}"]` : json;
}

export function relay(component: string, fn: string, argsJson: string): string {
  try {
    return callComponentFunction(component, fn, textOf(argsJson));
  } catch (thrown) {
    const { payload = thrown } = thrown as { payload?: unknown };
    const { kind, message } = payload as { kind?: string; message?: string };
    if (kind === undefined) throw thrown;
    throw new Error(`${kind}: ${message ?? ''}`);
  }
}
