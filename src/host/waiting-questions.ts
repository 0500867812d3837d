/**
 * How many questions may wait for an answer at once. One that waits holds an instance of its component, for as long as
 * nobody answers: without a bound one client that never answers would hold them all, and everybody else would wait.
 */
import { printable } from '#core';

export interface WaitingQuestions {
  /**
   * A place for one more question of `component` (`ns:name@version`), which has so many instances, to `client`. What is
   * returned gives it back; a text says why there is none.
   */
  enter(component: string, instances: number, client: string): (() => void) | string;
}

export interface QuestionBounds {
  /** Questions that wait for one client, of all components. */
  readonly ofClient: number;
  /** Components that wait for answers: each keeps a thread. */
  readonly components: number;
}

/** Of a component's instances: half may wait for answers, and half of those for one client. One at least. */
export const mostWaiting = (instances: number): number => Math.max(1, Math.floor(instances / 2));
export const mostForOne = (instances: number): number => Math.max(1, Math.floor(instances / 4));

export function createWaitingQuestions(bounds: QuestionBounds): WaitingQuestions {
  const byComponent = new Map<string, Map<string, number>>();
  const byClient = new Map<string, number>();
  return {
    enter(component, instances, client) {
      const asked = byComponent.get(component) ?? new Map<string, number>();
      const here = asked.get(client) ?? 0;
      if (here >= mostForOne(instances) || (byClient.get(client) ?? 0) >= bounds.ofClient) {
        return 'busy: the caller has left as many questions unanswered as may wait for it';
      }
      const all = asked.values().reduce((sum, count) => sum + count, 0);
      if (all >= mostWaiting(instances)) {
        return `busy: ${all} questions of ${printable(component)} wait for an answer, and no more may`;
      }
      if (all === 0 && byComponent.size >= bounds.components) {
        return `busy: ${bounds.components} components wait for answers, and no more may`;
      }
      byComponent.set(component, asked);
      asked.set(client, here + 1);
      byClient.set(client, (byClient.get(client) ?? 0) + 1);
      let over = false;
      return () => {
        if (over) return;
        over = true;
        lessen(asked, client);
        lessen(byClient, client);
        if (asked.size === 0) byComponent.delete(component);
      };
    },
  };
}

function lessen(counts: Map<string, number>, key: string): void {
  const left = (counts.get(key) ?? 1) - 1;
  if (left === 0) counts.delete(key);
  else counts.set(key, left);
}
