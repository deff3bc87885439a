/**
 * Headers that are made wrong at random: whatever comes, the parser answers, and no address is read that the bytes do not
 * have at the one place for it. `PROXY_SEED` repeats a run, `PROXY_HEADERS` sets how many.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { brief, times } from '../../../../test/support/long.ts';
import { Random } from '../../../../test/support/random.ts';
import { crc32c } from './crc32c.ts';
import { readHeader, type Version } from './header.ts';
import type { Endpoints } from './reading.ts';

const seed = Number(process.env.PROXY_SEED ?? Date.now() % 1e9);
const random = new Random(seed);
const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

const byte = () => random.below(256);
const pool = Buffer.from(Array.from({ length: 65_536 }, byte));
const bytes = (length: number) => {
  const start = random.below(pool.length - length);
  return Buffer.from(pool.subarray(start, start + length));
};
const port = () => random.of([0, 1, 80, 443, 65_535, random.below(65_536), 65_536, -1]);

const ipv4 = () => [byte(), byte(), byte(), random.of([byte(), 256, 7])].join('.');
const ipv6 = () =>
  random.of(['::1', '::', '::ffff:192.0.2.7', '2001:DB8::1', '1:2:3:4:5:6:7:8', '1::2::3', 'fe80::1%lo']);

const line = (): Buffer => {
  const family = random.of(['TCP4', 'TCP4', 'TCP6', 'UNKNOWN', 'TCP', 'UDP4']);
  const address = family === 'TCP6' ? ipv6 : ipv4;
  const separator = random.of([' ', ' ', ' ', ' ', '  ', '\t']);
  const end = random.of(['\r\n', '\r\n', '\r\n', '\n', '\r', '']);
  return Buffer.from(['PROXY', family, address(), address(), port(), port()].join(separator) + end, 'latin1');
};

function binary(): Buffer {
  const versionAndCommand = random.of([0x21, 0x21, 0x20, 0x22, 0x11, byte()]);
  const family = random.of([0x11, 0x11, 0x21, 0x31, 0x00, 0x12, byte()]);
  const address = bytes(random.of([12, 36, 216, 0, random.below(300)]));
  const vectors = Array.from({ length: random.below(4) }, () => {
    const value = bytes(random.below(20));
    return Buffer.concat([Buffer.from([random.of([1, 2, 3, 4, 0x20, byte()]), 0, value.length]), value]);
  });
  const body = Buffer.concat([address, ...vectors]);
  const head = Buffer.from([versionAndCommand, family, 0, 0]);
  head.writeUInt16BE(random.chance(0.9) ? body.length : random.below(65_536), 2);
  return Buffer.concat([SIGNATURE, head, body]);
}

/** Some bytes of it changed, removed, doubled or cut. */
function spoil(header: Buffer): Buffer {
  const at = random.below(header.length + 1);
  switch (random.below(6)) {
    case 0:
      if (at < header.length) header[at] = byte();
      return header;
    case 1:
      return Buffer.concat([header.subarray(0, at), header.subarray(at + 1)]);
    case 2:
      return Buffer.concat([header.subarray(0, at), bytes(1), header.subarray(at)]);
    case 3:
      return header.subarray(0, at);
    case 4:
      return Buffer.concat([header, random.chance(0.5) ? line() : binary()]);
    default:
      return header;
  }
}

const LINE = /^PROXY TCP([46]) ([0-9A-Fa-f.:]+) ([0-9A-Fa-f.:]+) (0|[1-9][0-9]{0,4}) (0|[1-9][0-9]{0,4})\r\n/;

