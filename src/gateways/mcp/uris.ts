/**
 * URIs of components' resources. A component may name its resources as it likes, `file:///etc/passwd` or the name of
 * another's: clients see each below the component's own name, `switchboard://demo.text/<the URI as it is>`, so every
 * URI leads back to exactly one component and to nothing of the machine. The URI is not encoded once more: a template
 * expands below the prefix to just what the component would have made of it.
 */
const LONGEST_URI = 2_048;
const SCHEME = 'switchboard://';
/** RFC 3986: an absolute URI, of no characters but a URI's own, each `%` with its two digits. */
const URI = /^[a-zA-Z][a-zA-Z0-9+.-]*:(?:[\w\-.~:/?#[\]@!$&'()*+,;=]|%[0-9a-fA-F]{2})+$/;
/** RFC 6570: the same with expressions in braces, one of which may stand for the beginning. */
const TEMPLATE =
  /^(?:[\w\-.~:/?#[\]@!$&'()*+,;=]|%[0-9a-fA-F]{2}|\{[+#./;?&]?\w[\w.%]*(?::\d{1,4}|\*)?(?:,\w[\w.%]*(?::\d{1,4}|\*)?)*\})+$/;

export function isUri(text: string): boolean {
  return text.length <= LONGEST_URI && URI.test(text);
}

export function isUriTemplate(text: string): boolean {
  return text.length <= LONGEST_URI && TEMPLATE.test(text);
}

/** A component's URI or template as clients see it. `component` is `ns:name`: kebab-case, so `.` parts it for certain. */
export function publicUri(component: string, uri: string): string {
  return `${SCHEME}${component.replace(':', '.')}/${uri}`;
}

/** The component that a public URI belongs to, and its own URI; undefined for any other text. */
export function splitUri(uri: string): { readonly component: string; readonly own: string } | undefined {
  const m = /^switchboard:\/\/([a-z0-9-]+)\.([a-z0-9-]+)\/(.+)$/s.exec(uri);
  return m?.[3] === undefined ? undefined : { component: `${m[1]}:${m[2]}`, own: m[3] };
}
