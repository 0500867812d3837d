/** A registry, a home and keys, and what a case does with them. */
import { generateKeyPairSync } from 'node:crypto';
import { equal, match, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Digest, HostEvent } from '#core';
import { SwitchboardError, toSwitchboardError } from '#core/errors';
import { parseReference } from '#core/reference';
import { BUNDLE_TYPE, type Scanner } from '#core/signature';
import { publishStatement, revocationStatement, type Statement, yankStatement } from '#core/statements';
import { readTrustRecord } from '#core/trust';
import { Context } from '#gateways/cli/context';
import { type Acceptance, checkAccept } from '#gateways/cli/registry/admission';
import { type ArtifactInstall, installArtifact } from '#gateways/cli/registry/install-artifact';
import { findUpdates, installUpdates } from '#gateways/cli/registry/updates';
import { verifierOf } from '#gateways/cli/registry/verifier';
import { bundleAttachment } from '#gateways/cli/signing/bundles';
import { createComponentScanner } from '#gateways/cli/scan-ports';
import { createHost } from '#host';
import type { Host } from '#host/api';
import type { RegistryClient } from '#registry/client/client';
import { attach } from '#registry/client/publish';
import { readPublicKey, type SigningKey, signStatement } from '#signing';
import { injectManifest, injectPackage } from '#wit';
import { guest } from '../guests/build.ts';
import { clientOf, publish, settingsFor } from '../registry/client-of.ts';
import { startRegistry } from '../registry/peer.ts';
import type { SignatureOf, Step } from './case.ts';

type Cleanup = { after(work: () => unknown): void };

interface Expected {
  readonly gives: string;
  readonly says?: readonly string[] | undefined;
  readonly requests?: number | undefined;
}

export class World {
  readonly client: RegistryClient;
  readonly address: string;
  readonly host: Host;
  readonly events: HostEvent[] = [];
  readonly #keys = new Map<string, SigningKey>();
  readonly #requests: () => number;
  readonly #scanner: Scanner;

  constructor(client: RegistryClient, address: string, host: Host, requests: () => number, scanner: Scanner) {
    this.client = client;
    this.address = address;
    this.host = host;
    this.#requests = requests;
    this.#scanner = scanner;
    host.subscribe((event) => void this.events.push(event));
  }

  key(name: string): SigningKey {
    const known = this.#keys.get(name);
    if (known) return known;
    const { privateKey, publicKey: spki } = generateKeyPairSync('ed25519');
    const { text, fingerprint } = readPublicKey(spki.export({ format: 'der', type: 'spki' }).toString('base64'));
    const fresh = { privateKey, publicKey: text, fingerprint };
    this.#keys.set(name, fresh);
    return fresh;
  }

  placed(reference: string): string {
    const { name, version = '' } = parseReference(reference);
    return `oci://${this.address}/${name.replace(':', '/')}:${version}`;
  }

  async publish({
    publish: reference,
    variant = '',
    manifest,
    inside = reference,
    sign = [],
  }: Extract<Step, { publish: string }>): Promise<void> {
    const named = injectPackage((await guest('echo')).bytes, inside);
    const bytes = injectManifest(named, manifest ?? `description = "The echo${variant}."`);
    await publish(this.client, this.address, reference, Buffer.from(bytes));
    for (const one of sign) await this.sign(reference, one);
  }

  async sign(reference: string, signature: SignatureOf): Promise<void> {
    const artifact = await this.client.resolve(this.placed(reference));
    const of = signature.of === undefined ? artifact : await this.client.resolve(this.placed(signature.of));
    const statement = this.statement(signature, signature.as ?? reference, of);
    const bytes = signStatement(statement, this.key(signature.key));
    await this.attach(reference, bytes, statement);
  }

