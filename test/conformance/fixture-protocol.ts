/** Tools that show how the protocol itself behaves. */
import type { ComposedTool } from '#gateways/mcp/composition';
import type { Host } from '#host/api';
import { toolOf } from './fixture-content.ts';
import { text } from './fixture-input.ts';

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

export function protocolTools(host: Host): readonly ComposedTool[] {
  return [
    {
      // Ends the stream of its own call: the client comes back with Last-Event-ID for the result.
      tool: toolOf('test_reconnection'),
      async call(_, { http }) {
        http?.closeSSE?.();
        await pause();
        return text('Reconnected.');
      },
    },
    changing('test_trigger_tool_change', host),
    changing('test_trigger_prompt_change', host),
    {
      tool: {
        ...toolOf('json_schema_2020_12_tool'),
        inputSchema: {
          $schema: 'https://json-schema.org/draft/2020-12/schema',
          type: 'object',
          $defs: {
            address: {
              $anchor: 'addressDef',
              type: 'object',
              properties: { street: { type: 'string' }, city: { type: 'string' } },
            },
          },
          properties: {
            name: { type: 'string' },
            address: { $ref: '#/$defs/address' },
            contactMethod: { type: 'string', enum: ['phone', 'email'] },
            phone: { type: 'string' },
            email: { type: 'string' },
          },
          allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
          if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
          // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
          then: { required: ['phone'] },
          else: { required: ['email'] },
          additionalProperties: false,
        },
      },
      call: () => text('It is the schema that counts.'),
    },
  ];
}

/** Changes what the gateway offers: `reuse` shows in the annotations of a component's tools. */
function changing(name: string, host: Host): ComposedTool {
  return {
    tool: toolOf(name),
    async call() {
      const { reuse } = (await host.limits('test:conformance')).effective;
      await host.setLimits('test:conformance', { reuse: reuse === 'call' ? 'resident' : 'call' });
      return text('Changed.');
    },
  };
}
