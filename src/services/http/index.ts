/** `wasi:http`: a component can build a request; sending it is answered `HTTP-request-denied`. */
import type { ServiceInterface } from '#core/services';
import type { Scope } from '../scope.ts';
import { refusedResource, WitError } from '../wit-error.ts';
import { Fields } from './fields.ts';
import { OutgoingBody, OutgoingRequest, OutgoingResponse, RequestOptions } from './messages.ts';

const DENIED = { tag: 'HTTP-request-denied' };

/** Resources that only an answer would give out, and there is none. */
const IncomingRequest = refusedResource(
  ['method', 'pathWithQuery', 'scheme', 'authority', 'headers', 'consume'],
  undefined,
);
const IncomingResponse = refusedResource(['status', 'headers', 'consume'], undefined);
const FutureIncomingResponse = refusedResource(['subscribe', 'get'], undefined);
const FutureTrailers = refusedResource(['subscribe', 'get'], undefined);
const IncomingBody = withStatic(refusedResource(['stream'], undefined), 'finish');
const ResponseOutparam = withStatic(
  withStatic(refusedResource(['sendInformational'], undefined), 'set'),
  'sendInformational',
);

function withStatic<T extends object>(cls: T, name: string): T {
  const refuse = (): never => {
    throw new WitError();
  };
  return Object.defineProperty(cls, name, { value: refuse });
}

/** `wasi:http/types`. The classes a guest constructs are the instance's own: a constructor is given no scope. */
export function httpTypesInterface(scope: Scope): ServiceInterface {
  return {
    Fields: class extends Fields {
      constructor() {
        super(scope);
      }
    },
    OutgoingRequest: class extends OutgoingRequest {
      constructor(headers: Fields) {
        super(scope, headers);
      }
    },
    OutgoingResponse: class extends OutgoingResponse {
      constructor(headers: Fields) {
        super(scope, headers);
      }
    },
    RequestOptions: class extends RequestOptions {
      constructor() {
        super(scope);
      }
    },
    OutgoingBody,
    IncomingBody,
    IncomingRequest,
    IncomingResponse,
    FutureIncomingResponse,
    FutureTrailers,
    ResponseOutparam,
    httpErrorCode: () => undefined,
  };
}

/** `wasi:http/outgoing-handler`. */
export const outgoingHandlerInterface: ServiceInterface = {
  handle: (request: OutgoingRequest, options: RequestOptions | undefined): never => {
    request[Symbol.dispose]();
    options?.[Symbol.dispose]();
    throw new WitError(DENIED);
  },
};
