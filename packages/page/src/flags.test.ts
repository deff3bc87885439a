import { flagsOf, meantBy, type Placed } from './flags.ts';

const placed = (
  begin: number,
  kind: Placed['mark']['kind'],
  result: Placed['mark']['result'],
  end = begin,
): Placed => ({ mark: { kind, result }, begin, end });
const told = (all: readonly Placed[]) =>
  flagsOf(all).map(({ of: { mark, begin }, count }) => [begin, mark.kind, mark.result, count]);

test('of marks that stand close together the worst has the flag, which says how many there are', () => {
  const good = placed(100, 'reload', 'good');
  const crash = placed(104, 'crash', 'bad');
  const later = placed(110, 'reload', 'good');
  const apart = placed(200, 'reload', 'good');
  for (const all of [
    [good, crash, later, apart],
    [apart, later, good, crash],
  ])
    expect(told(all)).toEqual([
      [104, 'crash', 'bad', 3],
      [200, 'reload', 'good', 1],
    ]);
});

test('two failures that have room both have their flag; of those that have none the newest', () => {
  expect(told([placed(10, 'crash', 'bad'), placed(40, 'hang', 'bad')]).map(([begin]) => begin)).toEqual([
    40, 10,
  ]);
  expect(told([placed(10, 'crash', 'bad'), placed(18, 'hang', 'bad')])).toEqual([[18, 'hang', 'bad', 2]]);
});

test('a click opens the failure, also within the time of a reload that was good', () => {
  const reload = placed(100, 'reload', 'good', 160);
  const crash = placed(120, 'crash', 'bad');
  const all = [crash, reload];
  expect(meantBy(all, 122)).toBe(crash);
  expect(meantBy(all, 103)).toBe(reload);
  expect(meantBy(all, 155)).toBe(reload);
  expect(meantBy([placed(100, 'reload', 'good'), placed(104, 'hang', 'bad')], 101)?.mark.kind).toBe('hang');
  expect(meantBy(all, 300)).toBeUndefined();
});
