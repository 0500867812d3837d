import type { LogLevel } from '#core/events';
import type { ServiceInterface } from '#core/services';
import type { Scope } from '../scope.ts';

/** `switchboard:host/log`. Of fields with the same name the last counts. */
export function logInterface({ env }: Scope): ServiceInterface {
  return {
    write: (level: LogLevel, message: string, fields: readonly (readonly [string, string])[]): void => {
      if (fields.length === 0) env.log('log', level, message);
      else env.log('log', level, message, Object.fromEntries(fields));
    },
  };
}
