/** A granted directory as one instance of a component has it, without a component. */
import { NO_PERMISSIONS, type ServiceEnv } from '#core';
import type { Descriptor } from '#services/filesystem/descriptor';
import { preopensInterface } from '#services/filesystem/index';
import { Scope } from '#services/scope';

/** `host`, to be read and written as `/data`. What the instance holds is closed by what is put into `ends`. */
export function openDirectory(host: string, ends: (() => void)[]): Descriptor {
  const env = {
    policy: { ...NO_PERMISSIONS, fs: [{ guest: '/data', host, mode: 'rw' }] },
    denied: () => {},
    refund: () => {},
    progress: () => {},
    onEnd: (work: () => void) => void ends.push(work),
    now: () => Date.now(),
  } as unknown as ServiceEnv;
  const directories = preopensInterface(new Scope(env))['getDirectories'] as () => [Descriptor, string][];
  const [[data] = []] = directories();
  if (!data) throw new Error('no directory');
  return data;
}
