import type { ServiceInterface } from '#core/services';
import type { Scope } from '../scope.ts';
import { WitError } from '../wit-error.ts';
import { askReflect, type Seen, seenComponents, type SeenFunction } from './seen.ts';

/** `switchboard:host/reflect`. */
export function reflectInterface({ env }: Scope): ServiceInterface {
  return {
    async listComponents(): Promise<object[]> {
      return (await seenComponents(env)).map(({ name, version, docs, functions }) => ({
        name,
        version,
        docs,
        functions: functions.map(({ id }) => id),
      }));
    },
    async getComponent(component: string): Promise<object | undefined> {
      const [seen] = await seenComponents(env, { component });
      return seen && componentOf(seen);
    },
    async call(component: string, fn: string, args: string): Promise<string | undefined> {
      const reply = await askReflect(env, { component, function: fn, args });
      if ('failed' in reply) {
        const { tag, val } = reply.failed;
        throw new WitError({ tag: tag.startsWith('no-') ? 'not-found' : tag, val });
      }
      if (reply.ok === undefined) return undefined;
      const text = JSON.stringify(reply.ok);
      env.charge(text.length);
      return text;
    },
  };
}

const componentOf = ({ functions, ...seen }: Seen): object => ({ ...seen, functions: functions.map(functionOf) });

function functionOf({ id, name, wit, docs, result, needsSession, ...fn }: SeenFunction): object {
  return {
    id,
    name,
    wit,
    docs,
    needsSession,
    interface: fn.interface,
    arguments: JSON.stringify(fn.arguments),
    result: result && JSON.stringify(result),
  };
}
