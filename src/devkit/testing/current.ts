/** What the tests of this process are about: set by the runner, asked for by the module that tests import. */
import { SwitchboardError } from '#core/errors';
import { openSandbox, type Sandbox, type SandboxOptions, type Subject } from './sandbox.ts';

let subject: Subject | undefined;
const open = new Set<Sandbox>();
let plain: Promise<Sandbox> | undefined;

export function setSubject(given: Subject): void {
  subject = given;
}

/** A sandbox that is closed with the tests if not before. */
export async function newSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  if (subject === undefined) {
    throw new SwitchboardError('invalid-usage', 'these tests are run by switchboard test', { fix: 'switchboard test' });
  }
  const made = await openSandbox(subject, options);
  open.add(made);
  const close = async (): Promise<void> => {
    if (open.delete(made)) await made.close();
  };
  return { ...made, close, [Symbol.asyncDispose]: close };
}

/** The one without options, opened at its first use. */
export function plainSandbox(): Promise<Sandbox> {
  plain ??= newSandbox();
  return plain;
}

/** A test that comes later gets a new one. */
export async function closeSandboxes(): Promise<void> {
  const left = [...open];
  open.clear();
  plain = undefined;
  await Promise.all(left.map((sandbox) => sandbox.close()));
}
