import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Limits } from '#core';
import { type CallOptions, createHost, type Host } from '#host';

/** A host in a home of its own that counts the calls made and the events that told of them. */
export interface CountedHost {
  readonly host: Host;
  /** `host.call`, counted. */
  call(component: string, fn: string, args: readonly unknown[], options?: CallOptions): Promise<unknown>;
  /** Installs bytes as `bench:<name>@1.0.0` with these limits and gives the name to call. */
  add(name: string, bytes: Uint8Array, limits?: Partial<Limits>): Promise<string>;
  /** Ends the host, removes its home, and gives both counts. */
  close(): Promise<CallCounts>;
}

export interface CallCounts {
  readonly made: number;
  readonly finished: number;
}

/** `prepare` is given the home before the host opens it. */
export async function createCountedHost(prepare?: (home: string) => Promise<void>): Promise<CountedHost> {
  const home = await mkdtemp(join(tmpdir(), 'switchboard-bench-'));
  await prepare?.(home);
  const host = await createHost({ home });
  let made = 0;
  let finished = 0;
  host.subscribe((event) => {
    if (event.type === 'call.finished') finished += 1;
  });
  return {
    host,
    call(component, fn, args, options) {
      made += 1;
      return host.call(component, fn, args, options);
    },
    async add(name, bytes, limits = {}) {
      const reference = `bench:${name}`;
      await host.install(bytes, { as: `${reference}@1.0.0` });
      if (Object.keys(limits).length > 0) await host.setLimits(reference, limits);
      return reference;
    },
    async close() {
      await host.close();
      await rm(home, { recursive: true, force: true });
      return { made, finished };
    },
  };
}
