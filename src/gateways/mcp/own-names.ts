/** The names of Switchboard's own tools; no component's tool ever has one of them. */
export const OWN = {
  requestPermission: 'switchboard_request_permission',
  listComponents: 'switchboard_list_components',
  searchComponents: 'switchboard_search_components',
  inspectComponent: 'switchboard_inspect_component',
  getPolicy: 'switchboard_get_policy',
  searchTools: 'switchboard_search_tools',
  call: 'switchboard_call',
} as const;

export type OwnName = (typeof OWN)[keyof typeof OWN];

const NAMES: ReadonlySet<string> = new Set(Object.values(OWN));

export function isOwnTool(name: string): name is OwnName {
  return NAMES.has(name);
}
