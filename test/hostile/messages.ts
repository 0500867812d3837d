/** Messages that no client should send, each with what a server must say to it. */

export interface HostileMessage {
  readonly what: string;
  readonly text: string | Buffer;
  /** JSON-RPC error code; where a request is fine in form, of the answer under its id. */
  readonly code: number;
  /** Answers over stdio, where each message of a batch has its own; one unless given. */
  readonly lines?: number;
}

const PARSE = -32700;
const REQUEST = -32600;
const deep = (open: string, close: string, levels = 100_000): string => open.repeat(levels) + close.repeat(levels);
const call = (params: unknown): string => JSON.stringify({ jsonrpc: '2.0', id: 9, method: 'tools/call', params });

export const MALFORMED: readonly HostileMessage[] = [
  { what: 'no JSON', text: 'hello', code: PARSE },
  { what: 'half of a message', text: '{"jsonrpc":"2.0","id":1,"method":"pi', code: PARSE },
  {
    what: 'two messages',
    text: '{"jsonrpc":"2.0","id":1,"method":"ping"}{"jsonrpc":"2.0","id":2,"method":"ping"}',
    code: PARSE,
  },
  { what: 'NaN', text: '{"jsonrpc":"2.0","id":NaN,"method":"ping"}', code: PARSE },
  { what: 'single quotes', text: "{'jsonrpc':'2.0'}", code: PARSE },
  { what: 'a NUL', text: '\0', code: PARSE },
  { what: 'bytes that are not UTF-8', text: Buffer.from([0x22, 0xff, 0xfe, 0x22]), code: PARSE },
  { what: 'an overlong form', text: Buffer.from([0x22, 0xc0, 0xaf, 0x22]), code: PARSE },
  { what: 'half of a surrogate pair', text: Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), code: PARSE },
  {
    what: 'a method that is not UTF-8',
    text: Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":1,"method":"p'), Buffer.from([0x80]), Buffer.from('"}')]),
    code: PARSE,
  },
  { what: 'null', text: 'null', code: REQUEST },
  { what: 'a number', text: '7', code: REQUEST },
  { what: 'a string', text: '"ping"', code: REQUEST },
  { what: 'an empty object', text: '{}', code: REQUEST },
  { what: 'an empty batch', text: '[]', code: REQUEST },
  { what: 'a batch of no messages', text: '[1,2,3]', code: REQUEST, lines: 3 },
  {
    what: 'a batch of 101',
    text: JSON.stringify(Array.from({ length: 101 }, (_, id) => ({ jsonrpc: '2.0', id, method: 'ping' }))),
    code: REQUEST,
  },
  { what: 'JSON-RPC 1.0', text: '{"jsonrpc":"1.0","id":1,"method":"ping"}', code: REQUEST },
  { what: 'no version', text: '{"id":1,"method":"ping"}', code: REQUEST },
  { what: 'a version that is a number', text: '{"jsonrpc":2.0,"id":1,"method":"ping"}', code: REQUEST },
  { what: 'an id that is an object', text: '{"jsonrpc":"2.0","id":{"a":1},"method":"ping"}', code: REQUEST },
  { what: 'an id that is a list', text: '{"jsonrpc":"2.0","id":[1],"method":"ping"}', code: REQUEST },
  { what: 'an id that is null', text: '{"jsonrpc":"2.0","id":null,"method":"ping"}', code: REQUEST },
  { what: 'an id that is a boolean', text: '{"jsonrpc":"2.0","id":true,"method":"ping"}', code: REQUEST },
  { what: 'an id that is no whole number', text: '{"jsonrpc":"2.0","id":1.5,"method":"ping"}', code: REQUEST },
  { what: 'an id beyond all numbers', text: '{"jsonrpc":"2.0","id":1e999,"method":"ping"}', code: REQUEST },
  { what: 'a method that is a number', text: '{"jsonrpc":"2.0","id":1,"method":7}', code: REQUEST },
  { what: 'a method that is null', text: '{"jsonrpc":"2.0","id":1,"method":null}', code: REQUEST },
  { what: 'params that are a list', text: '{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', code: REQUEST },
  { what: 'params that are a string', text: '{"jsonrpc":"2.0","id":1,"method":"ping","params":"x"}', code: REQUEST },
  { what: 'an answer to nobody', text: '{"jsonrpc":"2.0","result":{}}', code: REQUEST },
  { what: 'an answer that is no object', text: '{"jsonrpc":"2.0","id":1,"result":5}', code: REQUEST },
  { what: '__proto__ as the whole', text: '{"__proto__":{"jsonrpc":"2.0","id":1,"method":"ping"}}', code: REQUEST },
  { what: '100,000 lists deep', text: deep('[', ']'), code: REQUEST },
  {
    what: '100,000 objects deep',
    text: `{"jsonrpc":"2.0","id":1,"method":"ping","params":${deep('{"a":', '}').replace('}', '1}')}}`,
    code: REQUEST,
  },
  {
    what: 'arguments 100,000 deep',
    text: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"demo_text_count","arguments":{"text":${deep('[', ']')}}}}`,
    code: REQUEST,
  },
  { what: 'lists that never close', text: '['.repeat(1_000_000), code: REQUEST },
];

/** Right in form; wrong, or odd, for MCP. After `initialize`. */
export const ODD_REQUESTS: readonly (HostileMessage & { readonly code: number })[] = [
  { what: 'an unknown method', text: '{"jsonrpc":"2.0","id":9,"method":"no/such"}', code: -32601 },
  { what: 'a method of Object.prototype', text: '{"jsonrpc":"2.0","id":9,"method":"constructor"}', code: -32601 },
  { what: 'the method __proto__', text: '{"jsonrpc":"2.0","id":9,"method":"__proto__"}', code: -32601 },
  { what: 'a tool that is a number', text: call({ name: 7 }), code: -32602 },
  { what: 'no tool', text: call({}), code: -32602 },
  { what: 'the tool __proto__', text: call({ name: '__proto__' }), code: -32602 },
  { what: 'the tool constructor', text: call({ name: 'constructor', arguments: {} }), code: -32602 },
  { what: 'a tool name of 1 MiB', text: call({ name: 'x'.repeat(1024 * 1024) }), code: -32602 },
  { what: 'arguments that are a list', text: call({ name: 'demo_text_count', arguments: [] }), code: -32602 },
  { what: 'arguments that are a string', text: call({ name: 'demo_text_count', arguments: 'x' }), code: -32602 },
  {
    what: 'a cursor of nobody',
    text: '{"jsonrpc":"2.0","id":9,"method":"tools/list","params":{"cursor":"%%%"}}',
    code: -32602,
  },
  {
    what: 'a cursor that is an object',
    text: '{"jsonrpc":"2.0","id":9,"method":"tools/list","params":{"cursor":{}}}',
    code: -32602,
  },
];
