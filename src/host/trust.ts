/** Whose components may be installed from registries: what the owner decided, and what was seen since. */
import {
  checkPublisher,
  checkReason,
  type Clock,
  type Digest,
  type HeldUpdate,
  printable,
  sameSigner,
  signerText,
  SwitchboardError,
  type TrustedPublisher,
  type TrustedSigner,
  type TrustState,
  type TrustStore,
  type YankNotice,
} from '#core';
import type { Host, TrustNote } from './api.ts';
import type { EventHub } from './events.ts';

export type Trust = Pick<Host, 'trust' | 'addTrust' | 'removeTrust' | 'revokeTrust' | 'noteTrust'>;

export interface TrustPorts {
  readonly store: TrustStore;
  readonly events: EventHub;
  readonly clock: Clock;
}

export function createTrust({ store, events, clock }: TrustPorts): Trust {
  const tell = (change: 'added' | 'removed' | 'revoked', { publisher, signer }: TrustedPublisher, reason?: string) =>
    events.emit({
      type: 'trust.changed',
      change,
      publisher,
      signer: signerText(signer),
      ...(reason === undefined ? {} : { reason }),
    });

  return {
    trust: () => store.read(),
    async addTrust({ publisher, signer, namespaces }) {
      const own = signer.kind === 'key' ? await asKey(signer.publicKey) : signer;
      const wanted = checkPublisher({ publisher, signer: own, namespaces, addedAt: clock.now() });
      let added = wanted;
      await store.change((state) => {
        // Here, so that a revocation that comes meanwhile is not written over.
        const revoked = state.publishers.find((one) => one.revoked && sameSigner(one.signer, own));
        if (revoked) throw revokedBefore(revoked);
        const before = state.publishers.find((one) => isOf(one, publisher, own));
        added = { ...wanted, namespaces: [...new Set([...(before?.namespaces ?? []), ...wanted.namespaces])] };
        return { ...state, publishers: [...state.publishers.filter((one) => one !== before), added] };
      });
      tell('added', added);
      return added;
    },
    async removeTrust(publisher, signer) {
      const gone: TrustedPublisher[] = [];
      await store.change((state) => {
        gone.push(...state.publishers.filter((one) => isNamed(one, publisher, signer)));
        return { ...state, publishers: state.publishers.filter((one) => !gone.includes(one)) };
      });
      for (const one of gone) tell('removed', one);
      return gone;
    },
    async revokeTrust(publisher, signer, why) {
      const reason = checkReason(why.reason);
      const now: TrustedPublisher[] = [];
      await store.change((state) => ({
        ...state,
        publishers: state.publishers.map((one) => {
          // As whoever's it is trusted: to forget one of its entries, which takes no person, must not bring it back.
          const named = state.publishers.filter((other) => isNamed(other, publisher, signer));
          if (one.revoked || !named.some((other) => sameSigner(other.signer, one.signer))) return one;
          const revoked = { ...one, revoked: { at: clock.now(), reason, by: why.by } };
          now.push(revoked);
          return revoked;
        }),
      }));
      for (const one of now) tell('revoked', one, reason);
      return now;
    },
    async noteTrust(note) {
      await store.change((state) => noted(state, note, clock.now()));
    },
  };
}

const isOf = (one: TrustedPublisher, publisher: string, signer: TrustedSigner): boolean =>
  one.publisher === publisher && sameSigner(one.signer, signer);

/** By the publisher's name (any, where that is undefined), and by fingerprint, key or subject of the signer. */
function isNamed({ publisher, signer }: TrustedPublisher, name: string | undefined, word: string): boolean {
  if (name !== undefined && publisher !== name) return false;
  return signer.kind === 'key' ? [signer.fingerprint, signer.publicKey].includes(word) : signer.subject === word;
}

const revokedBefore = ({ publisher, signer, revoked }: TrustedPublisher): SwitchboardError =>
  new SwitchboardError('revoked-key', `${signerText(signer)} was revoked: ${revoked?.reason ?? ''}`, {
    fix: `only if you are sure: switchboard trust remove ${publisher} ${keyWord(signer)}`,
  });

const keyWord = (signer: TrustedSigner): string =>
  signer.kind === 'key' ? signer.fingerprint : printable(signer.subject);

/** A client's word on which key it is counts for nothing. Errors: `invalid-key`. */
async function asKey(given: string): Promise<TrustedSigner> {
  const { readPublicKey } = await import('#signing');
  const { text, fingerprint } = readPublicKey(given);
  return { kind: 'key', publicKey: text, fingerprint };
}

function noted(state: TrustState, note: TrustNote, at: number): TrustState {
  const others = <T extends { readonly manifest: Digest }>(all: readonly T[]): readonly T[] =>
    all.filter(({ manifest }) => manifest !== note.manifest);
  if (note.kind === 'settled') return { ...state, held: others(state.held) };
  if (note.kind === 'yanked') {
    const { component, version, manifest, reason, signer } = note;
    const known = state.yanked.find((one) => one.manifest === manifest && one.signer === signer);
    if (known) return state;
    const yanked: YankNotice = { component, version, manifest, signer, reason: checkReason(reason), at };
    return { ...state, yanked: [...others(state.yanked), yanked] };
  }
  const { component, from, version, manifest, differences } = note;
  const lines = differences.slice(0, 500).map((line) => printable(line, 500));
  const held: HeldUpdate = { component, from, version, manifest, differences: lines, at };
  // Of a component one is enough: the newest.
  const rest = others(state.held).filter((one) => one.component !== component);
  return { ...state, held: [...rest, held] };
}
