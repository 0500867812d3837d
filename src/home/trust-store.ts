import { SwitchboardError } from '#core/errors';
import type { FaultPoints } from '#core/ports';
import { checkPublisher, checkReason, NO_TRUST, TRUST_BOUNDS, type TrustState, type TrustStore } from '#core/trust';
import { homeFailure } from './failures.ts';
import { readIfThere, replaceFile } from './files.ts';
import type { HomePaths } from './layout.ts';

/** In a file of the home, 0600. Fault points: `trust.before-write`, `.before-rename`, `.after-rename`. */
export function fileTrustStore(paths: HomePaths, faults: FaultPoints): TrustStore {
  const guard = async <T>(work: () => T): Promise<T> => {
    try {
      return work();
    } catch (error) {
      throw homeFailure(error, paths.home, paths.trust);
    }
  };
  const read = (): TrustState => {
    const text = readIfThere(paths.trust);
    if (text === undefined) return NO_TRUST;
    try {
      const { version, ...state } = JSON.parse(text) as TrustState & { readonly version: unknown };
      if (version !== 1) throw new Error('it is of another version');
      return checked(state);
    } catch (cause) {
      // What it said of keys that were revoked is lost with it: nothing is trusted until a person has seen to it.
      throw new SwitchboardError('database-corrupt', `${paths.trust} is damaged`, { fix: `rm ${paths.trust}`, cause });
    }
  };
  return {
    read: () => guard(read),
    // Read and written without a wait between: two changes are one after the other.
    change: (change) =>
      guard(() => {
        const before = read();
        const after = checked(change(before));
        if (after.publishers.length > TRUST_BOUNDS.publishers) {
          throw new SwitchboardError('invalid-setting', `there may be ${TRUST_BOUNDS.publishers} keys of publishers`);
        }
        if (JSON.stringify(after) === JSON.stringify(before)) return after;
        replaceFile(paths.trust, `${JSON.stringify({ version: 1, ...after }, null, 2)}\n`, faults, 'trust');
        return after;
      }),
  };
}

function checked({ publishers, yanked, held }: TrustState): TrustState {
  const text = (value: unknown): string => {
    if (typeof value === 'string') return value;
    throw new SwitchboardError('invalid-setting', 'a text is missing');
  };
  return {
    publishers: publishers.map(checkPublisher),
    yanked: yanked.slice(-TRUST_BOUNDS.yanked).map((one) => ({
      component: text(one.component),
      version: text(one.version),
      manifest: text(one.manifest) as typeof one.manifest,
      signer: text(one.signer),
      reason: checkReason(one.reason),
      at: Number(one.at),
    })),
    held: held.slice(-TRUST_BOUNDS.held).map((one) => ({
      component: text(one.component),
      from: text(one.from),
      version: text(one.version),
      manifest: text(one.manifest) as typeof one.manifest,
      differences: one.differences.map(text),
      at: Number(one.at),
    })),
  };
}
