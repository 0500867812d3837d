/** Prompts of components, under names made as those of tools, and completion of arguments. */
import type {
  CompleteRequest,
  CompleteResult,
  GetPromptRequest,
  GetPromptResult,
  ListPromptsResult,
  Prompt,
} from '@modelcontextprotocol/server';
import { SwitchboardError } from '#core/errors';
import { printable } from '#core/reference';
import type { CallOptions, Json } from '#host/api';
import { contentBlocks, invalid, namedOf, type OwnContent, type OwnNamed, type Role } from './content.ts';
import { promptName, promptPrefix } from './names.ts';
import { isOwnWords, ownRequestError } from './own-words.ts';
import { RPC, RpcError } from './results.ts';
import { cleanText } from './schemas.ts';
import { call, type Has, merged, rest, type ServingPorts, sources, validItems } from './serving-sources.ts';
import type { ServingComponent } from './tools.ts';
import { splitUri } from './uris.ts';

const MOST_MESSAGES = 100;
const MOST_ARGUMENTS = 100;
/** As the specification has it. */
const MOST_VALUES = 100;
const LONGEST_VALUE = 2_000;
const LONGEST_DESCRIPTION = 4_000;
/** Pages looked through for a prompt whose name does not tell it. */
const MOST_SEARCHED = 40;

interface OwnPrompt extends OwnNamed {
  readonly arguments: readonly (OwnNamed & { readonly required: boolean })[];
}

async function promptPage(
  ports: ServingPorts,
  source: Has<'prompts'>,
  inner: string | null,
  options: CallOptions,
): Promise<{ readonly items: readonly OwnPrompt[]; readonly next: string | null }> {
  const page = (await call(ports, source, source.prompts['list-prompts'], [inner], options)) as {
    readonly prompts: readonly OwnPrompt[];
    readonly 'next-cursor': string | null;
  };
  return { items: page.prompts, next: page['next-cursor'] };
}

export async function listPrompts(
  ports: ServingPorts,
  cursor: string | undefined,
  options: CallOptions,
): Promise<ListPromptsResult> {
  const page = await merged(ports, 'prompts', cursor, options, async (source, inner) => {
    const { items, next } = await promptPage(ports, source, inner, options);
    return validItems(items, next, (prompt, i) => promptOf(source.name, prompt, `prompts[${i}]`));
  });
  return { prompts: page.items, ...rest(page) };
}

function promptOf(component: string, prompt: OwnPrompt, path: string): Prompt {
  const { name: readable, ...named } = namedOf(prompt, path);
  if (prompt.arguments.length > MOST_ARGUMENTS) {
    throw invalid(`${path}.arguments`, `has more than ${MOST_ARGUMENTS} items`);
  }
  return {
    title: `${component} ${readable}`,
    ...named,
    name: promptName(component, prompt.name),
    // By the names that the component knows them by: one that cannot be shown cannot be given.
    arguments: prompt.arguments.map((argument, i) => {
      const shown = namedOf(argument, `${path}.arguments[${i}]`);
      if (shown.name !== argument.name) throw invalid(`${path}.arguments[${i}].name`, 'has characters it may not have');
      return { ...shown, required: argument.required };
    }),
  };
}

export async function getPrompt(
  ports: ServingPorts,
  params: GetPromptRequest['params'],
  options: CallOptions,
): Promise<GetPromptResult> {
  const { source, own } = await findPrompt(ports, params.name, options);
  try {
    const args = Object.entries(params.arguments ?? {});
    const got = (await call(ports, source, source.prompts.get, [own, args], options)) as {
      readonly description: string | null;
      readonly messages: readonly { readonly role: Role; readonly content: OwnContent }[];
    };
    if (got.messages.length > MOST_MESSAGES) {
      throw new SwitchboardError('too-large', `the prompt has more than ${MOST_MESSAGES} messages`);
    }
    const blocks = contentBlocks(
      got.messages.map((message) => message.content),
      source.name,
    );
    return {
      ...(got.description === null ? {} : { description: cleanText(got.description, LONGEST_DESCRIPTION) }),
      messages: got.messages.flatMap(({ role }, i) => {
        const content = blocks[i];
        return content ? [{ role, content }] : [];
      }),
    };
  } catch (error) {
    // What the component itself answers is about the name or the arguments.
    throw ownRequestError(error, source.name, isOwnWords(error) ? RPC.params : RPC.internal);
  }
}

/** The component and the own name of a prompt. A plain name says both; any other is looked up. */
async function findPrompt(
  ports: ServingPorts,
  name: string,
  options: CallOptions,
): Promise<{ readonly source: Has<'prompts'>; readonly own: string }> {
  for (const source of await sources(ports, 'prompts')) {
    const prefix = promptPrefix(source.name);
    const own = name.slice(prefix.length);
    if (name.startsWith(prefix) && promptName(source.name, own) === name) return { source, own };
    // The hashed form; of a long component name it has the beginning alone.
    if (!name.includes('__') || !name.startsWith(prefix.slice(0, 32))) continue;
    let inner: string | null = null;
    for (let pages = 0; pages < MOST_SEARCHED; pages++) {
      const page: Awaited<ReturnType<typeof promptPage>> = await promptPage(ports, source, inner, options).catch(
        (error: unknown) => {
          throw ownRequestError(error, source.name);
        },
      );
      const found = page.items.find((prompt) => promptName(source.name, prompt.name) === name);
      if (found) return { source, own: found.name };
      if (page.next === null) break;
      inner = page.next;
    }
  }
  throw new RpcError(RPC.params, `Unknown prompt: ${printable(name)}`);
}

export async function complete(
  ports: ServingPorts,
  { ref, argument, context }: CompleteRequest['params'],
  options: CallOptions,
): Promise<CompleteResult> {
  const { source, reference } = await referenceOf(ports, ref, options);
  const none = { completion: { values: [], hasMore: false } };
  if (!source.completion) return none;
  try {
    const args = [reference, argument.name, argument.value, Object.entries(context?.arguments ?? {})];
    const got = (await call(ports, source, source.completion.complete, args, options)) as {
      readonly values: readonly string[];
      readonly total: number | null;
      readonly 'has-more': boolean;
    };
    const values = got.values
      .filter((value) => value.length <= LONGEST_VALUE)
      .map((value) => cleanText(value))
      .slice(0, MOST_VALUES);
    return {
      completion: {
        values,
        ...(got.total === null ? {} : { total: got.total }),
        hasMore: got['has-more'] || got.values.length > values.length,
      },
    };
  } catch (error) {
    throw ownRequestError(error, source.name);
  }
}

async function referenceOf(
  ports: ServingPorts,
  ref: CompleteRequest['params']['ref'],
  options: CallOptions,
): Promise<{ readonly source: ServingComponent; readonly reference: Json }> {
  if (ref.type === 'ref/prompt') {
    const { source, own } = await findPrompt(ports, ref.name, options);
    return { source, reference: { tag: 'prompt', val: own } };
  }
  const split = splitUri(ref.uri);
  const source = (await sources(ports, 'resources')).find((s) => s.name === split?.component);
  if (!split || !source) throw new RpcError(RPC.params, `Unknown resource template: ${printable(ref.uri)}`);
  return { source, reference: { tag: 'template', val: split.own } };
}
