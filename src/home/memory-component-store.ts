import { SwitchboardError } from '#core/errors';
import { checkLimits, type Limits } from '#core/limits';
import type { ComponentStore, InstalledComponent } from '#core/ports';
import type { Digest, Reference } from '#core/reference';
import { digestOf } from './component-files.ts';
import { sameVersion } from './component-store.ts';
import { newestFirst } from './versions.ts';

/** A store that ends with the process, for tests and for hosts that keep nothing. */
export function memoryComponentStore(): ComponentStore {
  let installed: readonly InstalledComponent[] = [];
  const files = new Map<Digest, Uint8Array>();
  const settings = new Map<string, Partial<Limits>>();
  const find = (reference: Reference): readonly InstalledComponent[] =>
    installed.filter(
      (c) => c.name === reference.name && (reference.version === undefined || c.version === reference.version),
    );
  return {
    add: async (component, bytes) => {
      const { name, version, description } = component;
      if (digestOf(bytes) !== description.digest) {
        throw new SwitchboardError('internal', 'the bytes do not match the digest');
      }
      if (sameVersion(find({ name, version })[0], component)) return false;
      files.set(description.digest, bytes.slice());
      installed = [...installed, structuredClone(component)].sort(
        (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0) || newestFirst(a.version, b.version),
      );
      return true;
    },
    redescribe: async ({ name, version, source, description, record }) => {
      const [there] = find({ name, version });
      if (there?.description.digest !== description.digest) return false;
      const kept = record === undefined ? {} : { record };
      const changed = { ...there, source, description: structuredClone(description), ...kept };
      installed = installed.map((one) => (one === there ? changed : one));
      return true;
    },
    get: async (reference) => find(reference)[0],
    list: async () => installed,
    remove: async (reference) => {
      const going = find(reference);
      installed = installed.filter((c) => !going.includes(c));
      for (const { description } of going) {
        if (!installed.some((c) => c.description.digest === description.digest)) files.delete(description.digest);
      }
      if (find({ name: reference.name }).length === 0) settings.delete(reference.name);
      return going;
    },
    bytes: async (digest) => {
      const bytes = files.get(digest);
      if (bytes) return bytes.slice();
      throw new SwitchboardError('component-not-found', `no installed component has the digest ${digest}`);
    },
    limits: async (name) => settings.get(name) ?? {},
    setLimits: async (name, limits) => {
      settings.set(name, checkLimits(limits));
    },
  };
}
