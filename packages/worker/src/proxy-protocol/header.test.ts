import { isIPv6 } from 'node:net';
import { crc32c } from './crc32c.ts';
import { readHeader, type Version } from './header.ts';
import { ipv6Groups, ipv6Text } from './ip-address.ts';

const SIGNATURE = '0d0a0d0a000d0a515549540a';
const hex = (...parts: string[]) => Buffer.from(parts.join(''), 'hex');
const text = (line: string) => Buffer.from(line, 'latin1');

const V4 = { remoteAddress: '192.0.2.7', remotePort: 56324, localAddress: '198.51.100.1', localPort: 443 };
const V4_BLOCK = 'c0000207c6336401dc0401bb';
const V6 = {
  remoteAddress: '2001:db8::7',
  remotePort: 1,
  localAddress: '::ffff:192.0.2.1',
  localPort: 65535,
};
const V6_BLOCK = '20010db800000000000000000000000700000000000000000000ffffc00002010001ffff';
const NOOP = '040003aabbcc';

/** With a checksum over the whole header. */
function summed(header: Buffer): Buffer {
  const whole = Buffer.concat([header, hex('03000400000000')]);
  whole.writeUInt16BE(whole.length - 16, 14);
  whole.writeUInt32BE(crc32c(whole), whole.length - 4);
  return whole;
}

const HEADERS: readonly (readonly [
  name: string,
  version: 'v1' | 'v2',
  header: Buffer,
  endpoints: object | undefined,
])[] = [
  ['TCP4', 'v1', text('PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n'), V4],
  ['TCP6', 'v1', text('PROXY TCP6 2001:0DB8:0::7 ::ffff:192.0.2.1 1 65535\r\n'), V6],
  ['UNKNOWN', 'v1', text('PROXY UNKNOWN\r\n'), undefined],
  ['UNKNOWN of the longest kind', 'v1', text(`PROXY UNKNOWN ${'f'.repeat(91)}\r\n`), undefined],
  ['TCP over IPv4', 'v2', hex(SIGNATURE, '2111000c', V4_BLOCK), V4],
  ['TCP over IPv6', 'v2', hex(SIGNATURE, '21210024', V6_BLOCK), V6],
  ['TCP over IPv4 with a vector', 'v2', hex(SIGNATURE, '21110012', V4_BLOCK, NOOP), V4],
  ['TCP over IPv4 with a checksum', 'v2', summed(hex(SIGNATURE, '21110012', V4_BLOCK, NOOP)), V4],
  ['a client of a unix socket', 'v2', hex(SIGNATURE, '213100d8', '2f61'.repeat(108)), {}],
  ['UDP over IPv4', 'v2', hex(SIGNATURE, '2112000c', V4_BLOCK), undefined],
  ['no family', 'v2', hex(SIGNATURE, '21000000'), undefined],
  ['no family, with addresses all the same', 'v2', hex(SIGNATURE, '2101000c', V4_BLOCK), undefined],
  ['no family, with an end of a vector', 'v2', hex(SIGNATURE, '21000002', 'ffff'), undefined],
  ['no family, with a vector', 'v2', hex(SIGNATURE, '21000006', NOOP), undefined],
  ['LOCAL', 'v2', hex(SIGNATURE, '20000000'), undefined],
  ['LOCAL with addresses', 'v2', hex(SIGNATURE, '2011000c', V4_BLOCK), undefined],
  ['LOCAL with what is nothing', 'v2', hex(SIGNATURE, '20ff0003ffffff'), undefined],
];

