/** Runs one attack on a real host, and looks afterwards at what it left behind. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
} from 'node:fs';
import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HostEvent, parsePermission, SwitchboardError } from '#core';
import { recordText } from '#gateways/cli/context';
import { createHost, type Host, type Json } from '#host';
import { guest } from '#test/guests/build';
import { stockGuest } from '#test/stock/guests';
import type { Attack, Step } from './attack.ts';
import { startNameServer } from './name-server.ts';
import { startUpstream } from './upstream.ts';

const ATTACKER = 'test:attacker';
const MiB = 1024 * 1024;
const SETTLED_MS = 3_000;

/** A folder of test/guests, or `stock:` and a name of test/stock/built. */
async function guestFile(name: string): Promise<string> {
  const stock = /^stock:(.*)$/.exec(name)?.[1];
  return stock === undefined ? (await guest(name)).path : stockGuest(stock as Parameters<typeof stockGuest>[0]);
}

/** `tree`: the folder that DIR is a copy of, if it is there. */
export async function runAttack(attack: Attack, tree: string): Promise<void> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'switchboard-attack-')));
  const dir = join(root, 'granted');
  mkdirSync(dir);
  if (existsSync(tree)) cpSync(tree, dir, { recursive: true });
  for (const [link, target] of Object.entries(attack.links ?? {})) symlinkSync(target, join(dir, link));
  for (let i = 0; i < (attack.files ?? 0); i += 1) writeFileSync(join(dir, `f${i}`), '');
  const listeners = new Set<(what: string) => void>();
  const tell = (what: string): void => {
    for (const listener of listeners) listener(what);
  };
  await using upstream = await startUpstream(tell);
  await using nameServer = await startNameServer(attack.names ?? {});
  const fill = (text: string): string =>
    text
      .replaceAll('DIR', dir)
      .replaceAll('ROOT', root)
      .replaceAll('PORT', String(upstream.port))
      .replaceAll('MUTE', String(upstream.mute));
  const prototypes = ownNames();
  const host = await createHost({
    home: join(root, 'home'),
    ...(attack.names ? { nameServers: [nameServer.address] } : {}),
  });
  try {
    await host.install(await guestFile(attack.guest), { as: `${ATTACKER}@1.0.0` });
    if (attack.limits) await host.setLimits(ATTACKER, attack.limits);
    for (const [secret, value] of attack.secrets ?? []) await host.setSecret(secret, value);
    await grant(host, attack.grants, fill);
    for (const one of attack.refused ?? []) {
      const { code } = await attempt(() => grant(host, [one], fill));
      equal(code, 'denied', one.join(' '));
    }
    const never = (attack.never ?? []).map(fill);
    const sockets = openSockets();
    const memory = watchMemory();
    const run: Run = { host, fill, never, listeners, tell };
    for (const step of attack.step) await runStep(run, step);
    const grown = memory.stop() / MiB;
    if (attack.memory !== undefined) ok(grown < attack.memory, `the process grew by ${Math.round(grown)} MiB`);
    await eventually(
      () => upstream.open() === 0,
      () => `${upstream.open()} connections are open`,
    );
    const left = (): string[] => openFiles().filter((one) => one === dir || one.startsWith(`${dir}/`));
    await eventually(
      () => left().length === 0,
      () => `${left().join(' ')} is open`,
    );
    await eventually(
      () => openSockets() <= sockets,
      () => `${openSockets() - sockets} sockets are open`,
    );
    deepEqual(ownNames(), prototypes, 'prototypes of the host were changed');
    await checkLogs(host, root, never);
  } finally {
    await host.close();
    rmSync(root, { recursive: true });
  }
}

interface Run {
  readonly host: Host;
  fill(text: string): string;
  readonly never: readonly string[];
  /** Told of what a call logs and of what reaches the server. */
  readonly listeners: Set<(what: string) => void>;
  tell(what: string): void;
}

