/** A host whose owner lets a component hand over more than a cell's JavaScript heap holds: `<home>`. */
import { SwitchboardError } from '#core';
import { createHost } from '#host';
import { guest } from '../guests/build.ts';

const MiB = 1024 * 1024;
const [home = ''] = process.argv.slice(2);
const host = await createHost({ home });
for (const name of ['hostile', 'echo']) await host.install((await guest(name)).bytes, { as: `test:${name}@1.0.0` });
await host.setLimits('test:hostile', { transfer: 1024 * MiB, memory: 512 * MiB, timeout: 20_000 });
const codes: string[] = [];
for (const [fn, args] of [
  ['alias-strings', [20_000_000, 1]],
  ['alias-bytes', [5_000_000, 8]],
] as const) {
  await host.call('test:hostile', fn, args).then(
    () => codes.push('ok'),
    (error: unknown) => codes.push(error instanceof SwitchboardError ? error.code : String(error)),
  );
}
const after = await host.call('test:echo', 'add', [1, 2]);
await host.close();
process.stdout.write(JSON.stringify({ codes, after }));
