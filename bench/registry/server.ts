/** `node bench/registry/server.ts ours|bare <directory>`: a server that the bench measures, in a process of its own. */
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { serveRegistry } from '#registry';

const [, , kind, directory = ''] = process.argv;
if (kind === 'ours') {
  const { url } = await serveRegistry({ directory, anonymous: { '*': ['pull', 'push'] } });
  process.stdout.write(`${url}\n`);
} else {
  // What anybody would write to give out files.
  const server = createServer((request, response) => {
    const path = join(directory, (request.url ?? '').replaceAll('..', ''));
    response.writeHead(200, { 'content-length': statSync(path).size, 'content-type': 'application/octet-stream' });
    createReadStream(path).pipe(response);
  }).listen(0, '127.0.0.1', () => {
    process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
  });
}
