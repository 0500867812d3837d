/** Resources of components: lists merged, each URI below the name of its component (uris.ts). */
import type {
  ListResourcesResult,
  ListResourceTemplatesResult,
  ReadResourceResult,
  ResourceTemplateType,
} from '@modelcontextprotocol/server';
import { printable } from '#core/reference';
import type { CallOptions } from '#host/api';
import {
  describedOf,
  invalid,
  type OwnContents,
  type OwnDescribed,
  type OwnLink,
  resourceContents,
  resourceOf,
} from './content.ts';
import { ownRequestError } from './own-words.ts';
import { RPC, RpcError } from './results.ts';
import { call, merged, rest, type ServingPorts, sources, validItems } from './serving-sources.ts';
import { isUriTemplate, publicUri, splitUri } from './uris.ts';

export async function listResources(
  ports: ServingPorts,
  cursor: string | undefined,
  options: CallOptions,
): Promise<ListResourcesResult> {
  const page = await merged(ports, 'resources', cursor, options, async (source, inner) => {
    const page = (await call(ports, source, source.resources['list-resources'], [inner], options)) as {
      readonly resources: readonly OwnLink[];
      readonly 'next-cursor': string | null;
    };
    return validItems(page.resources, page['next-cursor'], (link, i) =>
      resourceOf(link, source.name, `resources[${i}]`, false),
    );
  });
  return { resources: page.items, ...rest(page) };
}

export async function listTemplates(
  ports: ServingPorts,
  cursor: string | undefined,
  options: CallOptions,
): Promise<ListResourceTemplatesResult> {
  const page = await merged(ports, 'resources', cursor, options, async (source, inner) => {
    const page = (await call(ports, source, source.resources['list-templates'], [inner], options)) as {
      readonly templates: readonly (OwnDescribed & { readonly 'uri-template': string })[];
      readonly 'next-cursor': string | null;
    };
    return validItems(page.templates, page['next-cursor'], (template, i): ResourceTemplateType => {
      const path = `templates[${i}]`;
      const own = template['uri-template'];
      if (!isUriTemplate(own)) throw invalid(`${path}.uri-template`, `is "${printable(own, 60)}", no URI template`);
      return { uriTemplate: publicUri(source.name, own), ...describedOf(template, path) };
    });
  });
  return { resourceTemplates: page.items, ...rest(page) };
}

export async function readResource(
  ports: ServingPorts,
  uri: string,
  options: CallOptions,
): Promise<ReadResourceResult> {
  // Clients know it by `data`; the SDK sends this code for it in every revision, as that of 2026-07-28 asks.
  const unknown = (): RpcError => new RpcError(RPC.params, `Resource not found: ${printable(uri)}`, { uri });
  const split = splitUri(uri);
  const source = (await sources(ports, 'resources')).find((s) => s.name === split?.component);
  if (!split || !source) throw unknown();
  try {
    const contents = (await call(ports, source, source.resources.read, [split.own], options)) as readonly OwnContents[];
    if (contents.length === 0) throw unknown();
    return { contents: resourceContents(contents, source.name) };
  } catch (error) {
    throw ownRequestError(error, source.name);
  }
}
