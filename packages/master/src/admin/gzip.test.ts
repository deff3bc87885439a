import { gunzipSync } from 'node:zlib';
import { takesGzip, zipped } from './gzip.ts';

test.each([
  ['gzip', true],
  ['gzip, deflate, br', true],
  ['gzip;q=1.0, identity; q=0.5', true],
  ['br, gzip;q=0.5', true],
  ['identity', false],
  ['gzip;q=0', false],
  ['gzip; q=0.0, br', false],
  ['x-gzipped', false],
  [undefined, false],
])('accept-encoding %j: %j', (header, expected) => {
  expect(takesGzip({ headers: header === undefined ? {} : { 'accept-encoding': header } })).toBe(expected);
});

test('those who share an answer share its compression', async () => {
  const plain = Buffer.from('tshorn_workers 1\n'.repeat(100));
  const [one, other] = await Promise.all([zipped(plain), zipped(plain)]);
  expect(other).toBe(one);
  expect(gunzipSync(one)).toEqual(plain);
  expect(one.length).toBeLessThan(plain.length / 4);
});
