/** Secrets on their way from the store to a component that was granted them, and out of what it says. */
import { createRedactor, parseReference, printable, type Redactor, type SecretStore, SwitchboardError } from '#core';
import type { EngineCall } from '#engine';
import type { Host } from './api.ts';
import { denialText } from './denials.ts';
import type { EventHub } from './events.ts';

export interface Secrets extends Pick<Host, 'setSecret' | 'listSecrets' | 'removeSecret'> {
  /** Answers a cell: the value, for a call whose component was granted the name. Errors: `denied`, `secret-not-found`. */
  answer(request: EngineCall, payload: unknown): Promise<string>;
  /** For what a component says, once it was handed a secret. */
  redactorOf(component: string): Redactor | undefined;
}

export function createSecrets(store: SecretStore, events: EventHub): Secrets {
  /** By component name: what it was handed since the host started. Values that were replaced since count too. */
  const handed = new Map<string, { readonly name: string; readonly value: string }[]>();
  const redactors = new Map<string, Redactor>();

  const remember = (component: string, name: string, value: string): void => {
    const known = handed.get(component) ?? [];
    if (known.some((secret) => secret.name === name && secret.value === value)) return;
    known.push({ name, value });
    handed.set(component, known);
    redactors.set(component, createRedactor(known));
  };
  const nameOf = (component: string): string => parseReference(component).name;

  return {
    async answer({ context, policy }, payload) {
      const name = typeof payload === 'object' && payload !== null && 'name' in payload ? payload.name : undefined;
      if (typeof name !== 'string')
        throw new SwitchboardError('invalid-arguments', 'a secret is asked for by its name');
      // The cell decided the same before it asked; the cell is not trusted with it.
      if (!policy.secrets.includes(name)) {
        const denial = {
          capability: 'secret',
          what: `secret ${printable(name, 64)}`,
          reason: 'it is not granted',
        } as const;
        throw new SwitchboardError('denied', denialText(nameOf(context.component), denial, undefined));
      }
      const value = await store.get(name);
      if (value === undefined) throw new SwitchboardError('secret-not-found', `there is no secret ${name} any more`);
      remember(nameOf(context.component), name, value);
      return value;
    },
    redactorOf: (component) => (redactors.size === 0 ? undefined : redactors.get(nameOf(component))),
    async setSecret(name, value) {
      await store.set(name, value);
      events.emit({ type: 'secret.set', name });
    },
    listSecrets: () => store.list(),
    async removeSecret(name) {
      const removed = await store.remove(name);
      if (removed) events.emit({ type: 'secret.removed', name });
      return removed;
    },
  };
}
