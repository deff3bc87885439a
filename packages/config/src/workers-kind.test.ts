import { autoRange, parseRange, workerCount } from './workers-kind.ts';

test.each([
  [4, 4],
  ['4', 4],
  [' 2..8 ', { min: 2, max: 8 }],
  ['3..3', 3],
  ['1..1024', { min: 1, max: 1_024 }],
])('%j is %j', (input, value) => expect(workerCount.parse(input)).toEqual(value));

test.each([
  0,
  -1,
  1.5,
  1_025,
  '0',
  '8..2',
  '0..4',
  '1..1025',
  '2..',
  '..4',
  '2-8',
  'max',
  '2..many',
  true,
  [2],
])('%j is refused', (input) => expect(() => workerCount.parse(input)).toThrow());

test('auto ends at the number of CPUs, and has two workers at the least where there are two CPUs', () => {
  expect(autoRange(8)).toEqual({ min: 2, max: 8, auto: true });
  expect(autoRange(1)).toEqual({ min: 1, max: 1, auto: true });
  expect(parseRange('4..auto', 2)).toEqual({ min: 4, max: 4, auto: true });
  expect(parseRange('2..auto', 16)).toEqual({ min: 2, max: 16, auto: true });
});

test('a range is written as it was given', () => {
  expect(['3', '2..8', '2..auto'].map((text) => workerCount.format(workerCount.parse(text)))).toEqual([
    '3',
    '2..8',
    '2..auto',
  ]);
});
