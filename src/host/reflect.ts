/**
 * Calls of components by components. What one may not call it does not see either: decided before anything is looked up,
 * so that a refusal does not tell what is installed. A call that is allowed goes the way of every call.
 */
import {
  type Caller,
  type CalledFunction,
  type ComponentName,
  decideAccess,
  type DescribedFunction,
  type InstalledComponent,
  interfaceShortName,
  namesComponent,
  parseReference,
  type PolicySnapshot,
  printable,
  SwitchboardError,
  toSwitchboardError,
} from '#core';
import type { AskTurn, EngineCall } from '#engine';
import { typeText } from '#wit/types';
import { callFunction, type CallPath } from './call.ts';
import type { Json } from './api.ts';

/** What the guest gets: a result, or the case of its error. */
export type ReflectReply =
  | { readonly ok: unknown }
  | { readonly failed: { readonly tag: string; readonly val: unknown } };

/** A component as a cell is told of it: its functions that the caller may call. */
export interface SeenComponent {
  readonly name: ComponentName;
  readonly version: string;
  readonly docs: string;
  /** Exported interfaces that it may call a function of. */
  readonly interfaces: readonly string[];
  readonly functions: readonly SeenFunction[];
}

export interface SeenFunction extends Omit<DescribedFunction, 'params'> {
  readonly params: readonly { readonly name: string; readonly type: string }[];
  /** The WIT type of the result. */
  readonly output?: string;
}

export interface Reflect {
  /** Answers a cell. The payload is what a guest made of it. Never fails for what a guest did. */
  answer(request: EngineCall, payload: unknown, turn: AskTurn): Promise<ReflectReply>;
}

/** Longer names are nobody's; they are not looked at. */
const LONGEST_NAME = 300;

const failed = (tag: string, val: unknown): ReflectReply => ({ failed: { tag, val } });

export function createReflect(path: CallPath): Reflect {
  const { catalog } = path;

  const call = async (request: EngineCall, turn: AskTurn, asked: Asked): Promise<ReflectReply> => {
    const { context, policy } = request;
    const { component, function: wanted, args } = asked;
    if (component.length > LONGEST_NAME || wanted.length > LONGEST_NAME)
      return failed('no-function', 'no such function');
    const name = nameOf(component);
    if (name === undefined) return failed('no-component', `${printable(component)} is no component`);
    const refused = (called: CalledFunction): ReflectReply | undefined => {
      const decision = decideAccess(policy, { kind: 'call', ...called });
      if (decision.allowed) return undefined;
      turn.denied(decision.denial);
      return failed('denied', `${decision.denial.what}: ${decision.denial.reason}`);
    };
    const asTold = { component: name, id: wanted, name: wanted };
    if (!policy.calls.some((pattern) => namesComponent(pattern, name))) {
      return refused(asTold) ?? failed('no-component', 'no such component');
    }
    let found: DescribedFunction | undefined;
    try {
      const entry = catalog.known(component) ?? (await catalog.current(component));
      found = functionOf(entry.installed.description.functions, wanted, (text) => entry.find(text).described);
      if (!found) {
        const seen = visible(policy, entry.installed).map(({ id }) => id);
        const message = `${component} has no function ${printable(wanted, 100)}; to be called are: ${seen.join(', ') || 'none'}`;
        return refused(asTold) ?? failed('no-function', printable(message, 1000));
      }
    } catch (thrown) {
      return replyOf(thrown);
    }
    const denial = refused({ component: name, id: found.id, name: found.name });
    if (denial) return denial;
    try {
      const options = {
        principal: context.principal,
        session: context.session,
        parent: context,
        caller: askable(request.caller),
        client: request.client,
      };
      const value = await callFunction(path, component, found.id, args, options, turn.call);
      return { ok: value };
    } catch (thrown) {
      return replyOf(thrown);
    }
  };

  const see = async (policy: PolicySnapshot, component: unknown, but?: string): Promise<readonly SeenComponent[]> => {
    if (policy.calls.length === 0) return [];
    if (typeof component !== 'string') {
      const newest = new Map<string, InstalledComponent>();
      for (const one of await catalog.installed()) {
        if (one.name !== but && !newest.has(one.name)) newest.set(one.name, one);
      }
      return [...newest.values()].flatMap((one) => seenOf(policy, one));
    }
    const name = component.length > LONGEST_NAME ? undefined : nameOf(component);
    if (name === undefined || !policy.calls.some((pattern) => namesComponent(pattern, name))) return [];
    try {
      return seenOf(policy, (await catalog.current(component)).installed);
    } catch (thrown) {
      if (toSwitchboardError(thrown).code === 'component-not-found') return [];
      throw thrown;
    }
  };

  return {
    answer(request, payload, turn) {
      const asked = payload as { readonly [part in keyof Asked]?: unknown } & { readonly others?: unknown };
      if (typeof asked.component === 'string' && typeof asked.function === 'string' && typeof asked.args === 'string') {
        const { component, function: wanted, args } = asked;
        return call(request, turn, { component, function: wanted, args });
      }
      const but = asked.others === true ? parseReference(request.context.component).name : undefined;
      return see(request.policy, asked.component, but).then((ok) => ({ ok }));
    },
  };
}