  statement(
    { key, says, reason = 'it is broken' }: SignatureOf,
    reference: string,
    { manifest, digest }: { readonly manifest: Digest; readonly digest: Digest },
  ): Statement {
    const { name, version = '' } = parseReference(reference);
    const signed = { name, version, manifest, component: digest, publicKey: this.key(key).publicKey };
    if (says === 'yank') return yankStatement(signed, reason);
    return says === 'revocation' ? revocationStatement(this.key(key), reason) : publishStatement(signed);
  }

  async attach(reference: string, bytes: Buffer, statement: Statement): Promise<void> {
    const { repository, manifest } = await this.client.resolve(this.placed(reference));
    const fetched = await repository.manifest(manifest);
    ok(fetched);
    const subject = { mediaType: fetched.manifest.mediaType, digest: manifest, size: fetched.bytes.length };
    await attach(repository, subject, bundleAttachment(bytes, statement));
  }

  async flood(reference: string, count: number, size = 64): Promise<void> {
    const { repository, manifest } = await this.client.resolve(this.placed(reference));
    const fetched = await repository.manifest(manifest);
    ok(fetched);
    const subject = { mediaType: fetched.manifest.mediaType, digest: manifest, size: fetched.bytes.length };
    const bytes = Buffer.alloc(size, '{');
    const junk = { artifactType: BUNDLE_TYPE, mediaType: BUNDLE_TYPE, bytes };
    const numbers = Array.from({ length: count }, (_, i) => i).values();
    const worker = async (): Promise<void> => {
      for (const i of numbers) await attach(repository, subject, { ...junk, title: `bundle ${i}` });
    };
    await Promise.all(Array.from({ length: 8 }, worker));
  }

  /** As a registry does that lies about versions. */
  async retag(reference: string, version: string): Promise<void> {
    const { repository, manifest } = await this.client.resolve(this.placed(reference));
    const fetched = await repository.manifest(manifest);
    ok(fetched);
    await repository.putManifest(version, fetched.bytes, fetched.manifest.mediaType);
  }

  async installation(step: Flags, verb: Acceptance['verb'], manifest: string | undefined): Promise<ArtifactInstall> {
    const context = new Context(this.host.home, true, new AbortController().signal);
    if (step.owner) process.env['SWITCHBOARD_OWNER_TOKEN'] = await this.host.createOwnerToken();
    else delete process.env['SWITCHBOARD_OWNER_TOKEN'];
    const accept = checkAccept(step.accept && manifest !== undefined ? [manifest.slice(0, 40)] : []);
    const flags = step.allowUnsigned ? { allowUnsigned: true as const } : {};
    const verifier = await verifierOf(context, this.host, flags);
    return {
      context,
      host: this.host,
      client: this.client,
      verifier,
      acceptance: { accept, verb, locked: step.locked, scanner: step.locked ? undefined : this.#scanner },
    };
  }

  async install(step: Extract<Step, { install: string }>): Promise<void> {
    await this.expect(step, async () => {
      const artifact = await this.client.resolve(this.placed(step.install));
      if (step.meanwhile) await this.retag(step.meanwhile.retag, parseReference(step.meanwhile.as).version ?? '');
      const install = await this.installation(step, 'install', artifact.manifest);
      return (await installArtifact(install, artifact)).outcome;
    });
  }

  async update(step: Extract<Step, { update: string }>): Promise<void> {
    await this.expect(step, async () => {
      const seen = await findUpdates(await this.installation(step, 'update', undefined), [step.update], {});
      const install = await this.installation(step, 'update', seen[0]?.to?.manifest);
      const { done, stopped } = await installUpdates(install, seen, {});
      const [error] = stopped.values();
      if (error) throw error;
      return done.length === 0 ? 'newest' : 'updated';
    });
  }

  async expect({ gives, says = [], requests }: Expected, work: () => Promise<string>): Promise<void> {
    const before = this.#requests();
    const warned: string[] = [];
    const write = process.stderr.write.bind(process.stderr);
    process.stderr.write = (text) => warned.push(String(text)) > 0;
    let outcome: string;
    let text = '';
    try {
      outcome = await work();
    } catch (thrown) {
      const error = toSwitchboardError(thrown);
      if (!(thrown instanceof SwitchboardError) || error.code === 'internal') throw thrown;
      outcome = error.code;
      text = `${error.message}\n${error.fix ?? ''}`;
    } finally {
      process.stderr.write = write;
    }
    equal(outcome, gives, text);
    text += warned.join('');
    for (const part of says) ok(text.includes(this.filled(part)), `"${text}" lacks "${this.filled(part)}"`);
    if (requests !== undefined) ok(this.#requests() - before <= requests, `${this.#requests() - before} requests`);
  }

  filled(text: string): string {
    return text
      .replaceAll(/KEY\(([^)]+)\)/g, (_, name: string) => this.key(name).fingerprint)
      .replaceAll(/LINE\(([^)]+)\)/g, (_, name: string) => this.key(name).publicKey);
  }

