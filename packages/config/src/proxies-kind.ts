/** The kind of option that holds addresses of proxies. */
import net from 'node:net';
import { TshornError } from '@tshorn/core';
import { type Kind, NONE } from './kinds.ts';

const WORDS = ['loopback', 'private', 'unix'];
const EXPECTED =
  'addresses with commas between, such as 10.0.0.0/8, 192.0.2.7, 2001:db8::/32, loopback, private or unix';

/** Addresses, networks in CIDR notation, and words for kinds of them; one text may hold several with commas between. */
export const proxies: Kind<readonly string[]> = {
  meta: 'CIDR,...',
  input: 'string | readonly string[]',
  expected: EXPECTED,
  parse(input) {
    const items: unknown[] = Array.isArray(input) ? input : [input];
    if (items.length === 1 && items[0] === '') return [];
    // An empty item is one that is missing, mostly a variable of a shell that is not set.
    return items
      .flatMap((item) => (typeof item === 'string' ? item.split(',') : [item]))
      .map((item) => (typeof item === 'string' ? item.trim() : item))
      .map(proxyOf);
  },
  format: (value) => (value.length === 0 ? NONE : value.join(',')),
  schema: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
  list: true,
  none: true,
};

function proxyOf(item: unknown): string {
  if (typeof item !== 'string') throw wrong(item);
  if (WORDS.includes(item)) return item;
  const [, address = '', bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(item) ?? [];
  const family = net.isIP(address);
  // A zone (fe80::1%eth0) is one of this machine's, and no part of a network.
  if (family === 0 || address.includes('%')) throw wrong(item);
  if (bits !== undefined && Number(bits) > (family === 4 ? 32 : 128)) throw wrong(item);
  return item;
}

/** Words of other programs. */
const MEANT: Readonly<Record<string, string>> = {
  '*': 'every address is 0.0.0.0/0,::/0',
  localhost: 'did you mean loopback?',
};

const wrong = (item: unknown) =>
  new TshornError(
    'ERR_OPTION',
    `got ${JSON.stringify(item)}; ${MEANT[String(item)] ?? `expected ${EXPECTED}`}`,
  );

/** The IPv4 network that is written with an address of it, such as 10.1.2.3/8; undefined for any other item. */
export function networkOf(item: string): string | undefined {
  const [address = '', bits] = item.split('/');
  if (bits === undefined || !net.isIPv4(address)) return undefined;
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(bits));
  const first = number - (number % size);
  if (first === number) return undefined;
  const parts = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256);
  return `${parts.join('.')}/${bits}`;
}
