/** Methods about calls that components arranged for later. */
import type { Schedule } from '#core';
import type { Host } from '#host/api';
import type { Channel } from './channel.ts';
import { asString, optional } from './check.ts';
import type { Asked, MethodEnv } from './methods.ts';

export interface ScheduleRequests {
  readonly schedules: { params: { component?: string | undefined }; result: readonly Schedule[] };
  readonly 'remove-schedule': { params: { component: string; name: string }; result: Schedule };
}

export function scheduleMethods(channel: Channel): Pick<Host, 'schedules' | 'removeSchedule'> {
  return {
    schedules: (component) => channel.request('schedules', { component }),
    removeSchedule: (component, name) => channel.request('remove-schedule', { component, name }),
  };
}

type Handler = (env: MethodEnv, asked: Asked) => Promise<unknown>;

export const SCHEDULE_HANDLERS: { readonly [M in keyof ScheduleRequests]: Handler } = {
  schedules: ({ host }, { params }) => host.schedules(optional(params['component'], (v) => asString(v, 'component'))),
  'remove-schedule': ({ host }, { params }) =>
    host.removeSchedule(asString(params['component'], 'component'), asString(params['name'], 'name')),
};
