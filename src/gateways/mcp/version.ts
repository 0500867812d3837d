import type { Host } from '#host/api';

const versions = new WeakMap<Host, Promise<string>>();

/** The host's version, asked once. */
export function hostVersion(host: Host): Promise<string> {
  const asked = versions.get(host) ?? host.status().then((status) => status.version);
  versions.set(host, asked);
  asked.catch(() => versions.delete(host));
  return asked;
}