async function runStep({ host, fill, never, listeners, tell }: Run, step: Step): Promise<void> {
  for (const done of step.outside ?? []) doOutside(done.map(fill));
  await grant(host, step.once ?? [], fill, { once: true });
  const events: HostEvent[] = [];
  const unsubscribe = host.subscribe((event) => void events.push(event));
  const logged: string[] = [];
  const args = JSON.parse(fill(JSON.stringify(step.args))) as Json[];
  const { meanwhile } = step;
  let began = performance.now();
  let change: Promise<void> | undefined;
  const listen = (what: string): void => {
    if (!meanwhile || change || !new RegExp(fill(meanwhile.at)).test(what)) return;
    began = performance.now();
    change = changeGrants(host, meanwhile, fill);
  };
  listeners.add(listen);
  const { code, said, fix } = await attempt(() =>
    host.call(ATTACKER, step.call, args, {
      onLog(record) {
        logged.push(recordText(record));
        tell(record.message);
      },
    }),
  );
  const took = performance.now() - began;
  listeners.delete(listen);
  const label = `${step.call} ${JSON.stringify(args).slice(0, 300)}: ${said.slice(0, 2000)}`;
  if (meanwhile) {
    ok(change, `${meanwhile.at} was never seen; ${label}`);
    await change;
  }
  await new Promise((resolve) => setImmediate(resolve));
  unsubscribe();
  equal(code, step.code, label);
  if (step.says !== undefined) match(said, new RegExp(fill(step.says)), label);
  const denials = events.flatMap((event) =>
    event.type === 'access.denied' ? [`${event.denial.capability} ${event.denial.what} ${event.denial.reason}`] : [],
  );
  if (step.denial === undefined) deepEqual(denials, [], label);
  else someMatch(denials, fill(step.denial), label);
  if (step.fix !== undefined) equal(fix, fill(step.fix), label);
  const audited = events.map((event) => `${event.type} ${JSON.stringify(event)}`);
  for (const wanted of step.audit ?? []) someMatch(audited, fill(wanted), label);
  for (const wanted of step.logged ?? []) someMatch(logged, fill(wanted), label);
  if (step.within !== undefined) ok(took < step.within, `it took ${Math.round(took)} ms: ${label}`);
  const everything = [said, fix ?? '', ...audited, ...logged, JSON.stringify(await host.approvals())].join('\n');
  for (const text of never) ok(!everything.includes(text), `${text} is in ${everything.slice(0, 4000)}`);
}

function doOutside([what, path = '', other = '']: readonly string[]): void {
  if (what === 'mkdir') mkdirSync(path, { recursive: true });
  else if (what === 'write') writeFileSync(path, other);
  else if (what === 'symlink') symlinkSync(other, path);
  else renameSync(path, other);
}

function someMatch(texts: readonly string[], pattern: string, label: string): void {
  ok(
    texts.some((text) => new RegExp(pattern).test(text)),
    `${label}: nothing matches ${pattern} in ${texts.join('; ').slice(0, 2000)}`,
  );
}

async function grant(
  host: Host,
  grants: Attack['grants'],
  fill: Run['fill'],
  options: { expiresAt?: number | undefined; once?: boolean } = {},
): Promise<void> {
  const permissions = grants.map(([kind, text]) => parsePermission(kind, fill(text)));
  if (permissions.length > 0) await host.grant(ATTACKER, { permissions, ...options });
}

async function changeGrants(host: Host, how: NonNullable<Step['meanwhile']>, fill: Run['fill']): Promise<void> {
  const expiresAt = how.expires === undefined ? undefined : Date.now() + how.expires;
  await grant(host, how.grant ?? [], fill, { expiresAt });
  if (how.revoke) await host.revoke(ATTACKER);
}

async function attempt(work: () => Promise<unknown>): Promise<{ code: string; said: string; fix: string | undefined }> {
  try {
    return { code: 'ok', said: JSON.stringify((await work()) ?? null), fix: undefined };
  } catch (thrown) {
    if (!(thrown instanceof SwitchboardError)) throw thrown;
    return { code: thrown.code, said: `${thrown.message} ${JSON.stringify(thrown.data ?? null)}`, fix: thrown.fix };
  }
}

/** What is kept of logs: one record a line, nothing that was never to be told, nothing that a terminal would obey. */
async function checkLogs(host: Host, root: string, never: readonly string[]): Promise<void> {
  const records = await host.logs({ last: 1000 });
  const kept = JSON.stringify(records);
  for (const text of never) ok(!kept.includes(text), `the log has ${text}`);
  for (const record of records) {
    match(record.component, /^test:attacker@1\.0\.0$/);
    match(recordText(record), /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*(?:[\n\t][^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*)*$/u);
  }
  const file = join(root, 'home', 'logs', 'components.jsonl');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
  for (const line of lines) equal(typeof (JSON.parse(line) as { message?: unknown }).message, 'string');
}

/** What this process, its cells included, has open. Known on Linux only. */
function openFiles(): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      // The one that was opened to read the directory.
      return [];
    }
  });
}

const openSockets = (): number => openFiles().filter((one) => one.startsWith('socket:')).length;

async function eventually(done: () => boolean, what: () => string): Promise<void> {
  for (const until = performance.now() + SETTLED_MS; !done(); ) {
    ok(performance.now() < until, what());
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function ownNames(): readonly (readonly string[])[] {
  return [Object.prototype, Array.prototype, Function.prototype].map((one) => Object.getOwnPropertyNames(one));
}

/** How far resident memory goes above what it is now. */
function watchMemory(): { stop(): number } {
  const start = process.memoryUsage.rss();
  let most = start;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 20).unref();
  return {
    stop() {
      clearInterval(timer);
      return Math.max(most, process.memoryUsage.rss()) - start;
    },
  };
}
