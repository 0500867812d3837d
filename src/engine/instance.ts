/** One instance of a component, inside its cell: instantiate, call, discard. */
import type { ComponentTypes, CreateServices, ServiceEnv, WitFunction } from '#core';
import { SwitchboardError } from '#core';
import type { Handles } from '#wit/coerce-common';
import { compileArguments } from '#wit/coerce-in';
import { compileError, compileResult } from '#wit/coerce-out';
import { type Collect, compileCollect } from './collect.ts';
import { explainTrap } from './faults.ts';
import { createGuard, type Guard, type SuspensionHooks } from './guard.ts';
import { InstanceTasks, type TaskHooks } from './guest-tasks.ts';
import { camelCase, pascalCase } from './names.ts';
import { trapNote } from './trap-note.ts';

type Exports = { readonly [name: string]: unknown };
type Callee = (...args: unknown[]) => unknown;
type Class = Callee & { new (...args: unknown[]): object } & Exports;

/** jco's generated `instantiate`, as patched. */
export type Instantiate = (
  getCoreModule: (name: string) => WebAssembly.Module,
  imports: { readonly [id: string]: unknown },
  instantiateCore: (module: WebAssembly.Module, imports?: WebAssembly.Imports) => WebAssembly.Instance,
  guard: Guard,
) => Exports | Promise<Exports>;

/** A callable function, ready: converters compiled once per cell. */
export interface PreparedFunction {
  readonly fn: WitFunction;
  /** The function in JavaScript: its name, or that of a method's or static function's own part. */
  readonly member: string;
  /** The class of the function's resource. */
  readonly resource: string;
  readonly toArguments: ReturnType<typeof compileArguments>;
  readonly toResult: ReturnType<typeof compileResult>;
  readonly toError: ReturnType<typeof compileError>;
  /** The function's result is a `result<…>`: its error case is an answer, not a trap. */
  readonly fallible: boolean;
  /** Where streams or futures are in its result. */
  readonly collect: Collect | undefined;
}

/** A function with what `Instance.call` needs of it. */
export function prepareFunction(types: ComponentTypes, fn: WitFunction): PreparedFunction {
  return {
    fn,
    member: camelCase(fn.name.slice(fn.name.indexOf('.') + 1)),
    resource: pascalCase(fn.resource ?? ''),
    toArguments: compileArguments(types, fn),
    toResult: compileResult(types, fn),
    toError: compileError(types, fn),
    fallible: typeof fn.result === 'number' && types.types[fn.result]?.kind === 'result',
    collect: compileCollect(types, fn),
  };
}

export interface InstanceParts {
  readonly instantiate: Instantiate;
  readonly module: (name: string) => WebAssembly.Module;
  readonly createServices: CreateServices;
  readonly memoryLimit: number;
}

/** What the cell offers an instance: its services' environment, and the bookkeeping of who is on the CPU. */
export interface InstanceHost {
  env(instance: Instance): ServiceEnv;
  left(instance: Instance): void;
  /** See SuspensionHooks. */
  breathe(): Promise<void> | undefined;
  returned(instance: Instance): void;
}

/** An instance runs one call at a time. Once `dead` it is never called again. Kept small: there may be thousands. */
export class Instance implements SuspensionHooks, TaskHooks {
  /** The running call and its slot in the control block; -1 between calls. */
  callId = -1;
  slot = 0;
  dead = false;
  readonly guard: Guard;
  private exports: Exports = {};
  private readonly memories: WebAssembly.Memory[] = [];
  /** Of guests linked from libraries, as those of scripts are. */
  private stackPointer: { readonly value?: unknown } | undefined;
  private stop: AbortController | undefined;
  private enders: (() => void)[] | undefined;
  /** What waits, to be told when the call is stopped. */
  private waiting: Set<(reason: Error) => void> | undefined;
  private ownTasks: InstanceTasks | undefined;
  private readonly parts: InstanceParts;
  private readonly host: InstanceHost;

  private constructor(parts: InstanceParts, host: InstanceHost) {
    this.parts = parts;
    this.host = host;
    this.guard = createGuard(this);
  }

  /** Runs the component's start functions: guest code. Throws what `explainTrap` names. */
  static create(
    parts: InstanceParts,
    host: InstanceHost,
    prepare: (instance: Instance) => void,
  ): Instance | Promise<Instance> {
    const instance = new Instance(parts, host);
    prepare(instance);
    const ready = (exports: Exports): Instance => {
      instance.exports = exports;
      return instance;
    };
    try {
      const made = parts.instantiate(
        parts.module,
        parts.createServices(host.env(instance)),
        (module, imports) => instance.remember(new WebAssembly.Instance(module, imports)),
        instance.guard,
      );
      if (!(made instanceof Promise)) return ready(made);
      return made.then(ready, (thrown: unknown) => Promise.reject(instance.trap(thrown)));
    } catch (thrown) {
      throw instance.trap(thrown);
    }
  }

