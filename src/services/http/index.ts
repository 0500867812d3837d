/** `wasi:http`: outgoing requests to what is granted. Incoming requests there are none. */
import type { ServiceInterface } from '#core/services';
import type { IoError } from '../io/streams.ts';
import type { Scope } from '../scope.ts';
import { refusedResource, WitError } from '../wit-error.ts';
import { createEgress, type EgressRequest, type EgressResponse } from './egress.ts';
import { Failed, httpError } from './failures.ts';
import { Fields } from './fields.ts';
import { FutureIncomingResponse, FutureTrailers, IncomingBody, IncomingResponse, type MakeFields } from './incoming.ts';
import { OutgoingRequest, OutgoingResponse, RequestOptions, type RequestParts } from './messages.ts';
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
export function fieldsOf(scope: Scope): FieldsClass {
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
  const makeFields: MakeFields = (entries, parent) =>
    Fields.received(
      fieldsOf(scope),
      entries.map(([name, value]) => [name, Buffer.from(value, 'latin1')]),
      parent,
    );
  return {
    /** Consumes both. */
    handle(request: OutgoingRequest, options: RequestOptions | undefined): FutureIncomingResponse {
      const limits = timeouts(options);
      options?.[Symbol.dispose]();
      const { body, ...parts } = request.parts();
      const stop = new AbortController();
      let url: URL;
      try {
        url = urlOf(parts);
        egress.check(url);
        if (underWay >= MOST_REQUESTS) throw new Failed({ tag: 'connection-limit-reached' });
      } catch (thrown) {
        body?.break(thrown);
        throw new WitError(httpError(thrown));
      }
      underWay += 1;
      const send = async (): Promise<EgressResponse> => {
        try {
          // A body that was begun and left empty is none: the method may not allow one.
          await body?.settled;
          const { method, path, headers } = parts;
          const sent = body?.isEmpty ? undefined : body;
          return await egress.request({ method, url, path, headers, body: sent, signal: stop.signal, ...limits });
        } catch (thrown) {
          body?.break(thrown);
          throw thrown;
        } finally {
          underWay -= 1;
        }
      };
      const cancel = (): void => {
        stop.abort();
        body?.break(new Failed({ tag: 'connection-terminated' }));
      };
      return new FutureIncomingResponse(scope, makeFields, { response: send(), cancel });
    },
  };
}

type Target = Pick<RequestParts, 'scheme' | 'authority' | 'path'>;

function urlOf({ scheme, authority, path }: Target): URL {
  const invalid = new Failed({ tag: 'HTTP-request-URI-invalid' });
  if (scheme !== 'http' && scheme !== 'https') throw invalid;
  // Credentials in the authority are read differently by different parsers: which host is meant must be plain.
  if (authority.includes('@') || /:0+$/.test(authority) || !path.startsWith('/')) throw invalid;
  const raw = `${scheme}://${authority}${path}`;
  if (!URL.canParse(raw)) throw invalid;
  const url = new URL(raw);
  // `127.1` and `0x7f.1` become addresses when parsed: what the guest wrote is what is decided.
  const written = authority.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
  if (url.hostname.replace(/\.$/, '') !== written && !written.startsWith('[')) throw invalid;
  return url;
}

type Timeouts = Pick<EgressRequest, 'connectTimeout' | 'firstByteTimeout' | 'betweenBytesTimeout'>;

function timeouts(options: RequestOptions | undefined): Timeouts {
  const ms = (ns: bigint | undefined): number | undefined => (ns === undefined ? undefined : Number(ns) / 1e6);
  return {
    connectTimeout: ms(options?.connectTimeout()),
    firstByteTimeout: ms(options?.firstByteTimeout()),
    betweenBytesTimeout: ms(options?.betweenBytesTimeout()),
  };
}
