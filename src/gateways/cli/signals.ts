const NUMBERS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;

/** How long a verb may take to end once it was told to. */
const GRACE_MS = 1_500;

export interface Signals {
  /** Aborted by SIGINT, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
  /** 128 and the signal's number, once one came. */
  code(): number | undefined;
}

/** The first signal asks the verb to end, a second one or `GRACE_MS` ends the process: a hung host cannot hold it. */
export function watchSignals(): Signals {
  const controller = new AbortController();
  let code: number | undefined;
  for (const [name, number] of Object.entries(NUMBERS)) {
    process.on(name, () => {
      if (code !== undefined) process.exit(code);
      code = 128 + number;
      setTimeout(() => process.exit(code), GRACE_MS).unref();
      controller.abort();
    });
  }
  return { signal: controller.signal, code: () => code };
}
