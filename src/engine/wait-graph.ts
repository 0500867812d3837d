import type { PendingCall } from './pending-call.ts';

/**
 * Whether a call that has to wait can never be served: what holds the places it waits for waits itself, by way of calls
 * that were made from there, for places that are held so, until it closes. Found when the last edge is made, which is
 * always the waiting of a call that was made from another: no call need ever time out of it.
 */
export function waitsForItself(call: PendingCall): boolean {
  const reached = new Set<PendingCall>([call]);
  // A set is walked in the order of its growth.
  for (const one of reached) {
    const waitsFor = one.settled ? undefined : one.cell ? one.children : one.pool?.holders(one);
    // It computes, or a place is free: it will go on by itself.
    if (!waitsFor || waitsFor.size === 0) return false;
    for (const next of waitsFor) reached.add(next);
  }
  return true;
}
