/** Resources, prompts and completion. */
import { inputRequired, type PromptMessage, ResourceNotFoundError, type Server } from '@modelcontextprotocol/server';
import { answered, userName } from './fixture-input.ts';
import { PNG } from './fixture-content.ts';

const RESOURCES = [
  {
    uri: 'test://static-text',
    name: 'Static text',
    description: 'A text that never changes.',
    mimeType: 'text/plain',
  },
  { uri: 'test://static-binary', name: 'Static image', description: 'A red pixel.', mimeType: 'image/png' },
  { uri: 'test://watched-resource', name: 'Watched', description: 'May be subscribed to.', mimeType: 'text/plain' },
];

const PROMPTS = [
  { name: 'test_simple_prompt', description: 'Without arguments.' },
  {
    name: 'test_prompt_with_arguments',
    description: 'With two arguments.',
    arguments: [
      { name: 'arg1', description: 'The first.', required: true },
      { name: 'arg2', description: 'The second.', required: true },
    ],
  },
  {
    name: 'test_prompt_with_embedded_resource',
    description: 'Embeds a resource.',
    arguments: [{ name: 'resourceUri', description: 'Which.', required: true }],
  },
  { name: 'test_prompt_with_image', description: 'Shows an image.' },
  { name: 'test_input_required_result_prompt', description: 'Asks first.' },
];

export function serveResourcesAndPrompts(server: Server): void {
  server.setRequestHandler('resources/list', () => ({ resources: RESOURCES }));
  server.setRequestHandler('resources/templates/list', () => ({
    resourceTemplates: [{ uriTemplate: 'test://template/{id}/data', name: 'By id', mimeType: 'application/json' }],
  }));
  server.setRequestHandler('resources/read', ({ params: { uri } }) => ({ contents: [{ uri, ...contentOf(uri) }] }));
  server.setRequestHandler('resources/subscribe', () => ({}));
  server.setRequestHandler('resources/unsubscribe', () => ({}));
  server.setRequestHandler('prompts/list', () => ({ prompts: PROMPTS }));
  server.setRequestHandler('prompts/get', ({ params: { name, arguments: args = {} } }, ctx) => {
    if (name === 'test_input_required_result_prompt' && !answered(ctx, 'user_name')) {
      return inputRequired({ inputRequests: userName });
    }
    return { messages: messagesOf(name, args) };
  });
  server.setRequestHandler('completion/complete', () => ({ completion: { values: [], total: 0, hasMore: false } }));
}

function contentOf(uri: string): { mimeType: string; text: string } | { mimeType: string; blob: string } {
  if (uri === 'test://static-text') {
    return { mimeType: 'text/plain', text: 'This is the content of the static text resource.' };
  }
  if (uri === 'test://static-binary') return { mimeType: 'image/png', blob: PNG };
  if (uri === 'test://watched-resource') return { mimeType: 'text/plain', text: 'Nothing happened.' };
  const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
  if (id === undefined) throw new ResourceNotFoundError(uri);
  const text = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` });
  return { mimeType: 'application/json', text };
}

function messagesOf(name: string, args: { readonly [name: string]: string }): PromptMessage[] {
  const says = (text: string): PromptMessage => ({ role: 'user', content: { type: 'text', text } });
  switch (name) {
    case 'test_simple_prompt':
      return [says('This is a simple prompt for testing.')];
    case 'test_prompt_with_arguments':
      return [says(`Prompt with arguments: arg1='${args['arg1']}', arg2='${args['arg2']}'`)];
    case 'test_prompt_with_embedded_resource': {
      const uri = args['resourceUri'] ?? '';
      const resource = { uri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' };
      return [
        { role: 'user', content: { type: 'resource', resource } },
        says('Please process the embedded resource above.'),
      ];
    }
    case 'test_prompt_with_image':
      return [
        { role: 'user', content: { type: 'image', data: PNG, mimeType: 'image/png' } },
        says('Please analyze the image above.'),
      ];
    default:
      return [says('Thank you.')];
  }
}