test.each(HEADERS)(
  '%s (%s) is read at every cut, and what follows is left',
  (_name, version, header, endpoints) => {
    const rest = text('GET / HTTP/1.1\r\n');
    for (const accepted of [version, 'auto'] as const) {
      for (let cut = 0; cut < header.length; cut++) {
        expect(readHeader(header.subarray(0, cut), accepted)).toEqual({ is: 'incomplete' });
      }
      const { length } = header;
      expect(readHeader(header, accepted)).toEqual({ is: 'header', length, endpoints });
      expect(readHeader(Buffer.concat([header, rest]), accepted)).toEqual({
        is: 'header',
        length,
        endpoints,
      });
    }
    const other = version === 'v1' ? 'v2' : 'v1';
    expect(readHeader(header, other)).toMatchObject({
      is: 'refused',
      reason: expect.stringContaining(`accepts ${other}`),
    });
  },
);

const line = (rest: string) => text(`PROXY ${rest}\r\n`);
const REFUSED: readonly (readonly [name: string, bytes: Buffer, reason: string])[] = [
  ['a request', text('GET / HTTP/1.1\r\n'), 'does not begin'],
  ['a request that begins like a header', text('PROXYD'), 'does not begin'],
  ['a ClientHello', hex('160301020001'), 'does not begin'],
  ['a line in small letters', text('proxy TCP4 '), 'does not begin'],
  ['bytes before a line', text(' PROXY TCP4 192.0.2.7 198.51.100.1 1 2\r\n'), 'does not begin'],
  ['a line that does not end', text(`PROXY UNKNOWN ${'f'.repeat(93)}`), 'longer than 107'],
  ['a line that ends too late', text(`PROXY UNKNOWN ${'f'.repeat(92)}\r\n`), 'longer than 107'],
  ['a line that ends in LF', text('PROXY TCP4 192.0.2.7 198.51.100.1 1 2\n'), 'CRLF'],
  ['two lines, the first of which ends in LF', text('PROXY UNKNOWN\nPROXY UNKNOWN\r\n'), 'CRLF'],
  ['an unknown family', line('TCP5 192.0.2.7 198.51.100.1 1 2'), 'family'],
  ['UNKNOWN with a suffix', line('UNKNOWNS'), 'family'],
  ['too few fields', line('TCP4 192.0.2.7 198.51.100.1 1'), 'addresses'],
  ['too many fields', line('TCP4 192.0.2.7 198.51.100.1 1 2 3'), 'addresses'],
  ['two spaces', line('TCP4  192.0.2.7 198.51.100.1 1 2'), 'addresses'],
  ['a tab', line('TCP4 192.0.2.7\t198.51.100.1 1 2'), 'addresses'],
  ['a CR in the line', line('TCP4 192.0.2.7 198.51.100.1 1 2\r'), 'addresses'],
  ['a NUL', line('TCP4 192.0.2.7\0 198.51.100.1 1 2'), 'addresses'],
  ['an octet of 256', line('TCP4 256.0.2.7 198.51.100.1 1 2'), 'addresses'],
  ['an octal octet', line('TCP4 192.0.2.07 198.51.100.1 1 2'), 'addresses'],
  ['three octets', line('TCP4 192.0.7 198.51.100.1 1 2'), 'addresses'],
  ['an IPv6 address as IPv4', line('TCP4 2001:db8::7 198.51.100.1 1 2'), 'addresses'],
  ['an IPv4 address as IPv6', line('TCP6 192.0.2.7 198.51.100.1 1 2'), 'addresses'],
  ['a zone', line('TCP6 fe80::1%eth0 ::1 1 2'), 'addresses'],
  ['two gaps', line('TCP6 1::2::3 ::1 1 2'), 'addresses'],
  ['a port of 65536', line('TCP4 192.0.2.7 198.51.100.1 65536 2'), 'addresses'],
  ['a negative port', line('TCP4 192.0.2.7 198.51.100.1 -1 2'), 'addresses'],
  ['a port with a leading zero', line('TCP4 192.0.2.7 198.51.100.1 01 2'), 'addresses'],
  ['version 1 in a binary header', hex(SIGNATURE, '1111000c', V4_BLOCK), 'version'],
  ['version 3', hex(SIGNATURE, '3111000c', V4_BLOCK), 'version'],
  ['an unknown command', hex(SIGNATURE, '2211000c', V4_BLOCK), 'command'],
  ['an unknown family', hex(SIGNATURE, '2141000c', V4_BLOCK), 'family'],
  ['an unknown transport', hex(SIGNATURE, '2113000c', V4_BLOCK), 'transport'],
  ['too short for IPv4', hex(SIGNATURE, '2111000b'), 'too short'],
  ['too short for IPv6', hex(SIGNATURE, '21210023'), 'too short'],
  ['too short for paths', hex(SIGNATURE, '213100d7'), 'too short'],
  ['longer than 4096 bytes', hex(SIGNATURE, '21110ff1'), 'longer than 4096'],
  ['LOCAL, longer than 4096 bytes', hex(SIGNATURE, '2000ffff'), 'longer than 4096'],
  ['a vector without a length', hex(SIGNATURE, '2111000e', V4_BLOCK, '0400'), 'cut'],
  ['a vector that is too long', hex(SIGNATURE, '21110010', V4_BLOCK, '040002aa'), 'longer than the header'],
  ['a wrong checksum', hex(SIGNATURE, '21110013', V4_BLOCK, '03000400000000'), 'checksum'],
  ['a short checksum', hex(SIGNATURE, '21110012', V4_BLOCK, '030003000000'), 'checksum'],
];

