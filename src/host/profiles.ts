/** Named narrowings of what MCP clients are offered. */
import { checkProfile, type ProfileStore } from '#core';
import type { Host } from './api.ts';
import type { EventHub } from './events.ts';

export type Profiles = Pick<Host, 'profiles' | 'setProfile' | 'removeProfile'>;

export function createProfiles(store: ProfileStore, events: EventHub): Profiles {
  return {
    profiles: () => store.list(),
    async setProfile(given) {
      const profile = checkProfile(given);
      await store.set(profile);
      events.emit({ type: 'profile.changed', profile: profile.name });
    },
    async removeProfile(name) {
      const removed = await store.remove(name);
      if (removed) events.emit({ type: 'profile.changed', profile: name });
      return removed;
    },
  };
}
