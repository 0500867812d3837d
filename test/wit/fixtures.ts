/** Components made at test time, from WIT with a dummy implementation, from WAT, and byte by byte. */
import { componentEmbed, componentNew, parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import type { SwitchboardError } from '#core';
import { SwitchboardError as ErrorClass } from '#core';
import { concat, leb, section } from '#wit/bytes';

/** A component of a world, made by the reference toolchain; its functions trap. */
export async function fromWit(witSource: string, world: string): Promise<Uint8Array> {
  const embedded = await componentEmbed({ dummy: true, witSource, world });
  return componentNew(embedded, []);
}

/** A component that exports one interface `t:t/api` with the given body. */
export function fromInterface(body: string, rest = ''): Promise<Uint8Array> {
  return fromWit(`package t:t; interface api { ${body} } ${rest} world w { export api; }`, 'w');
}

/** A component or core module from text. */
export async function fromWat(wat: string): Promise<Uint8Array> {
  return parse(wat);
}

export const COMPONENT_HEADER = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];
export const MODULE_HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** A component of hand-made sections, as no toolchain would write them. */
export function handMade(...sections: readonly (readonly [id: number, content: readonly number[]])[]): Uint8Array {
  return concat([COMPONENT_HEADER, ...sections.map(([id, content]) => section(id, Uint8Array.from(content)))]);
}

/** A length-prefixed name. */
export function name(text: string): number[] {
  const bytes = [...new TextEncoder().encode(text)];
  return [...leb(bytes.length), ...bytes];
}

/** A type index where a type may stand: signed, so that 64 takes two bytes. */
export function index(value: number): number[] {
  const bytes = leb(value);
  const last = bytes.length - 1;
  const top = bytes[last] ?? 0;
  return top & 0x40 ? [...bytes.slice(0, last), top | 0x80, 0] : bytes;
}

/** The error that `run` throws, which must be a `SwitchboardError`. */
export function failure(run: () => unknown): SwitchboardError {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof ErrorClass) return thrown;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}

/** Numbers from a seed (mulberry32): the same on every run. */
export function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}