  /** Calls a function; resolves or returns its JSON result. Throws `component-error` and what `explainTrap` names. */
  call(prepared: PreparedFunction, args: unknown, handles: Handles): unknown {
    const lowered = prepared.toArguments(args, handles);
    let value: unknown;
    try {
      value = this.invoke(prepared, lowered);
    } catch (thrown) {
      throw this.failure(prepared, thrown, handles);
    }
    if (this.ownTasks) value = this.untilStopped(this.whole(this.ownTasks, prepared, value));
    if (!(value instanceof Promise)) return this.answer(prepared, value, handles);
    return value.then(
      (settled) => this.answer(prepared, settled, handles),
      (thrown: unknown) => Promise.reject(this.failure(prepared, thrown, handles)),
    );
  }

  /**
   * What a function of WASI 0.3 gives: its streams and futures read, and its tasks over. What it started and never
   * ends lasts until the call's deadline; a task that fails ends the call, also where the result is there.
   */
  private async whole(tasks: InstanceTasks, { collect }: PreparedFunction, value: unknown): Promise<unknown> {
    let result: unknown;
    try {
      result = await value;
    } catch (thrown) {
      // An error that the function returned: its tasks end like those of any other.
      if (!(thrown instanceof Error)) await tasks.over();
      throw thrown;
    }
    const whole = collect ? await collect(result) : result;
    await tasks.over();
    return whole;
  }

  private answer(prepared: PreparedFunction, value: unknown, handles: Handles): unknown {
    // A guest that caught the refusal of what it handed over has passed its limit all the same.
    if (this.guard.exceeded !== undefined) throw this.trap(this.guard.exceeded);
    return prepared.toResult(value, handles);
  }

  /** What its linear memories take. */
  get memoryBytes(): number {
    return this.memories.reduce((sum, memory) => sum + memory.buffer.byteLength, 0);
  }

  /** Aborted when the instance is discarded. */
  get signal(): AbortSignal {
    this.stop ??= new AbortController();
    return this.stop.signal;
  }

  /** Ends the running call: its waiting import rejects, the instance is dead. */
  discard(reason: SwitchboardError): void {
    this.dead = true;
    this.stop ??= new AbortController();
    this.stop.abort(reason);
    this.rejectWaiting(reason);
    this.end();
  }

  onEnd(work: () => void): void {
    (this.enders ??= []).push(work);
  }

  /** It is never used again: what its imports hold open is closed. May be called more than once. */
  end(): void {
    this.ownTasks?.stop();
    const { enders } = this;
    this.enders = undefined;
    for (const work of enders ?? []) work();
  }

  get tasks(): InstanceTasks {
    this.ownTasks ??= new InstanceTasks(this);
    return this.ownTasks;
  }

  /** A task is about to run. */
  enter(): void {
    if (this.stop?.signal.aborted) throw this.stop.signal.reason;
    if (this.dead) throw new Error('the instance is over');
    this.returned();
  }

  /** A task failed: what the call waits for will not come. */
  failed(thrown: unknown): void {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    this.rejectWaiting(error);
  }

  private rejectWaiting(reason: Error): void {
    for (const reject of this.waiting ?? []) reject(reason);
  }

  breathe(): Promise<void> | undefined {
    return this.host.breathe();
  }

  left(): void {
    this.host.left(this);
  }

  returned(): void {
    this.host.returned(this);
  }

  private invoke({ fn, member, resource }: PreparedFunction, args: unknown[]): unknown {
    const scope = fn.interface === undefined ? this.exports : this.interfaceExports(fn.interface);
    if (fn.kind === 'function') return (scope[member] as Callee)(...args);
    const cls = scope[resource] as Class;
    if (fn.kind === 'constructor') return new cls(...args);
    if (fn.kind === 'static') return (cls[member] as Callee).apply(cls, args);
    const self = args[0] as { readonly [name: string]: Callee };
    return (self[member] as Callee).apply(self, args.slice(1));
  }

  private interfaceExports(id: string): Exports {
    return (this.exports[id] ?? this.exports[camelCase(id)]) as Exports;
  }

  private failure(prepared: PreparedFunction, thrown: unknown, handles: Handles): SwitchboardError {
    // jco throws the error case of a result as it is; a component value is never an Error.
    if (!prepared.fallible || thrown instanceof Error) return this.trap(thrown);
    const value = prepared.toError(thrown, handles);
    const text = typeof value === 'string' ? value : JSON.stringify(value ?? null);
    return new SwitchboardError('component-error', text, { data: { value: value ?? null } });
  }

  private trap(thrown: unknown): SwitchboardError {
    this.dead = true;
    return explainTrap(thrown, {
      used: this.memoryBytes,
      limit: this.parts.memoryLimit,
      // The stack is at the beginning of its memory and grows towards 0.
      stackOver: Number(this.stackPointer?.value) < 0,
      note: () => trapNote(this.memories),
    });
  }

  private remember(core: WebAssembly.Instance): WebAssembly.Instance {
    this.stackPointer ??= core.exports['__stack_pointer'] as { readonly value?: unknown } | undefined;
    for (const value of Object.values(core.exports)) {
      if (value instanceof WebAssembly.Memory && !this.memories.includes(value)) this.memories.push(value);
    }
    return core;
  }

  untilStopped(pending: unknown): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    if (this.stop?.signal.aborted) reject(this.stop.signal.reason as Error);
    this.waiting ??= new Set();
    const { waiting } = this;
    waiting.add(reject);
    Promise.resolve(pending)
      .then(resolve, reject)
      .finally(() => {
        waiting.delete(reject);
      });
    return promise;
  }
}
