/** Profiles over the control socket. They only narrow what a client is offered, so they need no person. */
import type { Profile } from '#core';
import { checkNarrowing, type Narrowing, profileNotFound, type ToolsMode } from '#core/narrowing';
import type { Host } from '#host/api';
import type { Channel } from './channel.ts';
import { asObject, asString, asStrings, optional } from './check.ts';
import type { Asked, MethodEnv } from './methods.ts';

export type ProfileMethods = Pick<Host, 'profiles' | 'setProfile' | 'removeProfile'>;

export interface ProfileRequests {
  readonly profiles: { params: object; result: readonly Profile[] };
  readonly 'set-profile': { params: { profile: Profile }; result: undefined };
  readonly 'remove-profile': { params: { name: string }; result: boolean };
}

export function profileMethods(channel: Channel): ProfileMethods {
  return {
    profiles: () => channel.request('profiles', {}),
    setProfile: async (profile) => {
      await channel.request('set-profile', { profile });
    },
    removeProfile: (name) => channel.request('remove-profile', { name }),
  };
}

type Handler = (env: MethodEnv, asked: Asked) => Promise<unknown>;

export const PROFILE_HANDLERS: { readonly [M in keyof ProfileRequests]: Handler } = {
  profiles: ({ host }) => host.profiles(),
  'set-profile': ({ host }, { params }) => {
    const { name, only, tools } = asObject(params['profile'], 'profile');
    return host.setProfile({
      name: asString(name, 'profile.name'),
      only: asStrings(only, 'profile.only'),
      ...(tools === undefined ? {} : { tools: tools as ToolsMode }),
    });
  },
  'remove-profile': ({ host }, { params }) => host.removeProfile(asString(params['name'], 'name')),
};

/** The narrowing that a client asks to be served with. Errors: `invalid-setting`, `invalid-usage`. */
export function asNarrowing(value: unknown): Narrowing {
  const { only, tools, profile } = asObject(value, 'narrowing');
  return checkNarrowing({
    only: optional(only, (v) => asStrings(v, 'narrowing.only')),
    tools: tools as ToolsMode | undefined,
    profile: optional(profile, (v) => asString(v, 'narrowing.profile')),
  });
}

/** Errors: `profile-not-found`, where the narrowing names a profile that is not there. */
export async function checkProfileExists(host: Host, narrowing: Narrowing | undefined): Promise<void> {
  const name = narrowing?.profile;
  if (name === undefined || (await host.profiles()).some((profile) => profile.name === name)) return;
  throw profileNotFound(name);
}