test.each(REFUSED)('%s is refused', (_name, bytes, reason) => {
  expect(readHeader(bytes, 'auto')).toEqual({ is: 'refused', reason: expect.stringContaining(reason) });
});

test('a bit that is wrong anywhere in a header with a checksum is found', () => {
  const [, , header] = HEADERS.find(([name]) => name.endsWith('checksum')) as (typeof HEADERS)[number];
  // The type of the vector says that it is a checksum.
  const type = header.length - 7;
  for (let at = 16; at < header.length; at++) {
    if (at === type) continue;
    const wrong = Buffer.from(header);
    wrong.writeUInt8((wrong[at] as number) ^ 1, at);
    expect(readHeader(wrong, 'v2').is).toBe('refused');
  }
});

test('a header of the greatest length is read', () => {
  const header = Buffer.concat([hex(SIGNATURE, '21110ff0', V4_BLOCK, '040fe1'), Buffer.alloc(4_065)]);
  expect(header).toHaveLength(4_096);
  expect(readHeader(header.subarray(0, -1), 'v2')).toEqual({ is: 'incomplete' });
  expect(readHeader(header, 'v2')).toEqual({ is: 'header', length: 4_096, endpoints: V4 });
});

test.each<[Version, string]>([
  ['v1', 'G'],
  ['v2', 'P'],
  ['v2', 'PROX'],
  ['v1', '\r'],
])('%s: %j cannot become a header, which is known at once', (accepted, begin) =>
  expect(readHeader(text(begin), accepted).is).toBe('refused'),
);

test.each([
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
  ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ['::ffff:192.0.2.7', '::ffff:192.0.2.7'],
  ['::192.0.2.7', '::192.0.2.7'],
  ['64:ff9b::192.0.2.7', '64:ff9b::c000:207'],
  ['1:2:3:4:5:6:7:8:9', undefined],
  ['1:2:3:4:5:6:7', undefined],
  ['1:2:3:4::5:6:7:8', undefined],
  [':1', undefined],
  ['1:', undefined],
  [':::', undefined],
  ['12345::', undefined],
  ['::1.2.3', undefined],
  ['1.2.3.4::', undefined],
  ['::1 ', undefined],
  ['', undefined],
])('the IPv6 address %j is %j', (given, written) => {
  const groups = ipv6Groups(given);
  expect(groups && ipv6Text(groups)).toBe(written);
  expect(isIPv6(given)).toBe(written !== undefined);
});

test('CRC-32C of the digits is the check value of its definition', () => {
  expect(crc32c(text('123456789'))).toBe(0xe3069283);
});
