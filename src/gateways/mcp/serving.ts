/** Resources, prompts and completion, as components serve them (wit/mcp.wit): the handlers of one connection. */
import type { Server, ServerCapabilities } from '@modelcontextprotocol/server';
import { complete, getPrompt, listPrompts } from './serving-prompts.ts';
import { listResources, listTemplates, readResource } from './serving-resources.ts';
import type { ServingPorts } from './serving-sources.ts';
import type { ServingComponent } from './tools.ts';

/** What a server says it can, by what is installed when it is made. Components tell nobody of updates: no `subscribe`. */
export function servedCapabilities(servers: readonly ServingComponent[]): ServerCapabilities {
  return {
    ...(servers.some((s) => s.resources) ? { resources: { listChanged: true } } : {}),
    ...(servers.some((s) => s.prompts) ? { prompts: { listChanged: true } } : {}),
    ...(servers.some((s) => s.completion) ? { completions: {} } : {}),
  };
}

/** Answers the requests that these capabilities promise. */
export function serveContent(server: Server, capabilities: ServerCapabilities, ports: ServingPorts): void {
  const { resources, prompts, completions } = capabilities;
  if (resources) {
    server.setRequestHandler('resources/list', (request, ctx) =>
      ports.answer(ctx, (options) => listResources(ports, request.params?.cursor, options)),
    );
    server.setRequestHandler('resources/templates/list', (request, ctx) =>
      ports.answer(ctx, (options) => listTemplates(ports, request.params?.cursor, options)),
    );
    server.setRequestHandler('resources/read', (request, ctx) =>
      ports.answer(ctx, (options) => readResource(ports, request.params.uri, options)),
    );
  }
  if (prompts) {
    server.setRequestHandler('prompts/list', (request, ctx) =>
      ports.answer(ctx, (options) => listPrompts(ports, request.params?.cursor, options)),
    );
    server.setRequestHandler('prompts/get', (request, ctx) =>
      ports.answer(ctx, (options) => getPrompt(ports, request.params, options)),
    );
  }
  if (completions) {
    server.setRequestHandler('completion/complete', (request, ctx) =>
      ports.answer(ctx, (options) => complete(ports, request.params, options)),
    );
  }
}
