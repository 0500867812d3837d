import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { type Denial, NO_PERMISSIONS, type ServiceEnv } from '#core';
import { serviceSet } from './index.ts';
import { OF_EACH_PART, PARTS, partsFor } from './parts.ts';

await serviceSet.load(OF_EACH_PART);

const NO_TYPES = { types: [], imports: [], importedFunctions: [], exports: [], exportedFunctions: [] };

// oxlint-disable-next-line typescript/no-explicit-any -- what generated code sees of a service has no types
type Face = any;
type Logged = Parameters<ServiceEnv['log']>;

function make(overrides: Partial<ServiceEnv> = {}) {
  const logged: Logged[] = [];
  const stop = new AbortController();
  const env: ServiceEnv = {
    log: (...record) => void logged.push(record),
    now: () => 1_700_000_000_123,
    monotonic: () => process.hrtime.bigint(),
    random: (length) => {
      assert.ok(length <= 65_536);
      return new Uint8Array(length).fill(7);
    },
    ask: () => Promise.reject(new Error('nothing is asked')),
    signal: () => stop.signal,
    policy: NO_PERMISSIONS,
    denied: () => {},
    refund: () => {},
    charge: () => {},
    types: NO_TYPES,
    progress: () => {},
    onEnd: () => {},
    exit: (status) => {
      throw new Error(`exit ${status}`);
    },
    ...overrides,
  };
  const services = serviceSet.create(env);
  return { face: (id: string): Face => services[id], logged, stop };
}

