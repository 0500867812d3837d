/** Calls each function once, without any permission, before it is offered. */
import { toSwitchboardError } from '#core/errors';
import { allFunctions } from './write/glue.ts';
import type { WrappedFunction } from './model.ts';
import type { Plan, PlannedFunction } from './plan.ts';
import type { ProvingHost } from './ports.ts';
import { ATTEMPTS, type HandleOf, sampleArguments } from './samples.ts';

export interface Proof {
  readonly planned: PlannedFunction;
  /** As callers name it: `api.parse`, `api.decimal.plus`. */
  readonly id: string;
  readonly args: readonly unknown[];
  /**
   * `answered`; `threw`: the library refused the example, so it ran; `broken`: it is not there, trapped or did not end;
   * `untried`: an argument is a handle that no example made.
   */
  readonly outcome: 'answered' | 'threw' | 'broken' | 'untried';
  readonly value?: unknown;
  readonly error?: string;
}

export interface ProveOptions {
  /** Arguments that the library's documentation shows for it. */
  readonly literalsOf: (planned: PlannedFunction) => readonly unknown[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

export async function proveFunctions(plan: Plan, host: ProvingHost, options: ProveOptions): Promise<Proof[]> {
  const handles = new Map<string, string>();
  const owners = new Map<WrappedFunction, string>(
    plan.resources.flatMap(({ wit, type }) => type.members.map((fn) => [fn, wit] as const)),
  );
  const proofs: Proof[] = [];
  const makers: Proof[] = [];
  // What trapped took its instance with it, and the handles of that: they are made again.
  const renew = async (): Promise<void> => {
    await host.renew();
    handles.clear();
    for (const { planned, id, args } of makers) {
      const again = fill(args, handles, () => undefined) as readonly unknown[];
      await host.call(id, again).then(
        (value) => keepHandle(plan, planned, value, handles),
        () => undefined,
      );
    }
  };
  let waiting = allFunctions(plan).toSorted((a, b) => rank(a) - rank(b));
  // What makes values comes first; then what needs them, as long as there are more of them each round.
  for (let before = -1; before !== handles.size && waiting.length > 0; ) {
    before = handles.size;
    const left: PlannedFunction[] = [];
    for (const planned of waiting) {
      options.signal?.throwIfAborted();
      const owner = owners.get(planned.fn);
      const given = argumentsOf(plan, planned, owner, handles, options, 0);
      if (given === undefined) {
        left.push(planned);
        continue;
      }
      let taken = given;
      let proof = await tryCall(planned, idOf(planned, owner), taken.filled, host, renew);
      for (
        let attempt = 1;
        attempt < ATTEMPTS && proof.outcome !== 'answered' && proof.outcome !== 'broken';
        attempt += 1
      ) {
        const other = argumentsOf(plan, planned, owner, handles, options, attempt);
        if (other === undefined) break;
        const again = await tryCall(planned, idOf(planned, owner), other.filled, host, renew);
        if (again.outcome !== 'answered') continue;
        taken = other;
        proof = again;
      }
      if (proof.outcome === 'answered' && keepHandle(plan, planned, proof.value, handles))
        makers.push({ ...proof, args: taken.wanted });
      proofs.push(proof);
    }
    waiting = left;
  }
  const untried = waiting.map(
    (planned): Proof => ({ planned, id: idOf(planned, owners.get(planned.fn)), args: [], outcome: 'untried' }),
  );
  return [...proofs, ...untried];
}

const rank = ({ fn }: PlannedFunction): number => (fn.call === 'construct' ? 0 : fn.access === undefined ? 2 : 1);
const idOf = ({ wit }: PlannedFunction, owner: string | undefined): string =>
  owner === undefined ? `api.${wit}` : `api.${owner}.${wit}`;

function argumentsOf(
  plan: Plan,
  planned: PlannedFunction,
  owner: string | undefined,
  handles: ReadonlyMap<string, string>,
  { literalsOf }: ProveOptions,
  attempt: number,
): { readonly wanted: readonly unknown[]; readonly filled: readonly unknown[] } | undefined {
  const isMember = planned.fn.access === undefined && owner !== undefined;
  const own = sampleArguments(plan, planned, attempt === 0 ? literalsOf(planned) : undefined, attempt);
  const wanted: unknown[] = isMember ? [{ handleOf: owner }, ...own] : own;
  let isMissing = false;
  const filled = wanted.map((one) => fill(one, handles, () => (isMissing = true)));
  return isMissing ? undefined : { wanted, filled };
}

function fill(value: unknown, handles: ReadonlyMap<string, string>, missing: () => void): unknown {
  if (Array.isArray(value)) return value.map((one) => fill(one, handles, missing));
  if (typeof value !== 'object' || value === null) return value;
  if ('handleOf' in value) {
    const handle = handles.get((value as HandleOf).handleOf);
    if (handle === undefined) missing();
    return handle;
  }
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fill(one, handles, missing)]));
}

async function tryCall(
  planned: PlannedFunction,
  id: string,
  args: readonly unknown[],
  host: ProvingHost,
  renew: () => Promise<void>,
): Promise<Proof> {
  try {
    return { planned, id, args, outcome: 'answered', value: await host.call(id, args) };
  } catch (thrown) {
    const { code, message } = toSwitchboardError(thrown);
    if (code === 'cancelled') throw thrown;
    const absent = /its declarations promise one|does not exist in the sandbox|is not defined$/.test(message);
    if (code === 'component-error') {
      return { planned, id, args, outcome: absent ? 'broken' : 'threw', error: message };
    }
    if (code === 'invalid-arguments') return { planned, id, args, outcome: 'untried', error: message };
    await renew();
    return { planned, id, args, outcome: 'broken', error: message };
  }
}

/** Whether it is the first of its kind. */
function keepHandle(plan: Plan, { fn }: PlannedFunction, value: unknown, handles: Map<string, string>): boolean {
  const shape = fn.result.kind === 'option' || fn.result.kind === 'promise' ? fn.result.of : fn.result;
  if (shape.kind !== 'resource' || typeof value !== 'string') return false;
  const name = plan.nameOf(shape.type);
  if (handles.has(name)) return false;
  handles.set(name, value);
  return true;
}
