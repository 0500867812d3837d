import { SwitchboardError } from '#core/errors';
import { printable } from '#core/reference';

/** A signature that does not hold, and why. */
export const broken = (what: string, cause?: unknown): SwitchboardError =>
  new SwitchboardError('invalid-signature', `the bundle ${what}`, { cause });

/** A key or a trust root that is none. */
export const badKey = (where: string, what: string, cause?: unknown): SwitchboardError =>
  new SwitchboardError('invalid-key', `${printable(where)} ${what}`, { cause });
