import type { Part } from '../part.ts';
import { httpTypesInterface, outgoingHandlerInterface } from './index.ts';
import { simpleHttpInterface } from './simple.ts';

export const part: Part = {
  own: {
    'switchboard:host/http': simpleHttpInterface,
    'wasi:http/outgoing-handler': outgoingHandlerInterface,
    'wasi:http/types': httpTypesInterface,
  },
};
