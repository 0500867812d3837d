import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { requirementOf } from '#core/policy';
import type { ServiceEnv } from '#core/services';
import { camelCase } from '#wit/names';
import { serviceSet } from '../index.ts';
import { OF_EACH_PART } from '../parts.ts';
import { laterFunctions } from './offer.ts';

await serviceSet.load(OF_EACH_PART);

const env = { onEnd: () => undefined, policy: { env: [], fs: [], net: [] } } as unknown as ServiceEnv;

function pascalCase(name: string): string {
  const camel = camelCase(name);
  return camel.slice(0, 1).toUpperCase() + camel.slice(1);
}

test('[preview3.services] every function that is offered is there, in an interface that the policy knows', () => {
  const services = serviceSet.create(env);
  for (const [id, functions] of Object.entries(laterFunctions)) {
    equal(requirementOf(`${id}.2`).access === 'unavailable', false, id);
    equal(requirementOf(id.replace('@0.3', '@0.4.0')).access, 'unavailable', id);
    const members = services[id] as { readonly [name: string]: unknown };
    for (const name of functions) {
      const [, kind, resource = '', method = ''] = /^\[(\w+)\]([^.]+)\.?(.*)$/.exec(name) ?? [];
      if (kind === undefined) equal(typeof members[camelCase(name)], 'function', `${id}#${name}`);
      else {
        const cls = members[pascalCase(resource)] as { readonly [name: string]: unknown; readonly prototype: object };
        equal(typeof cls, 'function', `${id}#${name}`);
        if (kind === 'static') equal(typeof cls[camelCase(method)], 'function', `${id}#${name}`);
        if (kind === 'method') equal(camelCase(method) in cls.prototype, true, `${id}#${name}`);
      }
    }
  }
});
