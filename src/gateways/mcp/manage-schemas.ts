/** The management tools as `tools/list` gives them. */
import type { Tool } from '@modelcontextprotocol/server';
import { OWN } from './own-names.ts';

type Schema = { readonly [key: string]: unknown };

const text = (description: string): Schema => ({ type: 'string', description });
const count = (most: number, otherwise: number): Schema => ({
  type: 'integer',
  minimum: 1,
  maximum: most,
  default: otherwise,
});
const list = (items: Schema): Schema => ({ type: 'array', items });
const flag: Schema = { type: 'boolean' };
const string: Schema = { type: 'string' };
const object: Schema = { type: 'object' };

function takes(properties: { readonly [name: string]: Schema }, required: readonly string[]): Tool['inputSchema'] {
  return { type: 'object', properties, required: [...required], additionalProperties: false } as Tool['inputSchema'];
}

/** Members may be added; those that are said to be there always are. */
function gives(properties: { readonly [name: string]: Schema }, required = Object.keys(properties)): Schema {
  return { type: 'object', properties, required };
}

const READS: Tool['annotations'] = { readOnlyHint: true, destructiveHint: false, openWorldHint: false };
const COMPONENT = text('namespace:name, namespace:name@version, or the sha256: digest of an installed component');
const QUERY: Schema = { type: 'string', minLength: 1, maxLength: 500, description: 'Words: what it should do' };
const SUMMARY = {
  component: text('namespace:name@version'),
  digest: string,
  newest: {
    type: 'boolean',
    description: 'Whether its functions are tools; older ones are called by switchboard_call',
  },
  functions: { type: 'integer' },
  size: { type: 'integer' },
  description: string,
};
const PERMISSION = { permission: text('As switchboard_request_permission takes it'), reason: string };

export const MANAGE_TOOLS: readonly Tool[] = [
  {
    name: OWN.listComponents,
    title: 'List installed components',
    description: 'Lists the installed components whose functions are the tools here, with their digests.',
    inputSchema: takes({ limit: count(200, 50), cursor: text('nextCursor of the page before') }, []),
    outputSchema: gives({ components: list(gives(SUMMARY)), total: { type: 'integer' }, nextCursor: string }, [
      'components',
      'total',
    ]),
    annotations: READS,
  },
  {
    name: OWN.searchComponents,
    title: 'Search installed components',
    description:
      'Searches names and documentation of installed components, their functions and parameters; best first.',
    inputSchema: takes({ query: QUERY, limit: count(50, 10) }, ['query']),
    outputSchema: gives({
      components: list(
        gives({ ...SUMMARY, matches: list(gives({ function: string, tool: string, description: string })) }),
      ),
    }),
    annotations: READS,
  },
  {
    name: OWN.inspectComponent,
    title: 'Inspect an installed component',
    description:
      'Tells all of a component: its functions with their schemas, what it imports and requests, its digest and its limits. It runs nothing.',
    inputSchema: takes(
      { component: COMPONENT, functions: { ...list(string), maxItems: 50, description: 'Only these' } },
      ['component'],
    ),
    outputSchema: gives(
      {
        component: string,
        digest: string,
        newest: flag,
        size: { type: 'integer' },
        description: string,
        functions: list(
          gives(
            {
              function: string,
              tool: string,
              wit: string,
              description: string,
              inputSchema: object,
              outputSchema: object,
              needsSession: flag,
            },
            ['function', 'description', 'needsSession'],
          ),
        ),
        truncated: { type: 'boolean', description: 'Some functions are without schemas: name them in functions' },
        imports: list(gives({ import: string, capability: string, access: string })),
        requests: list(gives(PERMISSION)),
        limits: object,
      },
      ['component', 'digest', 'functions', 'imports', 'requests', 'limits'],
    ),
    annotations: READS,
  },
  {
    name: OWN.getPolicy,
    title: 'What a component may do',
    description:
      'Tells what is granted to a component, what it requests, and for what is missing the command that a person would run. Ask for it with switchboard_request_permission.',
    inputSchema: takes({ component: COMPONENT }, ['component']),
    outputSchema: gives(
      {
        component: string,
        granted: list(gives({ permission: string, expiresAt: string, once: flag }, ['permission'])),
        requested: list(gives({ ...PERMISSION, granted: flag, command: string }, ['permission', 'reason', 'granted'])),
        command: text('What a person would run to grant all that is missing'),
      },
      ['component', 'granted', 'requested'],
    ),
    annotations: READS,
  },
];

/** Its annotations depend on what there is to call. */
export const CALL_TOOL: Tool = {
  name: OWN.call,
  title: 'Call a function of a component',
  description:
    'Calls a function of an installed component, as its own tool would: also of one that is not listed, of an older version, or of the very bytes that a digest names.',
  inputSchema: takes(
    {
      component: COMPONENT,
      function: text('As switchboard_inspect_component or switchboard_search_tools name it'),
      arguments: { type: 'object', description: 'By name, as the inputSchema of the function says' },
    },
    ['component', 'function'],
  ),
  outputSchema: { type: 'object' },
};

/** Listed where `hidden` tools are not. */
export function searchToolsTool(hidden: number): Tool {
  return {
    name: OWN.searchTools,
    title: 'Search tools',
    description:
      `There are ${hidden} more tools that are not listed. This searches their names, documentation and parameters and ` +
      'gives the best with description and inputSchema. Call what it finds by its name, or with switchboard_call if ' +
      'only listed tools can be called.',
    inputSchema: takes({ query: QUERY, limit: count(25, 8) }, ['query']),
    outputSchema: gives(
      {
        tools: list(
          gives({
            name: string,
            description: string,
            inputSchema: object,
            annotations: object,
            component: string,
            function: string,
          }),
        ),
        total: { type: 'integer' },
        truncated: flag,
      },
      ['tools', 'total'],
    ),
    annotations: READS,
  };
}
