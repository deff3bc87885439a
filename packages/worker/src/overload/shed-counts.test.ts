import { ShedCounts } from './shed-counts.ts';

const state = { waiting: 3, inFlight: 2, limit: Number.POSITIVE_INFINITY };

test('a line when shedding begins and one when it has ended, with the figures of that overload alone', () => {
  const counts = new ShedCounts();
  expect(counts.add('loop', 250, 0, state)).toBe(
    'overload: shedding begins: a request has waited for 250 ms (loop); 3 wait, 2 in flight, no limit',
  );
  expect(counts.add('loop', 800, 1_000, state)).toBeUndefined();
  expect(counts.add('client-gone', 10, 2_000, state)).toBeUndefined();
  expect(counts.look(6_999)).toBeUndefined();
  expect(counts.look(7_000)).toBe(
    'overload: shedding has ended: 3 requests shed in 2.0 s (loop 2, client-gone 1); the longest wait was 800 ms',
  );
  expect(counts.look(8_000)).toBeUndefined();
  expect(counts.add('limit', 300, 9_000, { ...state, limit: 12.7 })).toMatch(/\(limit\).*, limit 12$/);
  expect(counts.look(20_000)).toMatch(/: 1 requests shed in 0.0 s \(limit 1\); the longest wait was 300 ms$/);
  expect(counts.byReason).toEqual({ loop: 2, limit: 1, proxy: 0, 'client-gone': 1 });
});

test('a worker that leaves says what it has shed so far', () => {
  const counts = new ShedCounts();
  expect(counts.end()).toBeUndefined();
  counts.add('loop', 250, 0, state);
  expect(counts.end()).toMatch(
    /has ended: 1 requests shed in 0.0 s \(loop 1\); the longest wait was 250 ms$/,
  );
  expect(counts.end()).toBeUndefined();
  expect(counts.look(20_000)).toBeUndefined();
});

test('an age by a proxy alone may be one of its clock', () => {
  const idle = { waiting: 0, inFlight: 0, limit: Number.POSITIVE_INFINITY };
  expect(new ShedCounts().add('proxy', 1_100, 0, idle)).toMatch(
    /no limit; nothing waits here: do the clocks/,
  );
  expect(new ShedCounts().add('proxy', 1_100, 0, state)).not.toMatch(/clocks/);
});
