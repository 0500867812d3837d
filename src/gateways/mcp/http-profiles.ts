/** `/mcp?profile=NAME`: clients of one HTTP server that are offered different things. */
import { checkProfileName, profileNotFound } from '#core/narrowing';
import type { Host } from '#host/api';
import type { Toolbox } from './toolbox.ts';

/** The query of a request as it goes on inside: the profile alone, or nothing. Errors: `invalid-setting`. */
export function profileQuery(url: string | undefined): string {
  const at = url?.indexOf('?') ?? -1;
  if (url === undefined || at < 0) return '';
  const name = new URLSearchParams(url.slice(at)).get('profile');
  return name === null ? '' : `?profile=${checkProfileName(name)}`;
}

/** The profile that a request names; it has passed `profileQuery`. */
export function profileOf(request: { readonly url: string } | undefined): string | undefined {
  return request && /\?profile=(.*)$/.exec(request.url)?.[1];
}

export interface ProfileBoxes {
  /** The tools that a profile leaves. */
  of(profile: string | undefined): Toolbox;
  /** Errors: `profile-not-found`. */
  check(profile: string | undefined): Promise<void>;
}

/** `toolbox` is what the server offers without a profile. */
export function profileBoxes(host: Host, toolbox: Toolbox): ProfileBoxes {
  const boxes = new Map<string, Toolbox>();
  return {
    of(profile) {
      if (profile === undefined) return toolbox;
      const box = boxes.get(profile) ?? toolbox.narrow({ profile });
      boxes.set(profile, box);
      return box;
    },
    async check(profile) {
      if (profile === undefined) return;
      if ((await host.profiles()).some(({ name }) => name === profile)) return;
      // Names that clients make up are not kept.
      boxes.delete(profile);
      throw profileNotFound(profile);
    },
  };
}
