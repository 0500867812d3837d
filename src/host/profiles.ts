/** Named narrowings of what MCP clients are offered. */
import { checkProfile, type Profile, type ProfileStore } from '#core';
import type { Host } from './api.ts';
import type { EventHub } from './events.ts';

export type Profiles = Pick<Host, 'profiles' | 'setProfile' | 'removeProfile'>;

export function createProfiles(store: ProfileStore, events: EventHub): Profiles {
  // Asked for with each HTTP request that names one. What another process changes is not told of by events either.
  let known: Promise<readonly Profile[]> | undefined;
  return {
    profiles() {
      if (known) return known;
      const mine = store.list();
      known = mine;
      mine.catch(() => {
        if (known === mine) known = undefined;
      });
      return mine;
    },
    async setProfile(given) {
      const profile = checkProfile(given);
      await store.set(profile);
      known = undefined;
      events.emit({ type: 'profile.changed', profile: profile.name });
    },
    async removeProfile(name) {
      const removed = await store.remove(name);
      known = undefined;
      if (removed) events.emit({ type: 'profile.changed', profile: name });
      return removed;
    },
  };
}
