/** Network hosts and addresses as policy sees them: pure, no resolver. IPv4 and IPv6 in one form, 16 bytes. */

/** An address: IPv4 as `::ffff:a.b.c.d`, so that both spellings of one are one. */
export type AddressBytes = Uint8Array;

/**
 * Parses the canonical spellings only: dotted decimal without leading zeros, and RFC 4291 text. Octal, hexadecimal,
 * short and integer spellings (`0177.0.0.1`, `2130706433`, `127.1`) are not addresses here, see `looksNumeric`.
 */
export function parseAddress(text: string): AddressBytes | undefined {
  const v4 = parseV4(text);
  if (v4) return mapped(v4);
  return text.includes(':') ? parseV6(text) : undefined;
}

/**
 * Whether a host could be taken for an IPv4 address by a resolver although it is no canonical one: by the rules of
 * `inet_aton` and of URLs, a host whose last label is a number or hexadecimal. Such a host is never a name.
 */
export function looksNumeric(host: string): boolean {
  const last = host.replace(/\.$/, '').split('.').at(-1) ?? '';
  return /^(?:\d+|0x[0-9a-f]*)$/i.test(last) && parseV4(host) === undefined;
}

/** `localhost`, lower case, no trailing dot, no brackets, no zone; undefined where it is no host at all. */
export function normalHost(text: string): string | undefined {
  let host = text.toLowerCase();
  if (host.startsWith('[') && host.endsWith(']')) host = host.slice(1, -1);
  if (host.includes(':')) {
    const address = parseV6(host);
    return address && formatAddress(address);
  }
  if (host.endsWith('.')) host = host.slice(0, -1);
  if (looksNumeric(host)) return undefined;
  return host.length <= 253 &&
    /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/.test(host)
    ? host
    : undefined;
}

/** IPv4 as dotted decimal, IPv6 in the shortest form without brackets. */
export function formatAddress(bytes: AddressBytes): string {
  if (isMapped(bytes)) return bytes.subarray(12).join('.');
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0));
  let [best, length] = [-1, 1];
  for (let start = 0; start < 8; start += 1) {
    let end = start;
    while (end < 8 && groups[end] === 0) end += 1;
    if (end - start > length) [best, length] = [start, end - start];
  }
  const hex = groups.map((group) => group.toString(16));
  return best < 0 ? hex.join(':') : `${hex.slice(0, best).join(':')}::${hex.slice(best + length).join(':')}`;
}

/** A block of addresses, `10.0.0.0/8` or one address. */
export interface AddressBlock {
  readonly bytes: AddressBytes;
  /** Of the 128. */
  readonly prefix: number;
}

export function parseBlock(text: string): AddressBlock | undefined {
  const [address = '', length, ...rest] = text.split('/');
  const bytes = parseAddress(address);
  if (!bytes || rest.length > 0) return undefined;
  if (length === undefined) return { bytes, prefix: 128 };
  if (!/^\d{1,3}$/.test(length)) return undefined;
  const prefix = Number(length) + (isMapped(bytes) && !address.includes(':') ? 96 : 0);
  return prefix <= 128 && (address.includes(':') || Number(length) <= 32) ? { bytes, prefix } : undefined;
}

export function inBlock(address: AddressBytes, { bytes, prefix }: AddressBlock): boolean {
  const whole = prefix >> 3;
  // From the end: blocks differ there first.
  for (let i = whole - 1; i >= 0; i -= 1) if (address[i] !== bytes[i]) return false;
  const rest = prefix & 7;
  if (rest === 0) return true;
  const mask = 0xff << (8 - rest);
  return ((address[whole] ?? 0) & mask) === ((bytes[whole] ?? 0) & mask);
}

const block = (text: string): AddressBlock => parseBlock(text) as AddressBlock;

/** What is not the public internet, with the words a person knows it by. IANA's special-purpose registries, 2025. */
const SPECIAL: readonly (readonly [AddressBlock, string])[] = (
  [
    ['169.254.169.254', 'the cloud metadata service'],
    ['169.254.170.2', 'the cloud metadata service'],
    ['100.100.100.200', 'the cloud metadata service'],
    ['192.0.0.192', 'the cloud metadata service'],
    ['fd00:ec2::254', 'the cloud metadata service'],
    ['fd20:ce::254', 'the cloud metadata service'],
    // Azure's, from which a machine also has its certificates.
    ['168.63.129.16', 'the cloud metadata service'],
    ['127.0.0.0/8', 'this machine (loopback)'],
    ['::1', 'this machine (loopback)'],
    ['0.0.0.0/8', 'this machine (unspecified)'],
    ['::', 'this machine (unspecified)'],
    ['10.0.0.0/8', 'a private network'],
    ['172.16.0.0/12', 'a private network'],
    ['192.168.0.0/16', 'a private network'],
    ['100.64.0.0/10', 'a carrier’s private network'],
    ['fc00::/7', 'a private network'],
    ['fec0::/10', 'a private network'],
    ['169.254.0.0/16', 'the local link'],
    ['fe80::/10', 'the local link'],
    ['224.0.0.0/4', 'multicast'],
    ['ff00::/8', 'multicast'],
    ['240.0.0.0/4', 'reserved'],
    ['192.0.0.0/24', 'reserved'],
    ['192.0.2.0/24', 'reserved for documentation'],
    ['198.51.100.0/24', 'reserved for documentation'],
    ['203.0.113.0/24', 'reserved for documentation'],
    ['198.18.0.0/15', 'reserved for benchmarks'],
    ['192.88.99.0/24', 'reserved'],
    ['192.31.196.0/24', 'reserved'],
    ['192.52.193.0/24', 'reserved'],
    ['192.175.48.0/24', 'reserved'],
    ['64:ff9b:1::/48', 'a translated private address'],
    ['100::/64', 'reserved'],
    ['100:0:0:1::/64', 'reserved'],
    ['2001:db8::/32', 'reserved for documentation'],
    ['3fff::/20', 'reserved for documentation'],
    ['2001::/23', 'reserved'],
    ['5f00::/16', 'reserved'],
  ] as const
).map(([text, name]) => [block(text), name]);

