/** A process that does one thing to a home and dies (`kill`) or meets a full disk (`full`) at a fault point. */
import { openHome } from '#home';
import { component } from './component-store.ts';

const [path = '', action = '', manner = '', point = ''] = process.argv.slice(2);
const faults = {
  hit: (reached: string): void => {
    if (reached !== point) return;
    if (manner === 'kill') process.kill(process.pid, 'SIGKILL');
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  },
};
const bytes = new TextEncoder().encode('bytes of b');

try {
  const home = await openHome(path, { faults });
  if (action === 'add') await home.components.add(component('demo:b', '1.0.0', bytes), bytes);
  if (action === 'remove') await home.components.remove({ name: 'demo:a' });
  if (action === 'rotate') await home.tokens.rotate();
  if (action === 'token') await home.tokens.token();
  if (action === 'limits') await home.components.setLimits('demo:a', { timeout: 77 });
  await home.close();
  console.log('done');
} catch (error) {
  console.log((error as { code?: string }).code);
}