/** By another way than the parser's: undefined where the bytes tell no addresses. */
function told(header: Buffer): { remote: string; local: string; ports: number[] } | undefined {
  const [, family, remote = '', local = '', ...ports] = LINE.exec(header.toString('latin1')) ?? [];
  if (family !== undefined) return { remote, local, ports: ports.map(Number) };
  if (!header.subarray(0, 12).equals(SIGNATURE) || header[12] !== 0x21) return undefined;
  if (header[13] !== 0x11 && header[13] !== 0x21) return undefined;
  const size = header[13] === 0x11 ? 4 : 16;
  const written = (start: number) => {
    const address = header.subarray(start, start + size);
    if (size === 4) return [...address].join('.');
    return (address.toString('hex').match(/..../g) ?? []).join(':');
  };
  const at = 16 + 2 * size;
  return {
    remote: written(16),
    local: written(16 + size),
    ports: [header.readUInt16BE(at), header.readUInt16BE(at + 2)],
  };
}

/** Every spelling of one address, the same; nothing for what is no address. */
const same = (address = ''): string => {
  if (isIPv4(address)) return address;
  return isIPv6(address) ? new URL(`http://[${address}]/`).hostname : 'no address';
};

/** True when the header tells these addresses. Without `expect`, which takes ten times as long as the parser. */
function tells(header: Buffer, accepted: Version, endpoints: Endpoints): boolean {
  const { remoteAddress, localAddress, remotePort, localPort } = endpoints;
  const version = header[0] === 0x50 ? 'v1' : 'v2';
  if (accepted !== 'auto' && accepted !== version) return false;
  // A client of a unix socket.
  if (remoteAddress === undefined) {
    return header[13] === 0x31 && header.length >= 232 && Object.keys(endpoints).length === 0;
  }
  const { remote, local, ports } = told(header) ?? {};
  if (ports?.[0] !== remotePort || ports?.[1] !== localPort) return false;
  return same(remote) === same(remoteAddress) && same(local) === same(localAddress);
}

test('of headers that are wrong at random, none tells an address that it does not have', () => {
  const count = times('PROXY_HEADERS', 5_000, 200_000);
  process.stdout.write(`PROXY_SEED=${seed} PROXY_HEADERS=${count}\n`);
  const fail = (header: Buffer, accepted: Version) => {
    throw new Error(`${accepted}: ${header.toString('hex')} is read wrongly`);
  };
  const outcomes = { incomplete: 0, header: 0, refused: 0 };
  for (let n = 0; n < count; n++) {
    const whole = spoil(random.chance(0.5) ? line() : binary());
    const accepted = random.of<Version>(['v1', 'v2', 'auto', 'auto']);
    const reading = readHeader(whole, accepted);
    outcomes[reading.is]++;
    if (reading.is === 'header') {
      const { length, endpoints } = reading;
      const header = whole.subarray(0, length);
      const isBounded = length <= whole.length && length <= 4_096;
      if (!isBounded || (endpoints && !tells(header, accepted, endpoints))) fail(whole, accepted);
      // A byte less is never enough: the answer does not depend on what follows.
      if (readHeader(header.subarray(0, -1), accepted).is !== 'incomplete') fail(whole, accepted);
    } else if (reading.is === 'refused') {
      // More bytes do not mend it.
      if (readHeader(Buffer.concat([whole, bytes(4)]), accepted).is !== 'refused') fail(whole, accepted);
    }
  }
  // Each kind is met often, or the test proves nothing.
  for (const outcome of Object.values(outcomes)) expect(outcome).toBeGreaterThan(count / 20);
}, 600_000);

brief('a checksum that a sender makes is the one that is expected', () => {
  for (let n = 0; n < 100; n++) {
    const body = bytes(12 + 3 + random.below(9));
    body[12] = 4;
    body.writeUInt16BE(body.length - 15, 13);
    const header = Buffer.concat([
      SIGNATURE,
      Buffer.from([0x21, 0x11, 0, body.length + 7]),
      body,
      Buffer.from([3, 0, 4, 0, 0, 0, 0]),
    ]);
    const { length } = header;
    header.writeUInt32BE(crc32c(header), length - 4);
    expect(readHeader(header, 'v2')).toMatchObject({ is: 'header', length });
  }
});
