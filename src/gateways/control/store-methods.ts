/** Methods about what components keep. */
import type { StoreKind, StorePage, StoreUsage } from '#core';
import { SwitchboardError } from '#core/errors';
import type { Host } from '#host/api';
import type { Channel } from './channel.ts';
import { asInteger, asString, type Loose, optional } from './check.ts';
import type { Asked, MethodEnv } from './methods.ts';

export interface StoreRequests {
  readonly stores: { params: { owner?: string | undefined }; result: readonly StoreUsage[] };
  readonly 'store-keys': {
    params: { owner: string; kind: StoreKind; name: string; prefix: string; after?: string | undefined; limit: number };
    result: StorePage;
  };
  readonly 'clear-stores': {
    params: { owner: string; kind: StoreKind; name?: string | undefined; key?: string | undefined };
    result: number;
  };
}

export function storeMethods(channel: Channel): Pick<Host, 'stores' | 'storeKeys' | 'clearStores'> {
  return {
    stores: (owner) => channel.request('stores', { owner }),
    storeKeys: (store, listing) => channel.request('store-keys', { ...store, ...listing }),
    clearStores: (store) => channel.request('clear-stores', { ...store }),
  };
}

type Handler = (env: MethodEnv, asked: Asked) => Promise<unknown>;

export const STORE_HANDLERS: { readonly [M in keyof StoreRequests]: Handler } = {
  stores: ({ host }, { params }) => host.stores(optional(params['owner'], (v) => asString(v, 'owner'))),
  'store-keys': ({ host }, { params }) =>
    host.storeKeys(
      { ...ownerAndKind(params), name: asString(params['name'], 'name') },
      {
        prefix: asString(params['prefix'], 'prefix'),
        after: optional(params['after'], (v) => asString(v, 'after')),
        limit: asInteger(params['limit'], 'limit', 1, 1000),
      },
    ),
  'clear-stores': ({ host }, { params }) => {
    const name = optional(params['name'], (v) => asString(v, 'name'));
    const key = optional(params['key'], (v) => asString(v, 'key'));
    if (name !== undefined) return host.clearStores({ ...ownerAndKind(params), name, key });
    if (key !== undefined) throw new SwitchboardError('invalid-usage', 'a key is of a store that is named');
    return host.clearStores(ownerAndKind(params));
  },
};

function ownerAndKind(params: Loose): { readonly owner: string; readonly kind: StoreKind } {
  const { kind } = params;
  if (kind !== 'kv' && kind !== 'blob') throw new SwitchboardError('invalid-usage', 'kind must be one of kv, blob');
  return { owner: asString(params['owner'], 'owner'), kind };
}
