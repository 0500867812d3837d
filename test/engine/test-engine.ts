/** The engine without a host: with the services of test-services.ts, and components from core modules in text. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { DEFAULT_LIMITS, type Limits, type LogRecord, NO_PERMISSIONS } from '#core';
import {
  createArtifactCache,
  createEngine,
  type Engine,
  type EngineCall,
  type EngineOptions,
  type Target,
} from '#engine';
import { describeComponent } from '#wit';
import { componentOf } from '../guests/build.ts';
import { testServices } from './test-services.ts';

const TOOLS = `package test:host@0.1.0 {
  interface tools {
    echo: func(text: string) -> string;
    forever: func();
    yield: func();
    count: func() -> u32;
  }
}`;

/** What a core module of these tests starts with; its imports are there to be called. */
export const PRELUDE = `
  (import "test:host/tools@0.1.0" "echo" (func $echo (param i32 i32 i32)))
  (import "test:host/tools@0.1.0" "forever" (func $forever))
  (import "test:host/tools@0.1.0" "yield" (func $yield))
  (import "test:host/tools@0.1.0" "count" (func $count (result i32)))
  (memory (export "memory") 1)
  (global $top (mut i32) (i32.const 1024))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.set $top (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
    (global.get $top)
    (global.set $top (i32.add (global.get $top) (local.get 3))))`;

/** A component that imports test:host/tools. `exports` are WIT functions, `body` the rest of the core module. */
export async function toolsComponent(exports: string, body: string): Promise<Uint8Array> {
  const { parse } = await import('@bytecodealliance/jco-transpile/wasm-tools');
  const wit = `package test:guest@0.1.0;\nworld guest { import test:host/tools@0.1.0; ${exports} }\n${TOOLS}`;
  return componentOf(await parse(`(module ${PRELUDE} ${body})`), wit);
}

export const GUEST = {
  exports: 'export say: func(text: string) -> string; export hang: func(); export count: func() -> u32;',
  body: `
    (func (export "say") (param i32 i32) (result i32)
      (call $echo (local.get 0) (local.get 1) (i32.const 16)) (i32.const 16))
    (func (export "hang") (call $forever))
    (func (export "count") (result i32) (call $count))`,
};

export interface TestEngine {
  readonly engine: Engine;
  readonly logs: LogRecord[];
  readonly stopped: string[];
  target(bytes: Uint8Array, limits?: Partial<Limits>): Target;
  call(
    target: Target,
    name: string,
    args?: readonly unknown[],
    more?: Partial<EngineCall> & { timeoutMs?: number },
  ): Promise<unknown>;
}

/** Closed after the file's tests. `ask` answers the guests' questions. */
export async function testEngine(
  ask: (payload: unknown, request: EngineCall) => Promise<unknown>,
  options: Partial<EngineOptions> = {},
): Promise<TestEngine> {
  const directory = await mkdtemp(join(tmpdir(), 'engine-cache-'));
  const logs: LogRecord[] = [];
  const stopped: string[] = [];
  const engine = createEngine({
    cache: createArtifactCache(directory, { hit: () => undefined }),
    services: testServices,
    cellEntry: new URL('./test-cell.ts', import.meta.url),
    onLog: (record) => void logs.push(record),
    onCell(type, _cell, _component, reason) {
      if (type === 'cell.stopped') stopped.push(reason);
    },
    onDenied: () => undefined,
    redactor: () => undefined,
    ask: (request, _service, payload) => ask(payload, request),
    ...options,
  });
  after(async () => {
    await engine.close();
    await rm(directory, { recursive: true });
  });
  return {
    engine,
    logs,
    stopped,
    target(bytes, limits = {}) {
      const description = { ...describeComponent(bytes), requirements: [] };
      const component = 'test:guest@0.1.0';
      const all = { ...DEFAULT_LIMITS, ...limits };
      return {
        key: `${description.digest} ${JSON.stringify(all)}`,
        component,
        description,
        limits: all,
        policy: NO_PERMISSIONS,
        bytes: async () => bytes,
      };
    },
    call(target, name, args = [], more = {}) {
      const { digest, functions } = target.description;
      const context = {
        callId: name,
        traceId: '0'.repeat(32),
        principal: { kind: 'program', label: 'test' },
        component: target.component,
        digest,
        function: name,
        timeoutMs: more.timeoutMs ?? target.limits.timeout,
        deadline: Date.now() + 60_000,
        depth: 0,
      } as const;
      const fn = functions.findIndex((f) => f.name === name);
      const request = { context, policy: target.policy, fn, args, ...more };
      return engine.call(target, request, { queueMs: 0, runMs: 0, transferred: 0 });
    },
  };
}
