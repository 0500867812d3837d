/** What a person names: something in a registry, or a file. */

/**
 * `oci://…`, or `ns:name[@range]`, also where there is a file of that name, which is `./ns:name`: who may put files where a
 * person works, as a cloned repository does, must not choose what a name means.
 */
export const isInRegistry = (word: string): boolean => word.startsWith('oci://') || looksNamed(word);

const looksNamed = (word: string): boolean => /^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*(?:@[^/]*)?$/.test(word);
