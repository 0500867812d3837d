/** What MCP's conformance suite asks of a server that no component can express. */
import type { Composition } from '#gateways/mcp/composition';
import type { Host } from '#host/api';
import { inputTools } from './fixture-input.ts';
import { exchangeNames } from './fixture-names.ts';
import { protocolTools } from './fixture-protocol.ts';

export function fixtures(host: Host): Composition {
  return {
    tools: [...inputTools, ...protocolTools(host)],
    capabilities: { resources: { subscribe: true, listChanged: true } },
    extend: exchangeNames,
  };
}
