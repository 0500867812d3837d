/** The paths of the OCI distribution API. */
import { isRepository } from '../names.ts';
import { Refusal } from './refusal.ts';

export type Route =
  | { readonly kind: 'base' | 'catalog' | 'search' }
  | { readonly kind: 'blob' | 'manifest' | 'referrers'; readonly repository: string; readonly reference: string }
  | { readonly kind: 'upload'; readonly repository: string; readonly id: string }
  | { readonly kind: 'uploads' | 'tags'; readonly repository: string };

/**
 * What a path means; undefined where it is none of the API. A path is taken as it came: one with an encoded slash or dot
 * means nothing here, so that nobody reads it in two ways. Refuses with `NAME_INVALID`.
 */
export function routeOf(path: string): Route | undefined {
  if (path === '/v2' || path === '/v2/') return { kind: 'base' };
  if (path === '/v2/_catalog') return { kind: 'catalog' };
  if (path === '/v2/_switchboard/search') return { kind: 'search' };
  if (!path.startsWith('/v2/')) return undefined;
  const match =
    /^\/v2\/(.+)\/(?:(blobs)\/(uploads)\/([^/]*)|(blobs|manifests|referrers)\/([^/]+)|(tags)\/list|(blobs)\/uploads)$/.exec(
      path,
    );
  if (!match) return undefined;
  const [, repository = '', , uploads, id = '', kind, reference = '', tags] = match;
  if (!isRepository(repository)) throw new Refusal('NAME_INVALID', 'the name is not one of a repository');
  if (tags !== undefined) return { kind: 'tags', repository };
  if (kind !== undefined && !(kind === 'blobs' && reference === 'uploads')) {
    const named = kind === 'blobs' ? 'blob' : kind === 'manifests' ? 'manifest' : 'referrers';
    return { kind: named, repository, reference: decoded(reference) };
  }
  if (uploads === undefined || id === '') return { kind: 'uploads', repository };
  return { kind: 'upload', repository, id };
}

/** A digest's colon may come encoded. */
function decoded(reference: string): string {
  return reference.replaceAll(/%3a/gi, ':');
}
