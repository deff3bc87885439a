import { percentOrOff, WrongValue } from './kinds.ts';

it.each([
  ['92', 92, '92%'],
  ['92%', 92, '92%'],
  ['8 %', 8, '8%'],
  [92, 92, '92%'],
  [0, 0, '0'],
  ['0', 0, '0'],
])('%p is read, and written in a way that is read as the same', (input, value, written) => {
  expect(percentOrOff.parse(input)).toBe(value);
  expect(percentOrOff.format(value)).toBe(written);
  expect(percentOrOff.parse(written)).toBe(value);
});

it.each(['100', '0.92', '-1', '92MB', '', '%', null, true, 92.5])('%p is no percentage', (input) =>
  expect(() => percentOrOff.parse(input)).toThrow(WrongValue),
);