interface Asked {
  readonly component: string;
  readonly function: string;
  /** JSON text. */
  readonly args: string;
}

function nameOf(component: string): ComponentName | undefined {
  try {
    return parseReference(component).name;
  } catch {
    return undefined;
  }
}

/** By id, by short name, or as `interface/function` (asterai). */
function functionOf(
  functions: readonly DescribedFunction[],
  wanted: string,
  find: (text: string) => DescribedFunction,
): DescribedFunction | undefined {
  const slash = wanted.indexOf('/');
  if (slash > 0 && !wanted.includes('#')) {
    const [short, name] = [wanted.slice(0, slash), wanted.slice(slash + 1).replace(/^\[(?:method|static)\]/, '')];
    const of = functions.filter(
      (fn) =>
        fn.interface !== undefined &&
        interfaceShortName(fn.interface) === short &&
        (fn.id === `${short}.${name}` || fn.id === `${fn.interface}#${name}`),
    );
    return of.length === 1 ? of[0] : undefined;
  }
  try {
    return find(wanted);
  } catch {
    return undefined;
  }
}

function visible(policy: PolicySnapshot, { name: component, description }: InstalledComponent) {
  return description.functions.filter(
    ({ id, name }) => decideAccess(policy, { kind: 'call', component, id, name }).allowed,
  );
}

function seenOf(policy: PolicySnapshot, installed: InstalledComponent): readonly SeenComponent[] {
  const { name, version, description } = installed;
  const { types } = description;
  const functions = visible(policy, installed).map((fn): SeenFunction => {
    const raw = rawFunction(installed, fn);
    const params = (raw?.params ?? []).map((p) => ({ name: p.name, type: typeText(types, p.type) }));
    return { ...fn, params, ...(raw?.result === undefined ? {} : { output: typeText(types, raw.result) }) };
  });
  if (functions.length === 0) return [];
  const interfaces = [...new Set(functions.flatMap((fn) => fn.interface ?? []))];
  return [{ name, version, docs: description.docs, interfaces, functions }];
}

/** The function in the component's types: what a description has of types is their JSON Schema. */
function rawFunction({ description: { types } }: InstalledComponent, fn: DescribedFunction) {
  const among =
    fn.interface === undefined
      ? types.exportedFunctions
      : (types.exports.find(({ id }) => id === fn.interface)?.functions ?? []);
  const last = fn.id.slice(fn.id.lastIndexOf('#') + 1);
  const tail = fn.interface !== undefined && last === fn.id ? last.slice(last.indexOf('.') + 1) : last;
  const plain = (raw: string): string =>
    raw.replace(/^\[(?:method|static)\]/, '').replace(/^\[constructor\](.*)/, '$1.new');
  return among.find(({ name }) => name === tail || plain(name) === tail);
}

/** A component's own reports of progress are of its own call; its caller's person and model may be asked by all. */
function askable(caller: Caller | undefined): Caller | undefined {
  if (!caller?.elicit && !caller?.sample) return undefined;
  const { elicit, sample } = caller;
  return { ...(elicit ? { elicit } : {}), ...(sample ? { sample } : {}) };
}

/** How a call failed, for the component that made it. */
function replyOf(thrown: unknown): ReflectReply {
  const error = toSwitchboardError(thrown);
  const { code, message } = error;
  if (code === 'component-error') {
    const { value = null } = (error.data ?? {}) as { readonly value?: Json };
    return failed('component-error', JSON.stringify(value));
  }
  if (code === 'invalid-arguments') return failed('invalid-arguments', message);
  if (code === 'component-not-found') return failed('no-component', message);
  if (code === 'unknown-function') return failed('no-function', message);
  const told = error.kind === 'system' ? 'the host failed' : message;
  return failed(error.class === 'limit' ? 'limit' : 'failed', { code, message: told });
}

/** For what a cell asks that is not offered. */
export const notOffered = (service: string): SwitchboardError =>
  new SwitchboardError('denied', `the host offers no ${service}`);
