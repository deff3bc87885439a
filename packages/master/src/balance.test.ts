import { Balance, shareFor, surplus } from './balance.ts';

const of = (...counts: number[]) => surplus(new Map(counts.map((count, serial) => [serial, count])));

test('an even spread moves nothing', () => {
  expect(of()).toEqual([]);
  expect(of(100)).toEqual([]);
  expect(of(50, 50, 50, 50)).toEqual([]);
  expect(of(55, 45, 52, 48)).toEqual([]);
});

test('a handful of connections is let be', () => {
  expect(of(4, 0)).toEqual([]);
  expect(of(3, 1, 0, 0)).toEqual([]);
});

test('new workers get their share', () => {
  expect(of(100, 100, 0, 0)).toEqual([
    { from: 0, count: 50, encrypted: true },
    { from: 1, count: 50, encrypted: true },
  ]);
  expect(of(60, 60, 60, 0)).toEqual([
    { from: 0, count: 15, encrypted: true },
    { from: 1, count: 15, encrypted: true },
    { from: 2, count: 15, encrypted: true },
  ]);
});

test('connections over TLS move to a worker that has hardly any, and not for the favour of the kernel', () => {
  expect(of(80, 45)).toEqual([{ from: 0, count: 17, encrypted: false }]);
  expect(of(80, 20)).toEqual([{ from: 0, count: 30, encrypted: true }]);
});

test('after the moves that it asks for it is content: no to and fro', () => {
  for (const counts of [
    [103, 44, 35, 18],
    [200, 0],
    [81, 52, 45, 22],
    [10_000, 1, 1],
  ]) {
    const left = [...counts];
    for (const { from, count } of of(...counts)) {
      for (let at = 0; at < count; at++) {
        left[from]! -= 1;
        left[left.indexOf(Math.min(...left))]! += 1;
      }
    }
    expect(of(...left)).toEqual([]);
  }
});

test('a canary gets its share of a few connections, too, and no more than that', () => {
  const needs = (...counts: number[]) =>
    shareFor([9], new Map([...counts.map((count, at): [number, number] => [at, count]), [9, 0]]));
  expect(needs(5, 5, 5, 5)).toEqual([
    { from: 0, count: 1, encrypted: true },
    { from: 1, count: 1, encrypted: true },
    { from: 2, count: 1, encrypted: true },
    { from: 3, count: 1, encrypted: true },
  ]);
  expect(needs(2, 2)).toEqual([
    { from: 0, count: 1, encrypted: true },
    { from: 1, count: 1, encrypted: true },
  ]);
  expect(needs(1)).toEqual([{ from: 0, count: 1, encrypted: true }]);
  expect(needs(0, 0)).toEqual([]);
  expect(
    shareFor(
      [9],
      new Map([
        [0, 4],
        [9, 4],
      ]),
    ),
  ).toEqual([]);
});

test('a forged count of connections costs the master no time', () => {
  jest.useFakeTimers();
  const moves: number[] = [];
  const balance = new Balance({
    view: { balanced: () => [1, 2], needy: () => [2] },
    isMovable: () => true,
    give: ({ count }) => moves.push(count),
  });
  balance.report(1, Number.MAX_SAFE_INTEGER);
  balance.report(2, 0);
  jest.advanceTimersByTime(1_000);
  jest.useRealTimers();
  expect(moves[0]).toBe(500_000);
});

test('a worker of which few connections are at rest is asked again, and not for ever', () => {
  jest.useFakeTimers();
  const asked: boolean[] = [];
  const balance = new Balance({
    view: { balanced: () => [1, 2], needy: () => [2] },
    isMovable: () => true,
    give: (_move, again) => {
      asked.push(again);
      if (asked.length <= 2) balance.moving(1, 2);
    },
  });
  balance.report(1, 8);
  jest.advanceTimersByTime(60_000);
  expect(asked.slice(0, 3)).toEqual([false, true, true]);
  expect(asked).toHaveLength(20);
  expect([balance.countOf(1), balance.countOf(2)]).toEqual([6, 2]);
  jest.useRealTimers();
});
