/** `wasi:http`: outgoing requests to what is granted. Incoming requests there are none. */
import type { ServiceInterface } from '#core/services';
import type { IoError } from '../io/streams.ts';
import type { Scope } from '../scope.ts';
import { refusedResource, WitError } from '../wit-error.ts';
import { createEgress, type EgressRequest } from './egress.ts';
import { httpError } from './failures.ts';
import { Fields } from './fields.ts';
import { FutureIncomingResponse, FutureTrailers, IncomingBody, IncomingResponse } from './incoming.ts';
import { OutgoingRequest, OutgoingResponse, RequestOptions } from './messages.ts';
import { OutgoingBody } from './outgoing-body.ts';

/** Resources that only an incoming request would give out, and there is none. */
const IncomingRequest = refusedResource(
  ['method', 'pathWithQuery', 'scheme', 'authority', 'headers', 'consume'],
  undefined,
);
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
    Fields: fieldsOf(scope),
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
    httpErrorCode: ({ code }: IoError) => (typeof code === 'object' && code !== null ? code : undefined),
  };
}

type FieldsClass = new () => Fields;
const CLASSES = new WeakMap<Scope, FieldsClass>();

/** One class for an instance: what it makes and what it is given are of the same. */
function fieldsOf(scope: Scope): FieldsClass {
  const known = CLASSES.get(scope);
  if (known) return known;
  const made = class extends Fields {
    constructor() {
      super(scope);
    }
  };
  CLASSES.set(scope, made);
  return made;
}

/** Requests of one instance under way. */
const MOST_REQUESTS = 64;

/** `wasi:http/outgoing-handler`. */
export function outgoingHandlerInterface(scope: Scope): ServiceInterface {
  const egress = createEgress(scope.env);
  let underWay = 0;
  const makeFields = (entries: readonly (readonly [string, Uint8Array])[]): Fields =>
    Fields.received(fieldsOf(scope), entries);
  return {
    handle(request: OutgoingRequest, options: RequestOptions | undefined): FutureIncomingResponse {
      const { body, ...parts } = request.parts();
      const url = urlOf(parts);
      try {
        egress.check(url);
      } catch (thrown) {
        body?.break();
        throw new WitError(httpError(thrown));
      }
      if (underWay >= MOST_REQUESTS) throw new WitError({ tag: 'connection-limit-reached' });
      underWay += 1;
      const send = async (): ReturnType<typeof egress.request> => {
        try {
          // A body that was begun and left empty is none: the method may not allow one.
          await body?.settled;
          const sent: EgressRequest = {
            method: parts.method,
            url,
            headers: parts.headers,
            body: body?.isEmpty ? undefined : body,
            ...timeouts(options),
          };
          return await egress.request(sent);
        } catch (thrown) {
          body?.break();
          throw thrown;
        } finally {
          underWay -= 1;
        }
      };
      return new FutureIncomingResponse(scope, makeFields, send());
    },
  };
}

function urlOf({ scheme, authority, path }: { scheme: string; authority: string; path: string }): URL {
  if (scheme !== 'http' && scheme !== 'https') throw new WitError({ tag: 'HTTP-request-URI-invalid' });
  // Credentials in the authority are read differently by different parsers: which host is meant must be plain.
  if (authority.includes('@') || !/^[\x21-\x7e]+$/.test(`${authority}${path}`) || authority.includes('\\')) {
    throw new WitError({ tag: 'HTTP-request-URI-invalid' });
  }
  const raw = `${scheme}://${authority}${path.startsWith('/') ? path : `/${path}`}`;
  if (!URL.canParse(raw)) throw new WitError({ tag: 'HTTP-request-URI-invalid' });
  const url = new URL(raw);
  // `127.1` and `0x7f.1` become addresses when parsed: what the guest wrote is what is decided.
  const written = authority.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
  if (url.hostname.replace(/\.$/, '') !== written && !written.startsWith('[')) {
    throw new WitError({ tag: 'HTTP-request-URI-invalid' });
  }
  return url;
}

function timeouts(options: RequestOptions | undefined): Partial<EgressRequest> {
  const ms = (ns: bigint | undefined): number => (ns === undefined ? 0 : Math.max(1, Number(ns / 1_000_000n)));
  return {
    firstByteTimeout: ms(options?.firstByteTimeout()),
    betweenBytesTimeout: ms(options?.betweenBytesTimeout()),
  };
}
