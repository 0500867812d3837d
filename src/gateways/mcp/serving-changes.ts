/** Who serves resources and prompts: told when it is others than before. */
import type { Toolbox } from './toolbox.ts';
import type { ServingComponent } from './tools.ts';

export interface ServingListeners {
  readonly resources: () => void;
  readonly prompts: () => void;
}

/** Calls back a moment after what is installed changed the resources or the prompts there are, until the returned function is called. */
export function watchServing(toolbox: Toolbox, listeners: ServingListeners): () => void {
  let before = toolbox.known()?.servers ?? [];
  return toolbox.onChange(() => {
    toolbox.table().then(
      ({ servers }) => {
        const was = before;
        before = servers;
        if (differs(was, servers, 'resources')) listeners.resources();
        if (differs(was, servers, 'prompts')) listeners.prompts();
      },
      // A list that cannot be read is told of to those that ask for it.
      () => {},
    );
  });
}

function differs(
  before: readonly ServingComponent[],
  after: readonly ServingComponent[],
  what: 'resources' | 'prompts',
): boolean {
  const who = (servers: readonly ServingComponent[]): string =>
    JSON.stringify(servers.flatMap((server) => (server[what] ? [server.component] : [])));
  return who(before) !== who(after);
}
