/** A name server of the tests' own, as hostile as they like: it changes its answers, or gives none. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

export interface NameServer extends AsyncDisposable {
  /** `127.0.0.1:port`. */
  readonly address: string;
}

const TYPES: ReadonlyMap<number, 'A' | 'AAAA'> = new Map([
  [1, 'A'],
  [28, 'AAAA'],
]);
const CNAME = 5;
const HEADER_BYTES = 12;

/**
 * Answers queries for A and AAAA, RFC 1035. Of each name the first query of a type gets the first answer, and so on;
 * the last stays. An answer is addresses, or a name that it is an alias of, with spaces between; a name without any is
 * never answered, one that is not there does not exist.
 */
export async function startNameServer(names: { readonly [name: string]: readonly string[] }): Promise<NameServer> {
  const answers = new Map(Object.entries(names));
  const asked = new Map<string, number>();
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const { name, type, end } = question(query);
    const kind = TYPES.get(type);
    const known = answers.get(name);
    if (known?.length === 0) return;
    const key = `${name} ${type}`;
    const count = asked.get(key) ?? 0;
    asked.set(key, count + 1);
    const said = (known?.[Math.min(count, known.length - 1)] ?? '').split(' ').filter((word) => word !== '');
    const records = said.flatMap((word) => record(word, kind));
    const header = Buffer.alloc(HEADER_BYTES);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(known ? 0x8580 : 0x8583, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    socket.send(Buffer.concat([header, query.subarray(HEADER_BYTES, end), ...records]), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    },
  };
}

function question(query: Buffer): { readonly name: string; readonly type: number; readonly end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** Of the name that was asked for, good for no time at all. */
function record(word: string, kind: 'A' | 'AAAA' | undefined): Buffer[] {
  const isV6 = word.includes(':');
  const isV4 = /^[\d.]+$/.test(word);
  if ((isV4 && kind !== 'A') || (isV6 && kind !== 'AAAA')) return [];
  const data = isV4
    ? Buffer.from(word.split('.').map(Number))
    : isV6
      ? Buffer.from(groups(word).flatMap((group) => [group >> 8, group & 0xff]))
      : Buffer.concat([
          ...word.split('.').map((l) => Buffer.from(`${String.fromCharCode(l.length)}${l}`)),
          Buffer.alloc(1),
        ]);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc000 | HEADER_BYTES, 0);
  head.writeUInt16BE(isV4 ? 1 : isV6 ? 28 : CNAME, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(data.length, 10);
  return [Buffer.concat([head, data])];
}

function groups(address: string): number[] {
  const [left = [], right = []] = address.split('::').map((half) =>
    half
      .split(':')
      .filter((group) => group !== '')
      .map((group) => Number.parseInt(group, 16)),
  );
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => 0), ...right];
}
