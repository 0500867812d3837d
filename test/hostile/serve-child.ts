/**
 * The MCP gateway over a fake host, both ways: HTTP on a free port, and the standard streams. Over IPC it tells its
 * port, and its memory after a collection whenever it is asked.
 */
import { startHttp, serveMcpStream } from '#gateways/mcp/index';
import { fakeHostWithTools } from '#test/fakes/fake-tools';

const host = fakeHostWithTools();
const many = Number(process.argv[2] ?? 0);
if (many > 0) {
  const docs = 'x'.repeat(2_000);
  host.add(
    'many:tools@1.0.0',
    Array.from({ length: many }, (_, i) => ({ id: `f${i}`, docs, run: () => undefined })),
  );
}
const http = await startHttp(host, {
  host: '127.0.0.1',
  port: 0,
  token: () => host.token(),
  times: { headersTimeout: 1_000, requestTimeout: 5_000, keepAliveTimeout: 3_000 },
});
const stream = await serveMcpStream(host, { input: process.stdin, output: process.stdout });
process.on('message', () => {
  // The fake host remembers every call with its arguments.
  (host.calls as unknown[]).length = 0;
  globalThis.gc?.();
  // What is freed by finalizers and timers goes with the next turns.
  setTimeout(() => {
    globalThis.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    process.send?.({ rss, heapUsed, sessions: host.openSessions.size });
  }, 100);
});
process.on('disconnect', () => process.exit(0));
process.on('uncaughtException', (error) => {
  process.stderr.write(`uncaught: ${error.stack}\n`);
  process.exit(70);
});
process.send?.({ port: http.port });
await stream.closed;
