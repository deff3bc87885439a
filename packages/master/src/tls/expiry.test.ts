import type { Logger } from '../log.ts';
import type { CertificateFacts } from './certificate-facts.ts';
import { datesProblem, describeCertificate, expiryWarning, lossOfDates, warnBefore } from './expiry.ts';
import { ExpiryWatch } from './expiry-watch.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2027, 0, 31);
const valid = (from: number, to: number, names = ['a.example', 'b.example']): CertificateFacts => ({
  file: '/a.pem',
  names,
  notBefore: NOW + from * DAY,
  notAfter: NOW + to * DAY,
});

test.each([
  [-80, 10, 'expires in 10 days, on 2027-02-10'],
  [-80, 1.5, 'expires in 36 hours, on 2027-02-01'],
  [-4, 1.9, 'expires in 46 hours'],
])('one from day %d to day %d: %s', (from, to, words) =>
  expect(expiryWarning(valid(from, to), NOW)).toContain(words),
);

test.each([
  [-75, 15],
  [-1, 6],
  [-90, -1],
])('one from day %d to day %d has no warning', (from, to) =>
  expect(expiryWarning(valid(from, to), NOW)).toBeUndefined(),
);

test('a short life is warned of in its last third', () => {
  expect(warnBefore(valid(0, 90))).toBe(14 * DAY);
  expect(warnBefore(valid(0, 6))).toBe(2 * DAY);
});

test('dates that are over, or not there yet, are told', () => {
  expect(datesProblem(valid(-90, -1), NOW)).toBe('certfile: /a.pem has expired on 2027-01-30');
  expect(datesProblem(valid(1, 90), NOW)).toContain('is not valid before 2027-02-01T00:00');
  expect(datesProblem(valid(-1, 90), NOW)).toBeUndefined();
});

test('a certificate is called by its first name, and by its file without one', () => {
  expect(describeCertificate(valid(-1, 1))).toBe('a.example and 1 more (until 2027-02-01)');
  expect(describeCertificate(valid(-1, 1, []))).toBe('/a.pem (until 2027-02-01)');
});

test('each is warned of once a day', () => {
  const texts: string[] = [];
  const write = (_fields: object, text: string) => texts.push(text);
  let facts = [valid(-80, 10)];
  const watch = new ExpiryWatch({ warn: write, error: write } as unknown as Logger, () => facts);
  for (const hours of [0, 1, 23]) watch.look(NOW + hours * 3_600_000);
  expect(texts).toHaveLength(1);
  watch.look(NOW + DAY);
  expect(texts).toHaveLength(2);
  facts = [valid(0, 90)];
  watch.look(NOW + 2 * DAY);
  watch.close();
  expect(texts).toHaveLength(2);
});

test('one that is not valid now hinders others only where it replaces a valid one', () => {
  const at = (file: string, from: number, to: number, names = [`${file}.example`]) => ({
    ...valid(from, to, names),
    file,
  });
  const [good, renewed, old] = [at('a', -80, 10), at('a', -1, 89), at('b', -30, -10)];
  expect(lossOfDates([good, old], [renewed, old], NOW)).toBeUndefined();
  expect(lossOfDates([good], [renewed, old], NOW)).toBeUndefined();
  expect(lossOfDates([at('b', -30, 10)], [at('a', -1, 89), old], NOW)).toContain('b has expired on');
  // Under another name of the file, unless a valid one is for all of its hosts.
  const moved = at('c', -30, -10, ['a.example']);
  expect(lossOfDates([good], [moved], NOW)).toContain('c has expired on');
  expect(lossOfDates([good], [renewed, moved], NOW)).toBeUndefined();
  expect(lossOfDates([good], [at('a', 1, 9)], NOW)).toContain('a is not valid before');
});
