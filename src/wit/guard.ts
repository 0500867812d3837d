import { SwitchboardError } from '#core/errors';

/** Runs a reader of hostile bytes: whatever it throws comes out as a `SwitchboardError`. */
export function guarded<T>(run: () => T): T {
  try {
    return run();
  } catch (thrown) {
    if (thrown instanceof SwitchboardError) throw thrown;
    throw new SwitchboardError('invalid-component', 'the component is not valid: it could not be read', {
      cause: thrown,
    });
  }
}