/** What jco's generated code makes of what an import throws. */
function payload(work: () => unknown): unknown {
  try {
    work();
  } catch (thrown) {
    assert.ok(Object.hasOwn(thrown as object, 'payload'), `${String(thrown)} has no payload`);
    return (thrown as { payload: unknown }).payload;
  }
  return assert.fail('did not throw');
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

void test('[services.offered] what few components import is read where one does, and all of it is there then', async () => {
  assert.deepEqual(
    await partsFor(['wasi:cli/stdout', 'wasi:filesystem/types', 'switchboard:host/log', 'wasi:io/poll']),
    [],
  );
  const wanted = [
    ['wasi:http/outgoing-handler', 'switchboard:host/http'],
    ['switchboard:host/kv', 'wasi:keyvalue/store'],
    ['switchboard:host/blob', 'wasi:blobstore/container'],
    ['switchboard:host/blob-streams', 'switchboard:host/blob'],
    ['switchboard:host/http', 'wasi:http/types'],
    ['asterai:host/api', 'switchboard:host/reflect'],
    ['switchboard:host/schedule', 'switchboard:host/schedule'],
    ['wasi:http/types@0.3', 'wasi:cli/stdout@0.3'],
  ] as const;
  for (const [imported, offered] of wanted) {
    const parts = await partsFor([imported]);
    assert.ok(
      parts.some(({ shared = {}, own = {} }) => offered in shared || offered in own),
      `${imported} brings ${offered}`,
    );
  }
  const all = await partsFor(OF_EACH_PART);
  assert.equal(all.length, PARTS.length);
});

void test('[services.offered] log passes level, message and fields on', () => {
  const { face, logged } = make();
  face('switchboard:host/log').write('warn', 'm', []);
  face('switchboard:host/log').write('info', 'n', [
    ['a', '1'],
    ['__proto__', '2'],
    ['a', '3'],
  ]);
  assert.deepEqual(logged[0], ['log', 'warn', 'm']);
  assert.deepEqual(Object.entries(logged[1]?.[3] ?? {}), [
    ['a', '3'],
    ['__proto__', '2'],
  ]);
});

void test('[services.offered] clocks tell the time in the units of WASI', () => {
  const { face } = make();
  assert.deepEqual(face('wasi:clocks/wall-clock').now(), {
    seconds: 1_700_000_000n,
    nanoseconds: 123_000_000,
  });
  assert.deepEqual(face('wasi:clocks/wall-clock').resolution(), { seconds: 0n, nanoseconds: 1_000_000 });
  const clock = face('wasi:clocks/monotonic-clock');
  const before = clock.now() as bigint;
  assert.ok((clock.now() as bigint) >= before);
  assert.equal(clock.resolution(), 1n);
});

void test('[services.offered] a wait ends no sooner than asked, and reports which of several is ready', async () => {
  const { face } = make();
  const clock = face('wasi:clocks/monotonic-clock');
  const { poll } = face('wasi:io/poll');
  const start = process.hrtime.bigint();
  const soon = clock.subscribeDuration(20_000_000n);
  const late = clock.subscribeInstant(start + 3_600_000_000_000n * 24n * 365n);
  const past = clock.subscribeInstant(1n);
  assert.equal(soon.ready(), false);
  assert.equal(past.ready(), true);
  assert.deepEqual(Array.from(await poll([soon, past, late])), [1]);
  assert.deepEqual(Array.from(await poll([late, soon])), [1]);
  assert.ok(process.hrtime.bigint() - start >= 20_000_000n);
  assert.equal(await soon.block(), undefined);
  assert.throws(() => poll([]), /empty list/);
});

void test('[services.offered] a stopped call ends its wait and leaves no timer', async () => {
  const { face, stop } = make();
  const clock = face('wasi:clocks/monotonic-clock');
  const { poll } = face('wasi:io/poll');
  const reason = new Error('stopped');
  mock.timers.enable({ apis: ['setTimeout'] });
  const cleared = mock.method(globalThis, 'clearTimeout');
  try {
    const waits = [poll([clock.subscribeDuration(10n ** 15n), clock.subscribeDuration(10n ** 18n)])];
    waits.push(clock.subscribeDuration(10n ** 15n).block());
    stop.abort(reason);
    for (const wait of waits) await assert.rejects(wait, reason);
    assert.equal(cleared.mock.callCount(), 3);
    await assert.rejects(clock.subscribeDuration(1n << 63n).block(), reason);
  } finally {
    cleared.mock.restore();
    mock.timers.reset();
  }
});

void test('[services.offered] random numbers are bounded per call, and fetched in pieces', () => {
  const { face } = make();
  const random = face('wasi:random/random');
  assert.equal(random.getRandomBytes(0n).length, 0);
  const bytes = random.getRandomBytes(200_000n) as Uint8Array;
  assert.ok(bytes.length === 200_000 && bytes.every((byte) => byte === 7));
  assert.equal(random.getRandomU64(), 0x0707070707070707n);
  assert.throws(() => random.getRandomBytes((1n << 64n) - 1n), { code: 'transfer-limit' });
  assert.equal(face('wasi:random/insecure').getInsecureRandomBytes(3n).length, 3);
  assert.throws(() => face('wasi:random/insecure').getInsecureRandomBytes(1n << 40n), {
    code: 'transfer-limit',
  });
  assert.equal(typeof face('wasi:random/insecure').getInsecureRandomU64(), 'bigint');
  assert.equal(face('wasi:random/insecure-seed').insecureSeed().length, 2);
});

void test('[services.offered] output becomes lines of the log, whatever the pieces', () => {
  const { face, logged } = make();
  const out = face('wasi:cli/stdout').getStdout();
  const bytes = text('one\r\ntwo é\nthr');
  for (const byte of bytes) out.write(Uint8Array.of(byte));
  assert.deepEqual(
    logged.map((r) => r[2]),
    ['one', 'two é'],
  );
  face('wasi:cli/stdout').getStdout().blockingWriteAndFlush(text('ee'));
  assert.deepEqual(logged.at(-1), ['stdout', 'info', 'three']);
  const err = face('wasi:cli/stderr').getStderr();
  err.write(text('no newline'));
  assert.equal(logged.length, 3);
  err[Symbol.dispose]();
  assert.deepEqual(logged.at(-1), ['stderr', 'warn', 'no newline']);
});

void test('[services.offered] a text cut into full pieces keeps its lines; long lines and many lines stay bounded', () => {
  const { face, logged } = make();
  const out = face('wasi:cli/stdout').getStdout();
  const line = 'x'.repeat(3000);
  const whole = text(`${line}\n${line}\n`);
  out.blockingWriteAndFlush(whole.subarray(0, 4096));
  out.blockingWriteAndFlush(whole.subarray(4096));
  assert.deepEqual(
    logged.map((r) => r[2]),
    [line, line],
  );
  logged.length = 0;
  const smiles = '\u{1f600}'.repeat(10_000);
  out.write(text(smiles));
  assert.equal(logged.map((r) => r[2]).join(''), smiles);
  assert.ok(logged.every((r) => r[2].length <= 4096 && r[2].isWellFormed()));
  logged.length = 0;
  out.write(new Uint8Array(65_536).fill(10));
  assert.ok(logged.length < 100, `${logged.length} records`);
  logged.length = 0;
  for (const part of ['a line', '\n', '\n', 'b', '\r\n']) out.blockingWriteAndFlush(text(part));
  assert.deepEqual(
    logged.map((r) => r[2]),
    ['a line', '', 'b'],
  );
  out.write(Uint8Array.of(0xff, 0xfe, 10));
  assert.equal(logged.at(-1)?.[2], '\ufffd\ufffd');
});

void test('[services.offered] an output stream takes what it permits and traps on more', () => {
  const { face, logged } = make();
  const out = face('wasi:cli/stdout').getStdout();
  const permit = out.checkWrite() as bigint;
  assert.throws(() => out.write(new Uint8Array(Number(permit) + 1)), RangeError);
  assert.throws(() => out.blockingWriteAndFlush(new Uint8Array(4097)), RangeError);
  assert.throws(() => out.writeZeroes(1n << 60n), RangeError);
  assert.throws(() => out.blockingWriteZeroesAndFlush(4097n), RangeError);
  out.blockingWriteZeroesAndFlush(2n);
  assert.equal(logged.at(-1)?.[2], '\0\0');
  out.flush();
  out.blockingFlush();
  assert.equal(out.subscribe().ready(), true);
});

void test('[services.offered] input is at its end, the environment empty, exit ends the instance', () => {
  const { face } = make();
  const input = face('wasi:cli/stdin').getStdin();
  for (const method of ['read', 'blockingRead', 'skip', 'blockingSkip']) {
    assert.deepEqual(
      payload(() => input[method](5n)),
      { tag: 'closed' },
    );
  }
  assert.equal(input.subscribe().ready(), true);
  const out = face('wasi:cli/stdout').getStdout();
  assert.deepEqual(
    payload(() => out.blockingSplice(input, 9n)),
    { tag: 'closed' },
  );
  const environment = face('wasi:cli/environment');
  assert.deepEqual(
    [environment.getEnvironment(), environment.getArguments(), environment.initialCwd()],
    [[], [], undefined],
  );
  for (const name of ['Stdin', 'Stdout', 'Stderr']) {
    assert.equal(face(`wasi:cli/terminal-${name.toLowerCase()}`)[`getTerminal${name}`](), undefined);
  }
  const exit = face('wasi:cli/exit');
  assert.throws(() => exit.exit({ tag: 'ok' }), /exit 0/);
  assert.throws(() => exit.exit({ tag: 'err' }), /exit 1/);
  assert.throws(() => exit.exitWithCode(7), /exit 7/);
});

void test('[services.denied] files: a root that refuses everything, and says what would allow it', () => {
  const denials: Denial[] = [];
  const { face } = make({ denied: (denial) => void denials.push(denial) });
  const [[root, name]] = face('wasi:filesystem/preopens').getDirectories();
  assert.equal(name, '/');
  const types = face('wasi:filesystem/types');
  assert.ok(root instanceof types.Descriptor);
  for (const refuse of [
    () => root.openAt({ symlinkFollow: true }, 'etc/passwd', {}, { read: true }),
    () => root.openAt({}, 'tmp/x', { create: true }, { write: true }),
    () => root.statAt({}, 'etc'),
    () => root.unlinkFileAt('etc/passwd'),
    () => root.symlinkAt('/etc', 'x'),
    () => root.readDirectory(),
  ]) {
    assert.equal(payload(refuse), 'not-permitted');
  }
  assert.deepEqual(denials[0], {
    capability: 'fs',
    what: 'read /etc/passwd',
    reason: 'no granted directory contains it',
    item: { kind: 'fs', guest: '/etc', mode: 'ro' },
    grant: '--fs "$PWD":/etc:ro',
  });
  assert.equal(denials.length, 6);
  assert.equal(types.filesystemErrorCode({}), undefined);
});

void test('[services.denied] sockets: none is made, no name looked up, and it is on record', () => {
  const denials: Denial[] = [];
  const { face } = make({ denied: (denial) => void denials.push(denial) });
  const network = face('wasi:sockets/instance-network').instanceNetwork();
  assert.ok(network instanceof face('wasi:sockets/network').Network);
  for (const [id, name] of [
    ['wasi:sockets/tcp-create-socket', 'createTcpSocket'],
    ['wasi:sockets/udp-create-socket', 'createUdpSocket'],
    ['wasi:sockets/ip-name-lookup', 'resolveAddresses'],
  ] as const) {
    assert.equal(
      payload(() => face(id)[name](network, 'example.org')),
      'access-denied',
    );
  }
  const tried = ['open a TCP socket', 'open a UDP socket', 'look up example.org'];
  assert.deepEqual(
    denials.map(({ capability, what, grant }) => ({ capability, what, grant })),
    tried.map((what) => ({ capability: 'sockets', what, grant: undefined })),
  );
});

void test('[services.denied] http: a request can be built; sending it is refused', () => {
  const { face } = make();
  const types = face('wasi:http/types');
  const fields = types.Fields.fromList([['Accept', text('a')]]);
  assert.ok(fields instanceof types.Fields);
  fields.append('accept', text('b'));
  fields.set('x-y', [text('c')]);
  assert.deepEqual(fields.get('ACCEPT').map(String), [String(text('a')), String(text('b'))]);
  fields.delete('X-Y');
  assert.equal(fields.has('x-y'), false);
  assert.deepEqual(
    payload(() => fields.append('a b', text('c'))),
    { tag: 'invalid-syntax' },
  );
  assert.deepEqual(
    payload(() => fields.append('a', text('c\r\nd: e'))),
    { tag: 'invalid-syntax' },
  );
  const request = new types.OutgoingRequest(fields.clone());
  request.setMethod({ tag: 'post' });
  request.setScheme({ tag: 'HTTPS' });
  request.setAuthority('example.org:8443');
  request.setPathWithQuery('/a?b');
  assert.deepEqual(
    [request.method(), request.scheme(), request.authority(), request.pathWithQuery()],
    [{ tag: 'post' }, { tag: 'HTTPS' }, 'example.org:8443', '/a?b'],
  );
  assert.equal(
    payload(() => request.setPathWithQuery('/a b')),
    undefined,
  );
  assert.equal(
    payload(() => request.setAuthority('a/b')),
    undefined,
  );
  assert.equal(
    payload(() => request.setMethod({ tag: 'other', val: 'a b' })),
    undefined,
  );
  const headers = request.headers();
  assert.ok(headers instanceof types.Fields);
  assert.deepEqual(
    payload(() => headers.append('a', text('b'))),
    { tag: 'immutable' },
  );
  headers[Symbol.dispose]();
  const body = request.body();
  payload(() => request.body());
  const stream = body.write();
  stream.blockingWriteAndFlush(text('hello'));
  payload(() => body.write());
  stream[Symbol.dispose]();
  types.OutgoingBody.finish(body, undefined);
  const options = new types.RequestOptions();
  options.setConnectTimeout(5n);
  assert.equal(options.connectTimeout(), 5n);
  const { handle } = face('wasi:http/outgoing-handler');
  assert.deepEqual(
    payload(() => handle(request, options)),
    { tag: 'HTTP-request-denied' },
  );
});

void test('[services.denied] resources and what they hold in the host are bounded, and freed when dropped', () => {
  const { face } = make();
  const clock = face('wasi:clocks/monotonic-clock');
  const { Fields } = face('wasi:http/types');
  for (let round = 0; round < 3; round += 1) {
    const open: { [Symbol.dispose](): void }[] = [];
    assert.throws(
      () => {
        for (;;) open.push(clock.subscribeDuration(1n));
      },
      { code: 'handle-limit' },
    );
    assert.equal(open.length, 10_000);
    for (const pollable of open) pollable[Symbol.dispose]();
  }
  for (let round = 0; round < 3; round += 1) {
    const fields = new Fields();
    assert.throws(
      () => {
        for (;;) fields.append('a', new Uint8Array(50_000).fill(65));
      },
      { code: 'transfer-limit' },
    );
    fields[Symbol.dispose]();
  }
  for (let n = 0; n < 30_000; n += 1) Fields.fromList([['a', new Uint8Array(100).fill(65)]])[Symbol.dispose]();
  for (let n = 0; n < 30_000; n += 1) payload(() => Fields.fromList([['a b', new Uint8Array(1)]]));
});

void test('instances share nothing, and a strange import id finds nothing', () => {
  const one = make();
  const two = make();
  const out = one.face('wasi:cli/stdout');
  assert.equal(one.face('wasi:cli/stdout'), out);
  assert.notEqual(two.face('wasi:cli/stdout'), out);
  out.getStdout().write(text('half'));
  two.face('wasi:cli/stdout').getStdout().blockingWriteAndFlush(text('line'));
  assert.deepEqual([one.logged.length, two.logged.map((r) => r[2])], [0, ['line']]);
  for (const id of ['constructor', '__proto__', 'toString', 'acme:db/query']) assert.equal(two.face(id), undefined);
});

void test('suspending names functions that exist', () => {
  const { face } = make();
  for (const name of [...serviceSet.suspending, ...Object.values(serviceSet.suspendingWith ?? {}).flat()]) {
    const [id = '', fn = ''] = name.split('#');
    const [, form, resource = '', method = ''] = /^\[(method|static)\]([a-z-]+)\.(.+)$/.exec(fn) ?? [];
    const owner = resource === '' ? face(id) : face(id)[pascalCase(resource)];
    const found = (form === 'method' ? owner.prototype : owner)[camelCase(resource === '' ? fn : method)];
    assert.equal(typeof found, 'function', name);
  }
});

const camelCase = (name: string): string => name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
const pascalCase = (name: string): string => camelCase(`-${name}`);
