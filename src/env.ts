/** The only reader of the process's environment. Host and gateways import it; nothing else does. */

export interface Env {
  /** `SWITCHBOARD_HOME`: the home directory, where no `--home` says otherwise. An empty value counts as unset. */
  readonly home: string | undefined;
  /** `NO_COLOR` is set to anything but the empty string (https://no-color.org), or the terminal is `dumb`. */
  readonly noColor: boolean;
}

/** What Switchboard takes from the environment, as it is now. */
export function env(): Env {
  const { SWITCHBOARD_HOME, NO_COLOR, TERM } = process.env;
  return Object.freeze({
    home: SWITCHBOARD_HOME === '' ? undefined : SWITCHBOARD_HOME,
    noColor: (NO_COLOR !== undefined && NO_COLOR !== '') || TERM === 'dumb',
  });
}
