/** A process that writes to a home's stores and dies (`kill`) or meets a full disk (`full`) at a fault point. */
import type * as Faults from './storage-faults.ts';
import { openHome } from '#home';
import { putBlob } from './blob-store.ts';
import { bytesOf, PLACE, QUOTA } from './kv-store.ts';

const [path = '', action = '', manner = '', point = ''] = process.argv.slice(2);
const module = new URL(`./storage-faults.ts?manner=${manner}&point=${point}`, import.meta.url).href;
const { faults } = (await import(module)) as typeof Faults;

try {
  const home = await openHome(path, { faults: { ...faults, module } });
  if (action === 'set') await home.kv.set(PLACE, 'b', bytesOf('new'), { quota: QUOTA });
  if (action === 'increment') await home.kv.increment(PLACE, 'n', 1n, QUOTA);
  if (action === 'group') {
    const keys = Array.from({ length: 20 }, (_, i) => `g${i}`);
    const settled = await Promise.allSettled(
      keys.map((key) => home.kv.set(PLACE, key, bytesOf('x'), { quota: QUOTA })),
    );
    console.log(`kept ${settled.filter(({ status }) => status === 'fulfilled').length}`);
  }
  if (action === 'blob') await putBlob(home.blobs, 'b', bytesOf('new'));
  if (action === 'replace') await putBlob(home.blobs, 'a', bytesOf('new'));
  console.log('done', new TextDecoder().decode(await home.kv.get(PLACE, 'b')));
  await home.close();
} catch (error) {
  console.log((error as { code?: string }).code);
}
