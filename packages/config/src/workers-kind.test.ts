import { readValue } from './given.ts';
import { autoRange, parseRange, workerCount, wrongCount } from './workers-kind.ts';

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

test.each([
  ['5..2', 'the first number is larger than the second', 'write 2..5'],
  ['0..3', 'a server has at least one worker', 'write 1..3'],
  ['1..0', 'a server has at least one worker', 'write 1'],
  ['0..auto', 'a server has at least one worker', 'write 1..auto'],
  ['2..100000', '1024 workers are the most'],
  ['1025', '1024 workers are the most'],
  ['auto..4', 'auto is the end of a range, not its beginning', 'write 1..4'],
  ['2..', 'the range has no end', 'write 2..auto for up to one per CPU, or a second number'],
  ['..4', 'the range has no first number', 'write 1..4'],
  ['2-8', 'a range is written with two dots', 'write 2..8'],
  ['2...8', 'a range is written with two dots', 'write 2..8'],
  ['2 .. 8', 'a range is written with two dots', 'write 2..8'],
  ['2..AUTO', 'the word auto is in lower case', 'write 2..auto'],
  ['AUTO', 'the word auto is in lower case', 'write auto'],
])('of %s the error names the mistake', (input, mistake, fix = 'the general one') => {
  const read = () => readValue(workerCount, input, 'WEB_CONCURRENCY', 'the general one');
  expect(read).toThrow(
    expect.objectContaining({ message: `WEB_CONCURRENCY: got "${input}"; ${mistake}`, fix }),
  );
});

test.each(['0', '-5', '1.5', 'max', '..'])('of %s it says what is expected', (input) => {
  expect(() => readValue(workerCount, input, '--workers')).toThrow(`got "${input}"; expected a whole number`);
});

test('each value that a fix tells to write is taken', () => {
  const ends = ['', '0', '1', '2', '8', '01', '1024', '1025', '00001', 'auto', 'AUTO'];
  const dots = ['..', '...', ' .. ', '-', ':', ','];
  const texts = ends.flatMap((first) =>
    dots.flatMap((between) => ends.map((last) => first + between + last)),
  );
  const fixes = texts.flatMap((text) => {
    const fix = parseRange(text) === undefined ? wrongCount(text).fix : undefined;
    return fix === undefined ? [] : [/^write (\S+)/.exec(fix)?.[1]];
  });
  expect(fixes.length).toBeGreaterThan(100);
  for (const fix of fixes) expect([fix, workerCount.parse(fix)]).toEqual([fix, expect.anything()]);
});
