/**
 * What a component says where Switchboard speaks too: failures and progress. A model takes both for true that come as a
 * tool's error, and a person may run the command that one names; so a component's words are marked as its own, every
 * line of them, and cannot pass for a refusal of ours with its `To fix:`.
 */
import type { CallToolResult } from '@modelcontextprotocol/server';
import type { Caller } from '#core/caller';
import { SwitchboardError } from '#core/errors';
import { requestError, RPC, RpcError } from './results.ts';
import { cleanText } from './schemas.ts';

/** `demo:text says: no such word`; of several lines each is quoted as `> …`. */
export function ownWords(component: string, text: string): string {
  const [first = '', ...more] = cleanText(text, text.length).split('\n');
  if (more.length === 0) return first === '' ? `${component} says nothing of it` : `${component} says: ${first}`;
  return [`${component} says:`, ...[first, ...more].map((line) => `> ${line}`)].join('\n');
}

/** `ns:name` of `ns:name@version`. */
export const nameOf = (component: string): string => component.replace(/@.*$/, '');

/** Whether the text of a failure is the component's: the error case of its function's result. */
export const isOwnWords = (thrown: unknown): boolean =>
  thrown instanceof SwitchboardError && thrown.code === 'component-error';

/** A failed call whose text is the component's. */
export function inOwnWords(failed: CallToolResult, component: string): CallToolResult {
  const content = failed.content.map((block) =>
    block.type === 'text' ? { ...block, text: ownWords(component, block.text) } : block,
  );
  return { ...failed, content };
}

/** `requestError` of what a component's function threw. */
export function ownRequestError(thrown: unknown, component: string, code: number = RPC.internal): RpcError {
  const error = requestError(thrown, code);
  return isOwnWords(thrown) ? new RpcError(error.code, ownWords(component, error.message), error.data) : error;
}

/** The caller with the component's progress messages under the component's name. */
export function withOwnProgress(caller: Caller, component: string): Caller {
  const { progress } = caller;
  if (!progress) return caller;
  return {
    ...caller,
    progress(report) {
      const own = report.by === 'component' && report.message !== undefined;
      progress(own ? { ...report, message: `${component}: ${report.message}` } : report);
    },
  };
}
