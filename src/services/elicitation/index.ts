import { decideAccess } from '#core/access';
import type { ElicitAnswer, FormField, FormFieldType } from '#core/caller';
import type { ServiceInterface } from '#core/services';
import { askHost } from '../ask.ts';
import type { Scope } from '../scope.ts';
import { WitError } from '../wit-error.ts';

/** A form as jco lifts it. */
interface Form {
  readonly message: string;
  readonly fields: readonly {
    readonly name: string;
    readonly title: string | undefined;
    readonly description: string | undefined;
    readonly required: boolean;
    readonly type: FieldType;
  }[];
}

type FieldType =
  | { readonly tag: 'text'; readonly val: Omit<FormFieldType & { kind: 'text' }, 'kind'> }
  | { readonly tag: 'number'; readonly val: Omit<FormFieldType & { kind: 'number' }, 'kind'> }
  | { readonly tag: 'boolean'; readonly val: boolean | undefined }
  | { readonly tag: 'choice'; readonly val: Omit<FormFieldType & { kind: 'choice' }, 'kind'> };

/** `switchboard:host/elicitation`. */
export function elicitationInterface({ env }: Scope): ServiceInterface {
  return {
    async ask({ message, fields }: Form): Promise<object> {
      return answerOf(await askHost(env, 'elicit', { message, fields: fields.map(fieldOf) }));
    },
    async open({ message, url }: { readonly message: string; readonly url: string }): Promise<object> {
      // An address carries what its maker likes to its host: only where the component may go by itself.
      const host = URL.canParse(url) ? new URL(url) : undefined;
      if (host?.protocol === 'https:') {
        const port = host.port === '' ? 443 : Number(host.port);
        const decision = decideAccess(env.policy, { kind: 'net', host: host.hostname.replace(/^\[|\]$/g, ''), port });
        if (!decision.allowed) {
          env.denied(decision.denial);
          throw new WitError({ tag: 'denied', val: decision.denial.reason });
        }
      }
      return answerOf(await askHost(env, 'elicit', { message, url }));
    },
  };
}

function fieldOf({ type, ...field }: Form['fields'][number]): FormField {
  if (type.tag === 'boolean') return { ...field, type: { kind: 'boolean', default: type.val } };
  return { ...field, type: { kind: type.tag, ...type.val } as FormFieldType };
}

function answerOf(reply: unknown): object {
  const answer = reply as ElicitAnswer;
  if (answer.action === 'accept') return { tag: 'accepted', val: JSON.stringify(answer.values ?? {}) };
  return { tag: answer.action === 'decline' ? 'declined' : 'cancelled' };
}
