import type { HistoryMessage, Mark } from '@tshorn/master';
import { Past } from './past.ts';

const STEP = 6_000;
const COLUMNS = ['2xx', 'ready', 'queue'] as const;

const message = (points: HistoryMessage['points'], marks: Partial<Mark>[] = []): HistoryMessage => ({
  version: 1,
  stepMs: STEP,
  columns: COLUMNS,
  bounds: [0.005],
  points,
  marks: marks as Mark[],
});
/** Points from `from`, in steps; the last two figures are buckets. */
const points = (from: number, count: number): number[][] =>
  Array.from({ length: count }, (_, n) => [from + n * STEP, n, 2, 0, 10, 1]);

test('what a new master tells follows what the old one has told, with a gap between', () => {
  const past = new Past();
  past.add(message(points(0, 3)));
  past.add(message(points(60_000, 2)));
  const { at, column, buckets } = past.since(0);
  expect(at).toEqual([0, 6, 12, 36, 60, 66]);
  expect(column('2xx')).toEqual([0, 1, 2, null, 0, 1]);
  expect(buckets[3]).toBeNull();
  expect(buckets[4]).toEqual([10, 1]);
});

test('a reconnect to the same master repeats nothing', () => {
  const past = new Past();
  const ended = { id: 'a', at: 5, until: 9 };
  past.add(message(points(0, 3), [{ id: 'a', at: 5 }]));
  expect(past.add(message(points(0, 4), [ended]))).toEqual([ended]);
  expect(past.add(message(points(0, 4), [ended]))).toEqual([]);
  expect(past.since(0).at).toEqual([0, 6, 12, 18]);
  expect(past.marks).toEqual([ended]);
});

test('it holds an hour', () => {
  const past = new Past();
  past.add(message(points(0, 600), [{ id: 'old', at: 0 }]));
  past.add(message(points(600 * STEP * 3, 1)));
  expect(past.since(0).at).toEqual([(600 * STEP * 3) / 1_000]);
  expect(past.marks).toEqual([]);
});

test('a step that stands for several points keeps the dip and the peak, and the mean of the rest', () => {
  const past = new Past();
  past.add(
    message([
      [6_000, 1, 2, 0, 1, 0],
      [12_000, 2, 1, 7, 1, 0],
      [18_000, 6, 2, null, 1, 4],
    ]),
  );
  const { at, column, buckets } = past.since(0, 3);
  expect(at).toEqual([18]);
  expect(column('2xx')).toEqual([3]);
  expect(column('ready')).toEqual([1]);
  expect(column('queue')).toEqual([7]);
  expect(buckets).toEqual([[3, 4]]);
});
