/** Tools that show how the protocol itself behaves. */
import type { ComposedTool } from '#gateways/mcp/composition';
import type { Host } from '#host/api';
import { text, toolOf } from './fixture-input.ts';
import { guest } from '../guests/build.ts';

const MORE = 'test:more';
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
    {
      // `reuse` shows in the annotations of a component's tools.
      tool: toolOf('test_trigger_tool_change'),
      async call() {
        const { reuse } = (await host.limits('test:conformance')).effective;
        await host.setLimits('test:conformance', { reuse: reuse === 'call' ? 'resident' : 'call' });
        return text('Changed.');
      },
    },
    {
      // One more component that serves prompts comes or goes.
      tool: toolOf('test_trigger_prompt_change'),
      async call() {
        const there = (await host.list()).some(({ name }) => name === MORE);
        if (there) await host.uninstall(MORE);
        else await host.install((await guest('conformance')).bytes, { as: `${MORE}@0.1.0` });
        return text('Changed.');
      },
    },
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
