import { ageByHeader } from './request-start.ts';

const NOW = 1_700_000_001_500;

test.each([
  ['t=1700000001.000', 500],
  ['1700000001000', 500],
  ['t=1700000001000', 500],
  ['t=1700000001000000', 500],
  ['t=1700000001000000000', 500],
  ['t=1700000001', 500],
  [' t = 1700000001.250 ', 250],
  ['1700000001000ms', 500],
  ['t=1700000001.000, t=1700000001.400', 500],
])('%j is an age', (header, age) => expect(ageByHeader(header, NOW)).toBeCloseTo(age, 3));

test.each([
  [undefined],
  [''],
  ['t='],
  ['soon'],
  ['t=1'],
  ['t=1700000001.000 and more'],
  ['-1700000001000'],
  ['t=99999999999999999999999'],
  [['t=1700000001.000']],
  // The clock of the proxy is ahead.
  ['t=1700000002.000'],
  // Older than a request gets.
  ['t=1600000000.000'],
])('%j tells nothing', (header) => expect(ageByHeader(header, NOW)).toBe(0));