const SPECIAL_V4 = SPECIAL.filter(([{ bytes }]) => isMapped(bytes));
const SPECIAL_V6 = SPECIAL.filter(([{ bytes }]) => !isMapped(bytes));

function nameIn(blocks: typeof SPECIAL, address: AddressBytes): string | undefined {
  for (const [special, name] of blocks) if (inBlock(address, special)) return name;
  return undefined;
}

const GLOBAL_V6 = block('2000::/3');
/** Where an IPv4 address is inside: [block, byte at which it begins]. NAT64, 6to4. */
const EMBEDDED: readonly (readonly [AddressBlock, number])[] = [
  [block('64:ff9b::/96'), 12],
  [block('2002::/16'), 2],
];
/** `::a.b.c.d`, deprecated, yet some stacks route it. */
const COMPATIBLE = block('::/96');

/** Why an address is not on the public internet; undefined if it is. Addresses inside addresses are judged too. */
export function specialAddress(address: AddressBytes): string | undefined {
  if (isMapped(address)) return nameIn(SPECIAL_V4, address);
  const name = nameIn(SPECIAL_V6, address);
  if (name !== undefined) return name;
  for (const [outer, at] of EMBEDDED) {
    if (!inBlock(address, outer)) continue;
    const inner = specialAddress(mapped(address.subarray(at, at + 4)));
    return inner && `${inner}, translated`;
  }
  if (inBlock(address, COMPATIBLE)) return 'an IPv4 address in a deprecated form';
  return inBlock(address, GLOBAL_V6) ? undefined : 'reserved';
}

/**
 * What of a host or pattern of a grant is not on the public internet, in words: of an address or a block of addresses,
 * and of `localhost`. Undefined of other names, which give no such address.
 */
export function specialHost(pattern: string): string | undefined {
  if (pattern === 'localhost') return 'this machine (loopback)';
  const asked = parseBlock(pattern);
  if (!asked || asked.prefix === 128) return asked && specialAddress(asked.bytes);
  const names = SPECIAL.filter(([special]) => blocksMeet(special, asked)).map(([, name]) => name);
  const translated = EMBEDDED.some(([outer]) => blocksMeet(outer, asked)) ? ['translated addresses'] : [];
  const all = [...new Set([...names, ...translated])];
  if (all.length === 0) return isMapped(asked.bytes) || blocksMeet(asked, GLOBAL_V6) ? undefined : 'reserved';
  const more = all.length - MOST_NAMES;
  return `${all.slice(0, MOST_NAMES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

const MOST_NAMES = 4;

/** Where `localhost` leads. */
export const LOOPBACK: readonly AddressBlock[] = [block('127.0.0.0/8'), block('::1')];

export const isLoopbackAddress = (address: AddressBytes): boolean => LOOPBACK.some((b) => inBlock(address, b));

function isMapped(bytes: AddressBytes): boolean {
  for (let i = 0; i < 10; i += 1) if (bytes[i] !== 0) return false;
  return bytes[10] === 0xff && bytes[11] === 0xff;
}

function mapped(v4: Uint8Array): AddressBytes {
  const bytes = new Uint8Array(16);
  bytes[10] = 0xff;
  bytes[11] = 0xff;
  bytes.set(v4, 12);
  return bytes;
}

function parseV4(text: string): Uint8Array | undefined {
  const m = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (!m) return undefined;
  const bytes = new Uint8Array(4);
  for (let i = 0; i < 4; i += 1) {
    const part = m[i + 1] ?? '';
    const value = Number(part);
    if (value > 255 || (part.length > 1 && part.startsWith('0'))) return undefined;
    bytes[i] = value;
  }
  return bytes;
}

function parseV6(text: string): AddressBytes | undefined {
  const [head = '', tail, ...rest] = text.split('::');
  if (rest.length > 0 || /[^0-9a-f:.]/i.test(text)) return undefined;
  const left = groupsOf(head, tail === undefined);
  const right = tail === undefined ? [] : groupsOf(tail, true);
  if (!left || !right) return undefined;
  const missing = 8 - left.length - right.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const bytes = new Uint8Array(16);
  putGroups(bytes, 0, left);
  putGroups(bytes, 8 - right.length, right);
  return bytes;
}

function putGroups(bytes: Uint8Array, first: number, groups: readonly number[]): void {
  for (const [i, group] of groups.entries()) {
    bytes[2 * (first + i)] = group >> 8;
    bytes[2 * (first + i) + 1] = group & 0xff;
  }
}

/** 16-bit groups; the last part may be an IPv4 address where the address ends with it. */
function groupsOf(text: string, last: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    const v4 = last && i === parts.length - 1 ? parseV4(part) : undefined;
    if (v4) groups.push(((v4[0] ?? 0) << 8) | (v4[1] ?? 0), ((v4[2] ?? 0) << 8) | (v4[3] ?? 0));
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** Whether no address of the block is on the public internet. */
export const isSpecialBlock = ({ bytes, prefix }: AddressBlock): boolean =>
  SPECIAL.some(([special]) => special.prefix <= prefix && inBlock(bytes, special));

/** Whether two blocks have an address in common. */
export const blocksMeet = (a: AddressBlock, b: AddressBlock): boolean =>
  a.prefix < b.prefix ? inBlock(b.bytes, a) : inBlock(a.bytes, b);
