import http2 from 'node:http2';
import { HpackDecoder, HpackError } from './decoder.ts';
import { HpackEncoder } from './encoder.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const decode = (decoder: HpackDecoder, text: string) => decoder.decode(hex(text), 65_536).fields;

test('the requests of RFC 7541, C.4, with the Huffman code', () => {
  const decoder = new HpackDecoder();
  const usual = [':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'www.example.com'];
  expect(decode(decoder, '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff')).toEqual(usual);
  expect(decode(decoder, '8286 84be 5886 a8eb 1064 9cbf')).toEqual([...usual, 'cache-control', 'no-cache']);
  expect(decode(decoder, '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf')).toEqual([
    ...[':method', 'GET', ':scheme', 'https', ':path', '/index.html', ':authority', 'www.example.com'],
    ...['custom-key', 'custom-value'],
  ]);
});

test('the responses of RFC 7541, C.6: entries are evicted', () => {
  const decoder = new HpackDecoder(256);
  const first =
    '4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad';
  const rest = '1718 63c7 8f0b 97c8 e9ae 82ae 43d3';
  decode(decoder, '3fe101');
  expect(decode(decoder, first + rest)).toEqual([
    ...[':status', '302', 'cache-control', 'private', 'date', 'Mon, 21 Oct 2013 20:13:21 GMT'],
    ...['location', 'https://www.example.com'],
  ]);
  expect(decode(decoder, '4883 640e ffc1 c0bf').slice(0, 4)).toEqual([
    ':status',
    '307',
    'cache-control',
    'private',
  ]);
  // The oldest entry has been driven out by that.
  expect(() => decode(decoder, 'c2')).toThrow(HpackError);
});

test.each([
  ['an index of 0', '80'],
  ['an index beyond the table', 'be'],
  ['a string beyond the block', '4085 61'],
  ['an integer without end', '7fff ffff ffff ff0f'],
  ['EOS within a string', '4084 ffff ffff 00'],
  ['padding of 8 bits', '4082 1fff 00'],
  ['padding with a zero', '4081 18 00'],
  ['a table above the limit', '3fe2 1f'],
  ['a table size behind a field', '8220'],
])('refuses %s', (_name, text) => {
  expect(() => decode(new HpackDecoder(), text)).toThrow(HpackError);
});

test('a list above the limit is decoded to its end and not kept', () => {
  const decoder = new HpackDecoder();
  const field = Buffer.concat([hex('40 01 61 7f a1 1e'), Buffer.alloc(4_000, 'b')]);
  const bomb = Buffer.concat([field, Buffer.alloc(5_000, 0xbe)]);
  const { fields, size } = decoder.decode(bomb, 16_384);
  expect(size).toBe(5_001 * (1 + 4_000 + 32));
  expect(fields.length).toBe(2 * 4);
});

test('every byte survives the way through the encoder and the decoder, tables change on the way', () => {
  const encoder = new HpackEncoder();
  const decoder = new HpackDecoder();
  const bytes = String.fromCharCode(...Array.from({ length: 256 }, (_, at) => at));
  for (let round = 0; round < 300; round++) {
    if (round === 100) encoder.setMaxSize(0);
    if (round === 110) encoder.setMaxSize(300);
    if (round === 200) encoder.setMaxSize(65_536);
    const fields = [
      ':status',
      String(200 + (round % 5)),
      'x-some',
      `v${round % 7}`,
      'x-bytes',
      bytes,
      'server',
      'x',
    ];
    for (let n = 0; n < round % 9; n++) fields.push(`x-${(round * n) % 100}`, 'y'.repeat((n * round) % 150));
    const into = Buffer.alloc(HpackEncoder.mostBytes(fields));
    const block = into.subarray(0, encoder.encode(fields, into, 0));
    expect(decoder.decode(block, 1e6).fields).toEqual(fields);
  }
});

test("nghttp2's encoder is understood", async () => {
  const { duplexPair } = await import('node:stream');
  const [inside, outside] = duplexPair();
  const client = http2.connect('http://x', { createConnection: () => inside });
  client.on('error', () => {});
  const text = Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at))
    .join('')
    .trim();
  const stream = client.request({ ':path': `/${'a'.repeat(50)}`, 'x-text': text, 'x-high': 'äöü\u00ff' });
  stream.on('error', () => {});
  const chunks: Buffer[] = [];
  const decoder = new HpackDecoder();
  const fields = await new Promise<string[]>((resolve) => {
    outside.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      let rest = Buffer.concat(chunks).subarray(24);
      while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
        const length = rest.readUIntBE(0, 3);
        const isPriority = ((rest[4] as number) & 0x20) !== 0;
        if (rest[3] === 1)
          resolve(decoder.decode(rest.subarray(isPriority ? 14 : 9, 9 + length), 1e6).fields);
        rest = rest.subarray(9 + length);
      }
    });
  });
  client.destroy();
  expect(fields.slice(-4)).toEqual(['x-text', text, 'x-high', 'äöü\u00ff']);
});
