import { SwitchboardError } from '#core/errors';
import type { ServiceEnv } from '#core/services';

/** Resources a guest can make out of nothing: each costs the host memory that no limit of the guest's own counts. */
const MOST_RESOURCES = 10_000;
const MOST_HELD_BYTES = 1024 * 1024;

/** What the services of one instance share: its environment, and what they hold for it in the host's memory. */
export class Scope {
  readonly env: ServiceEnv;
  private resources = 0;
  private held = 0;

  constructor(env: ServiceEnv) {
    this.env = env;
  }

  /** A resource is handed to the guest. Throws `handle-limit`: stops a guest that makes them without end. */
  opened(): void {
    if (this.resources >= MOST_RESOURCES) {
      throw new SwitchboardError(
        'handle-limit',
        `the component holds ${MOST_RESOURCES} resources of its imports; it must drop some before it gets another`,
      );
    }
    this.resources += 1;
  }

  /** A resource was dropped. */
  closed(): void {
    this.resources -= 1;
  }

  /** Bytes are kept for the guest until `release`. Throws `transfer-limit`. */
  hold(bytes: number): void {
    if (this.held + bytes > MOST_HELD_BYTES) {
      throw new SwitchboardError(
        'transfer-limit',
        `the component's resources hold more than ${MOST_HELD_BYTES} bytes outside of it`,
      );
    }
    this.held += bytes;
  }

  release(bytes: number): void {
    this.held -= bytes;
  }
}
