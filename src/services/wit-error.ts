/**
 * The error case of an imported function's result: jco's generated code takes the `payload` of what is
 * thrown. Anything else that is thrown ends the instance.
 */
export class WitError extends Error {
  readonly payload: unknown;

  constructor(payload?: unknown) {
    super('the error case of a result');
    this.payload = payload;
  }
}

type Class = new () => object;

/**
 * A resource that no guest can get hold of, as nothing is granted that would give one out. It exists because
 * generated code names it; should one be reached all the same, every use is refused with `payload`.
 */
export function refusedResource(methods: readonly string[], payload: unknown): Class {
  const Refused = class {};
  const refuse = (): never => {
    throw new WitError(payload);
  };
  for (const name of methods) Object.defineProperty(Refused.prototype, name, { value: refuse });
  return Refused;
}
