/** Answers of a server that lies about them, byte for byte. */
const OK = 'HTTP/1.1 200 OK\r\n';
const EVIL = `${OK}content-length: 4\r\n\r\nevil`;

export const LIES: { readonly [name: string]: string } = {
  'short-length': `${OK}content-length: 4\r\n\r\nreached${EVIL}`,
  'long-length': `${OK}content-length: 100\r\n\r\nreached`,
  'two-lengths': `${OK}content-length: 4\r\ncontent-length: 7\r\n\r\nreached`,
  'length-and-chunked': `${OK}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n7\r\nreached\r\n0\r\n\r\n${EVIL}`,
  'chunk-overflow': `${OK}transfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\nreached`,
  'chunk-cut': `${OK}transfer-encoding: chunked\r\n\r\n7\r\nrea`,
  'two-answers': `${OK}content-length: 7\r\n\r\nreached${EVIL}`,
  'many-headers': `${OK}${Array.from({ length: 10_000 }, (_, i) => `x-${i}: y\r\n`).join('')}\r\nreached`,
  'some-headers': `${OK}${Array.from({ length: 1000 }, (_, i) => `x-${i}: y\r\n`).join('')}content-length: 7\r\n\r\nreached`,
  'huge-header': `${OK}x: ${'y'.repeat(1024 * 1024)}\r\n\r\nreached`,
  'nul-in-value': `${OK}x: a\0b\r\ncontent-length: 7\r\n\r\nreached`,
  'nul-in-name': `${OK}x\0y: a\r\ncontent-length: 7\r\n\r\nreached`,
  'bare-cr': `${OK}x: a\rb: c\r\ncontent-length: 7\r\n\r\nreached`,
  folded: `${OK}x: a\r\n b: c\r\ncontent-length: 7\r\n\r\nreached`,
  'space-before-colon': `${OK}content-length : 4\r\ncontent-length: 7\r\n\r\nreached`,
  'no-status': 'reached',
  'odd-names': `${OK}__proto__: polluted\r\nconstructor: polluted\r\ntoString: polluted\r\ncontent-length: 7\r\n\r\nreached`,
};
