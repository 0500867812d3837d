import { SwitchboardError } from '#core/errors';
import { checkProfile, type Profile } from '#core/narrowing';
import type { FaultPoints, ProfileStore } from '#core/ports';
import { homeFailure } from './failures.ts';
import { readIfThere, replaceFile } from './files.ts';
import type { HomePaths } from './layout.ts';

const MOST = 100;

/** In a file of the home, 0600. Fault points: `profiles.before-write`, `.before-rename`, `.after-rename`. */
export function fileProfileStore(paths: HomePaths, faults: FaultPoints): ProfileStore {
  const guard = async <T>(work: () => T): Promise<T> => {
    try {
      return work();
    } catch (error) {
      throw homeFailure(error, paths.home, paths.profiles);
    }
  };
  const read = (): readonly Profile[] => {
    const text = readIfThere(paths.profiles);
    if (text === undefined) return [];
    try {
      const { profiles } = JSON.parse(text) as { readonly profiles: readonly Profile[] };
      return profiles.map(checkProfile);
    } catch (cause) {
      throw new SwitchboardError('database-corrupt', `${paths.profiles} is damaged`, {
        fix: `rm ${paths.profiles}`,
        cause,
      });
    }
  };
  const write = (profiles: readonly Profile[]): void =>
    replaceFile(paths.profiles, `${JSON.stringify({ profiles }, null, 2)}\n`, faults, 'profiles');
  return {
    list: () => guard(read),
    set: (profile) =>
      guard(() => {
        const others = read().filter(({ name }) => name !== profile.name);
        if (others.length >= MOST) throw new SwitchboardError('invalid-setting', `there may be ${MOST} profiles`);
        write([...others, profile].toSorted((a, b) => (a.name < b.name ? -1 : 1)));
      }),
    remove: (name) =>
      guard(() => {
        const all = read();
        const rest = all.filter((profile) => profile.name !== name);
        if (rest.length < all.length) write(rest);
        return rest.length < all.length;
      }),
  };
}
