/** The parts of a URL reference (RFC 3986, appendix B). */
interface Parts {
  scheme: string | undefined;
  authority: string | undefined;
  path: string;
  query: string | undefined;
  fragment: string | undefined;
}

const REFERENCE = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#([\s\S]*))?$/;

/** Throws when `base` is given but is no absolute http(s) or file address. */
export function checkBase(base: string | null): string | null {
  if (base === null) return null;
  const parts = split(base.trim());
  if (parts.scheme === undefined || parts.authority === undefined) {
    throw new Error(`base must be an absolute address such as https://example.org/page, not "${base.slice(0, 100)}"`);
  }
  return base.trim();
}

/**
 * The absolute form of a reference, as RFC 3986 section 5.2 resolves it; without a base, the reference as it is.
 * There is no URL class inside the component. Spaces at the ends and line breaks within go,
 * and spaces, quotes and angle brackets are percent-encoded, as in browsers.
 */
export function resolveUrl(reference: string, base: string | null): string {
  const cleaned = reference
    .replace(/[\t\r\n]/g, '')
    .trim()
    .replace(/[ "<>`]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  if (base === null) return cleaned;
  const ref = split(cleaned);
  const from = split(base);
  if (ref.scheme !== undefined)
    return join({ ...ref, path: ref.authority === undefined ? ref.path : rooted(ref.path) });
  if (ref.authority !== undefined) return join({ ...ref, scheme: from.scheme, path: rooted(ref.path) });
  if (ref.path === '') {
    const query = ref.query ?? from.query;
    return join({ ...from, path: rooted(from.path), query, fragment: ref.fragment });
  }
  const path = ref.path.startsWith('/') ? ref.path : from.path.replace(/[^/]*$/, '') + ref.path;
  return join({ ...from, path: rooted(path), query: ref.query, fragment: ref.fragment });
}

function split(url: string): Parts {
  const [, scheme, authority, path = '', query, fragment] = REFERENCE.exec(url) ?? [];
  return { scheme, authority, path, query, fragment };
}

function join(parts: Parts): string {
  const scheme = parts.scheme === undefined ? '' : `${parts.scheme.toLowerCase()}:`;
  const authority = parts.authority === undefined ? '' : `//${parts.authority}`;
  const query = parts.query === undefined ? '' : `?${parts.query}`;
  const fragment = parts.fragment === undefined ? '' : `#${parts.fragment}`;
  return scheme + authority + parts.path + query + fragment;
}

/** Path with its dot segments removed (RFC 3986, 5.2.4), starting with a slash. */
function rooted(path: string): string {
  const kept: string[] = [];
  const segments = path.split('/');
  for (const [i, segment] of segments.entries()) {
    const last = i === segments.length - 1;
    if (segment === '..') kept.pop();
    if (segment !== '.' && segment !== '..') {
      if (i > 0 || segment !== '') kept.push(segment);
    } else if (last) kept.push('');
  }
  return `/${kept.join('/')}`;
}
