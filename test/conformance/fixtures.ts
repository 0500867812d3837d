/** What MCP's conformance suite asks of a server that no component can express. */
import type { Composition } from '#gateways/mcp/composition';
import type { Host } from '#host/api';
import { contentTools } from './fixture-content.ts';
import { inputTools } from './fixture-input.ts';
import { protocolTools } from './fixture-protocol.ts';
import { serveResourcesAndPrompts } from './fixture-served.ts';

export function fixtures(host: Host): Composition {
  return {
    tools: [...contentTools, ...inputTools, ...protocolTools(host)],
    capabilities: {
      prompts: { listChanged: true },
      resources: { subscribe: true, listChanged: true },
      completions: {},
    },
    extend: serveResourcesAndPrompts,
  };
}