  async installed(wanted: readonly (readonly [string, string])[]): Promise<void> {
    const there = (await this.host.list()).map(({ name, version, record }) => {
      const { signed } = readTrustRecord(record) ?? {};
      return [`${name}@${version}`, signed ? `${signed.publisher} ${signed.signer}` : 'nobody'];
    });
    equal(JSON.stringify(there), JSON.stringify(wanted.map(([name, who]) => [name, this.filled(who)])));
  }
}

interface Flags {
  readonly accept?: boolean | undefined;
  readonly allowUnsigned?: boolean | undefined;
  readonly locked?: boolean | undefined;
  readonly owner?: boolean | undefined;
}

/** Does one step. */
export async function take(world: World, step: Step): Promise<void> {
  if ('publish' in step) return world.publish(step);
  if ('with' in step) return world.sign(step.sign, step.with);
  if ('trust' in step) {
    const { publicKey, fingerprint } = world.key(step.key);
    const signer = { kind: 'key', publicKey, fingerprint } as const;
    return void (await world.host.addTrust({ publisher: step.trust, signer, namespaces: step.namespaces }));
  }
  if ('distrust' in step) {
    const gone = await world.host.removeTrust(step.distrust, world.key(step.key).fingerprint);
    return equal(gone.length, 1);
  }
  if ('revoke' in step) {
    const { fingerprint } = world.key(step.key);
    const now = await world.host.revokeTrust(step.revoke, fingerprint, { reason: step.reason, by: 'owner' });
    return equal(now.length, 1);
  }
  if ('retag' in step) return world.retag(step.retag, parseReference(step.as).version ?? '');
  if ('flood' in step) return world.flood(step.flood, step.count, step.bytes);
  if ('install' in step) return world.install(step);
  if ('update' in step) return world.update(step);
  if ('installed' in step) return world.installed(step.installed);
  if ('audit' in step) {
    const lines = world.events.map(({ type, ...rest }) => `${type} ${JSON.stringify(rest)}`);
    for (const pattern of step.audit)
      match(lines.join('\n'), new RegExp(world.filled(pattern).replaceAll('+', '\\+'), 'm'));
    return;
  }
  const { yanked, held } = await world.host.trust();
  equal(yanked.map(({ component, version }) => `${component}@${version}`).join(), step.yanked.join());
  equal(held.map(({ component, version }) => `${component}@${version}`).join(), step.held.join());
}

/** Everything anew: nothing of one case is there in another. */
export async function worldOf(t: Cleanup): Promise<World> {
  let requests = 0;
  const { address } = await startRegistry(t, { mutableTags: () => true, onAnswer: () => void (requests += 1) });
  const client = await clientOf(t, { settings: settingsFor(address) });
  const directory = mkdtempSync(join(tmpdir(), 'switchboard-trust-'));
  const host = await createHost({ home: join(directory, 'home') });
  t.after(async () => {
    await host.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const scanner = await createComponentScanner({ offline: true });
  return new World(client, address, host, () => requests, scanner);
}
