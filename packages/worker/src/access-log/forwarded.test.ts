import { Proxies } from './client.ts';
import { hopsOfForwarded, hopsOfForwardedFor, nodeOf } from './forwarded.ts';

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['192.0.2.7:4711', '192.0.2.7'],
  ['192.0.2.7:_port', '192.0.2.7'],
  ['2001:db8::7', '2001:db8::7'],
  ['[2001:db8::7]', '2001:db8::7'],
  ['[2001:db8::7]:4711', '2001:db8::7'],
  ['::ffff:192.0.2.7', '::ffff:192.0.2.7'],
  ['_hidden', '_hidden'],
  ['_SEVKISEK:4711', '_SEVKISEK'],
  ['unknown', undefined],
  ['', undefined],
  ['192.0.2.256', undefined],
  ['fe80::1%eth0', undefined],
  ['[192.0.2.7', undefined],
  ['example.com', undefined],
  ['_a"b', undefined],
  ['_', undefined],
  [`_${'a'.repeat(65)}`, undefined],
])('the node %j is %j', (text, node) => {
  expect(nodeOf(text)).toBe(node);
});

test.each([
  ['for=192.0.2.43', ['192.0.2.43']],
  ['for=192.0.2.43, for=198.51.100.17', ['198.51.100.17', '192.0.2.43']],
  ['For="[2001:db8:cafe::17]:4711"', ['2001:db8:cafe::17']],
  ['for=192.0.2.60;proto=http;by=203.0.113.43', ['192.0.2.60']],
  ['proto=https ; for=192.0.2.60 ,for="_mdn"', ['_mdn', '192.0.2.60']],
  ['by=203.0.113.43', [undefined]],
  ['for=unknown, for=192.0.2.60', ['192.0.2.60', undefined]],
  ['host="a, b; for=1.1.1.1";for=192.0.2.60', ['192.0.2.60']],
  ['for="192.0.2.60\\:80"', ['192.0.2.60']],
  ['for=192.0.2.60;', ['192.0.2.60']],
  // What does not read to its end says nothing.
  ['for="192.0.2.60', []],
  ['for=192.0.2.60 for=1.1.1.1', []],
  ['for = 192.0.2.60', []],
  ['', []],
  [`for=192.0.2.60, host=${'a'.repeat(5_000)}`, []],
])('Forwarded: %s', (header, hops) => {
  expect([...hopsOfForwarded(header)]).toEqual(hops);
});

test('a header of many hops or characters is read from its end, and only so far', () => {
  const many = Array.from({ length: 1_000 }, (_, at) => `10.0.${at >> 8}.${at & 255}`).join(', ');
  const hops = [...hopsOfForwardedFor(many)];
  expect(hops).toHaveLength(32);
  expect(hops[0]).toBe('10.0.3.231');
  // The cut goes through an address, which is not taken for another one.
  expect([...hopsOfForwardedFor(`${'1'.repeat(5_000)}, 192.0.2.1`)]).toEqual(['192.0.2.1']);
});

test.each([
  `for="${'\\'.repeat(4_000)}`,
  `${' '.repeat(4_000)}x`,
  `for="${'a'.repeat(4_000)}`,
  ','.repeat(4_000),
])('a header that is made to be slow is read to no end, and says nothing', (header) => {
  expect([...hopsOfForwarded(header)].filter((hop) => hop !== undefined)).toEqual([]);
  expect([...hopsOfForwardedFor(header)].filter((hop) => hop !== undefined)).toEqual([]);
});

const client = (proxies: string[], peer: string, headers: Record<string, string>) => {
  const trusted = new Proxies(proxies);
  return trusted.trusts(peer) ? trusted.clientOf(peer, headers) : peer;
};

test.each([
  // A stranger is never believed.
  [['10.0.0.0/8'], '192.0.2.9', { 'x-forwarded-for': '1.1.1.1' }, '192.0.2.9'],
  [[], '127.0.0.1', { 'x-forwarded-for': '1.1.1.1', forwarded: 'for=1.1.1.1' }, '127.0.0.1'],
  [['10.0.0.0/8'], '10.1.2.3', {}, '10.1.2.3'],
  [['10.0.0.0/8'], '10.1.2.3', { 'x-forwarded-for': '192.0.2.7' }, '192.0.2.7'],
  // What the client itself has written stands before, and is not believed.
  [['10.0.0.0/8'], '10.1.2.3', { 'x-forwarded-for': '1.1.1.1, 192.0.2.7' }, '192.0.2.7'],
  [['10.0.0.0/8'], '10.1.2.3', { 'x-forwarded-for': '1.1.1.1, 192.0.2.7, 10.9.9.9' }, '192.0.2.7'],
  [['10.0.0.0/8'], '10.1.2.3', { 'x-forwarded-for': '10.0.0.1, 10.0.0.2' }, '10.0.0.1'],
  [['10.0.0.0/8'], '10.1.2.3', { 'x-forwarded-for': '192.0.2.7, unknown' }, '10.1.2.3'],
  [['10.0.0.0/8'], '10.1.2.3', { 'x-forwarded-for': '192.0.2.7, "; drop' }, '10.1.2.3'],
  [['10.0.0.0/8'], '10.1.2.3', { forwarded: 'for=_hidden' }, '_hidden'],
  [['10.0.0.0/8'], '10.1.2.3', { forwarded: 'for=1.1.1.1, for="[2001:db8::1]:80"' }, '2001:db8::1'],
  [['10.0.0.0/8'], '10.1.2.3', { forwarded: 'for=1.1.1.1', 'x-forwarded-for': '192.0.2.7' }, '192.0.2.7'],
  [['2001:db8::/32'], '2001:db8::5', { 'x-forwarded-for': '192.0.2.7' }, '192.0.2.7'],
  [['loopback'], '127.9.9.9', { 'x-forwarded-for': '::1, 192.0.2.7' }, '192.0.2.7'],
  [['loopback'], '::1', { 'x-forwarded-for': '::ffff:192.0.2.7' }, '192.0.2.7'],
  [['private'], '172.31.0.1', { 'x-forwarded-for': '192.0.2.7' }, '192.0.2.7'],
  [['private'], '172.32.0.1', { 'x-forwarded-for': '192.0.2.7' }, '172.32.0.1'],
  [['unix'], 'unix', { 'x-forwarded-for': '192.0.2.7' }, '192.0.2.7'],
  [['loopback'], 'unix', { 'x-forwarded-for': '192.0.2.7' }, 'unix'],
  [['192.0.2.9'], '192.0.2.9', { 'x-forwarded-for': '192.0.2.7' }, '192.0.2.7'],
] as const)('with %j trusted, %s with %j is %s', (proxies, peer, headers, expected) => {
  expect(client([...proxies], peer, headers)).toBe(expected);
});
