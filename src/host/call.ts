/** THE call path: authorize → route → run → record. Every call of every gateway and program passes here. */
import {
  type CallContext,
  type Clock,
  decideCall,
  type ErrorCode,
  type Grant,
  type Principal,
  type Random,
  SwitchboardError,
  toSwitchboardError,
} from '#core';
import type { CallFigures, Engine, PendingCall, Target } from '#engine';
import type { CallArguments, CallOptions, Json } from './api.ts';
import type { Catalog, CatalogEntry } from './catalog.ts';
import { withDenials } from './denials.ts';
import type { EventHub } from './events.ts';
import type { Permissions } from './permissions.ts';
import { callProgress } from './progress.ts';
import type { Sessions } from './sessions.ts';

export interface CallPath {
  readonly catalog: Catalog;
  readonly engine: Engine;
  readonly events: EventHub;
  readonly sessions: Sessions;
  readonly permissions: Pick<Permissions, 'take'>;
  readonly clock: Clock;
  readonly random: Random;
  /** Calls of functions that exist: as many as there are `call.finished` events. */
  made: number;
}

/** Calls made from calls may nest this deep. */
const DEEPEST = 16;
const OWNER: Principal = { kind: 'program', label: 'program' };

/**
 * One call, from name and JSON arguments to JSON result; arguments that are text are JSON that the callee's cell reads.
 * `from`: the running call whose component makes this one: it is decided by that component's policy too, and bounded by
 * what that call has left. Errors: any of the catalogue but those of the home.
 */
export async function callFunction(
  path: CallPath,
  component: string,
  name: string,
  args: CallArguments | string,
  options: CallOptions,
  from?: PendingCall,
): Promise<Json | undefined> {
  const entry = path.catalog.known(component) ?? (await path.catalog.current(component));
  const { index, described } = entry.find(name);
  const context = contextOf(path, entry, described.id, options, from);
  const figures: CallFigures = { queueMs: 0, runMs: 0, transferred: 0 };
  let outcome: 'ok' | ErrorCode = 'ok';
  let onceTarget: Target | undefined;
  const { caller } = options;
  const progress = caller?.progress && callProgress(caller.progress);
  path.made += 1;
  try {
    authorize(path, entry, context, described.name, from);
    const session = route(path, entry, described.needsSession, options.session);
    const { kind } = context.principal;
    let [current, fn] = [entry, index];
    if (entry.once(kind).length > 0) {
      const once = await takeOnce(path, component, kind);
      // It waited: what was granted for all may have been revoked meanwhile.
      current = await path.catalog.current(component);
      fn = current.find(described.id).index;
      if (once.length > 0) onceTarget = current.targetWith(kind, once, context.callId);
    }
    const target = onceTarget ?? current.targetFor(kind);
    const { policy } = target;
    const request = {
      context,
      policy,
      fn,
      args,
      text: typeof args === 'string',
      from,
      session,
      signal: options.signal,
      onLog: options.onLog,
      caller,
      client: options.client,
      onProgress: progress?.report,
    };
    return (await path.engine.call(target, request, figures)) as Json | undefined;
  } catch (thrown) {
    const { name: subject, description } = entry.installed;
    const error = withDenials(toSwitchboardError(thrown), subject, figures.denials, description.manifest);
    outcome = error.code;
    throw error;
  } finally {
    if (onceTarget) path.engine.retire((key) => key === onceTarget?.key);
    progress?.end();
    path.events.emit({ type: 'call.finished', context, outcome, ...figures });
  }
}

/** What was granted for one call, if this call is the first to take it. */
async function takeOnce(path: CallPath, component: string, kind: Principal['kind']): Promise<readonly Grant[]> {
  const once = (await path.catalog.current(component)).once(kind);
  return once.length > 0 && (await path.permissions.take(once)) ? once : [];
}

function authorize(
  path: CallPath,
  entry: CatalogEntry,
  context: CallContext,
  name: string,
  from: PendingCall | undefined,
): void {
  const by = from && { component: from.request.context.component, policy: from.request.policy };
  const decision = decideCall({
    principal: context.principal,
    component: entry.installed,
    function: context.function,
    requirements: entry.installed.description.requirements,
    name,
    by,
  });
  path.events.emit({ type: 'call.decided', context, decision });
  if (!decision.allowed) throw new SwitchboardError('denied', `${context.component}: ${decision.reason}`);
  if (context.depth > DEEPEST) throw new SwitchboardError('call-depth', `calls may nest ${DEEPEST} deep`);
}

/** The session whose own instance the call runs on, if it does. Handles never leave their session. */
function route(
  path: CallPath,
  entry: CatalogEntry,
  needsSession: boolean,
  session: string | undefined,
): string | undefined {
  if (session !== undefined) path.sessions.check(session);
  if (needsSession && session === undefined) {
    throw new SwitchboardError(
      'session-required',
      'the function takes or returns resource handles, which live in a session',
    );
  }
  return needsSession || entry.limits.reuse === 'session' ? session : undefined;
}

function contextOf(
  path: CallPath,
  entry: CatalogEntry,
  fn: string,
  options: CallOptions,
  from: PendingCall | undefined,
): CallContext {
  const { limits } = entry;
  if (Number.isNaN(options.timeout)) throw new SwitchboardError('invalid-usage', 'the timeout is not a number');
  const timeoutMs = Math.max(
    1,
    Math.min(options.timeout ?? limits.timeout, limits.timeout, Math.floor(from?.leftMs ?? Infinity)),
  );
  const id = path.random.bytes(32).toHex();
  return {
    callId: id.slice(0, 32),
    traceId: options.parent?.traceId ?? options.traceId ?? id.slice(32),
    principal: options.principal ?? OWNER,
    ...(options.session === undefined ? {} : { session: options.session }),
    component: entry.reference,
    digest: entry.installed.description.digest,
    function: fn,
    timeoutMs,
    deadline: Math.min(path.clock.now() + limits.queueTimeout + timeoutMs, from?.request.context.deadline ?? Infinity),
    ...(options.parent ? { parent: options.parent.callId } : {}),
    depth: options.parent ? options.parent.depth + 1 : 0,
  };
}
