/** A process that prepares a guest in a home: `<home> <guest> <fault point or none>`. Dies by SIGKILL at the point. */
import type { FaultPoints } from '#core';
import { createHost } from '#host';
import { guest } from '../guests/build.ts';

const [home = '', name = '', point = 'none'] = process.argv.slice(2);
const faults: FaultPoints = {
  hit(reached) {
    if (reached === point) process.kill(process.pid, 'SIGKILL');
  },
};
const host = await createHost({ home, faults });
process.stdout.write('ready\n');
// The parent lets both processes go at the same moment.
await new Promise((resolve) => process.stdin.once('data', resolve));
const { bytes } = await guest(name);
await host.install(bytes, { as: `test:${name}@1.0.0` });
process.stdout.write(`${JSON.stringify(await host.call(`test:${name}`, 'echo', ['hello']))}\n`);
await host.close();
process.stdin.destroy();
