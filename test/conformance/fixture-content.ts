/** Results that are more than text. */
import type { ContentBlock, Tool } from '@modelcontextprotocol/server';
import type { ComposedTool } from '#gateways/mcp/composition';

/** One red pixel. */
export const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC';
/** No samples, 8 kHz. */
const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=';

const image: ContentBlock = { type: 'image', data: PNG, mimeType: 'image/png' };

export const contentTools: readonly ComposedTool[] = [
  returning('test_image_content', [image]),
  returning('test_audio_content', [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }]),
  returning('test_embedded_resource', [
    {
      type: 'resource',
      resource: {
        uri: 'test://embedded-resource',
        mimeType: 'text/plain',
        text: 'This is an embedded resource content.',
      },
    },
  ]),
  returning('test_multiple_content_types', [
    { type: 'text', text: 'Multiple content types test:' },
    image,
    {
      type: 'resource',
      resource: {
        uri: 'test://mixed-content-resource',
        mimeType: 'application/json',
        text: '{"test":"data","value":123}',
      },
    },
  ]),
];

function returning(name: string, content: ContentBlock[]): ComposedTool {
  return { tool: toolOf(name), call: () => ({ content }) };
}

export function toolOf(name: string, properties: { readonly [name: string]: object } = {}): Tool {
  const inputSchema = { type: 'object', properties } as Tool['inputSchema'];
  return { name, description: `Fixture ${name}.`, inputSchema };
}
