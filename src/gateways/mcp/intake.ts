/** Which messages of a lasting connection are taken at all: not more than some at once, not two of the same id. */
import type { JSONRPCMessage } from '@modelcontextprotocol/server';
import type { SwitchboardError } from '#core/errors';
import { RPC } from './results.ts';

/** Requests of one connection that may be under way. */
const MOST_UNDER_WAY = 1_024;
/** JSON-RPC's first code for errors of the server's own. */
export const REFUSED = -32000;

export interface Refusal {
  readonly id: string | number | null;
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

export interface Intake {
  /** Why a message is not served; `drop` for a notification, which nobody answers. */
  refuse(message: JSONRPCMessage): Refusal | 'drop' | undefined;
  /** Told of each message that is sent: an answer ends its request. */
  answered(message: object): void;
}

export function createIntake(limit?: () => SwitchboardError | undefined): Intake {
  const underWay = new Set<string | number>();
  return {
    refuse(message) {
      if (!('method' in message)) return undefined;
      if (message.method === 'notifications/cancelled') {
        // Never answered from here on.
        underWay.delete((message.params?.['requestId'] ?? '') as string | number);
        return undefined;
      }
      const refused = limit?.();
      if (!('id' in message)) return refused && 'drop';
      const { id } = message;
      if (refused) return { id, code: REFUSED, message: refused.message, data: dataOf(refused) };
      if (underWay.has(id)) {
        // Not under the id itself: that would answer the one under way.
        return { id: null, code: RPC.request, message: `Invalid Request: id ${JSON.stringify(id)} is under way` };
      }
      if (underWay.size >= MOST_UNDER_WAY) {
        return { id, code: REFUSED, message: 'too many requests are under way', data: { code: 'busy' } };
      }
      underWay.add(id);
      return undefined;
    },
    answered(message) {
      if ('id' in message && !('method' in message)) underWay.delete(message.id as string | number);
    },
  };
}

/** `data` of a refusal, as over HTTP. */
export function dataOf(error: SwitchboardError): object {
  const { code, fix, data } = error;
  return { code, ...(fix === undefined ? {} : { fix }), ...(code === 'rate-limited' ? (data as object) : {}) };
}
