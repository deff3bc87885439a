import { WrongValue } from './kinds.ts';
import { memory } from './memory-kind.ts';

it.each([
  ['512MB', { bytes: 512 * 1024 ** 2 }, '512MB'],
  ['1.5 GiB', { bytes: 1.5 * 1024 ** 3 }, '1536MB'],
  ['2g', { bytes: 2 * 1024 ** 3 }, '2GB'],
  ['1000B', { bytes: 1000 }, '1000B'],
  ['40%', { percent: 40 }, '40%'],
  ['2.5 %', { percent: 2.5 }, '2.5%'],
])('%s is read, and written in a way that is read as the same', (text, value, written) => {
  expect(memory.parse(text)).toEqual(value);
  expect(memory.format(value)).toBe(written);
  expect(memory.parse(written)).toEqual(value);
});

it.each(['512', 512, '0MB', '0%', '101%', '-1MB', 'MB', '1e3MB', '', null, '9999999999TB'])(
  '%p is no amount of memory',
  (input) => expect(() => memory.parse(input)).toThrow(WrongValue),
);
