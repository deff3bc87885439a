import { fixedRange } from './fixed-range.ts';
import { parseRange, workerCount } from './workers-kind.ts';

test.each([
  ['1..1', '--workers 1..1 is 1 whatever the load is; a range that moves here: 1..2'],
  ['3..03', '--workers 3..03 is 3 whatever the load is; a range that moves here: 3..6'],
  ['2..auto', '--workers 2..auto with 2 CPUs is 2 whatever the load is; a range that moves here: 2..4'],
  ['1024..1024', '--workers 1024..1024 is 1024 whatever the load is; a range that moves here: 512..1024'],
])('of %s it says that it cannot move, and which one can', (text, line) => {
  expect(fixedRange(parseRange(text, 2) ?? 0, text, 2)).toEqual([line]);
  expect(workerCount.parse(/[^ ]+$/.exec(line)?.[0])).toMatchObject({ min: expect.any(Number) });
});

test.each([4, '4', '1..2', '1..auto', 'auto'])('of %s it says nothing on three CPUs', (input) => {
  const workers = parseRange(String(input), 3) ?? Number(input);
  expect(fixedRange(workers, input, 3)).toEqual([]);
});
