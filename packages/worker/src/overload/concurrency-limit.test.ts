import { ConcurrencyLimit } from './concurrency-limit.ts';

const TOLERANCE = 100;

/**
 * Simulates an app with a pool, in steps of a millisecond: the limit stands in front of it, and what it keeps out is lost.
 * @param rateAt requests per second that come, by the time in milliseconds
 * @param takesAt milliseconds of a request with a connection of the pool
 */
function simulate(
  forMs: number,
  {
    pool,
    rateAt,
    takesAt,
  }: {
    readonly pool: number;
    readonly rateAt: (ms: number) => number;
    readonly takesAt: (ms: number) => number;
  },
) {
  const limit = new ConcurrencyLimit(TOLERANCE);
  /** When each began. */
  const waiting: number[] = [];
  const served: { begunAt: number; endsAt: number }[] = [];
  const history: { answered: number; latencies: number[]; refused: number; limit: number }[] = [];
  let due = 0;
  for (let now = 0; now < forMs; now++) {
    const second = Math.floor(now / 1_000);
    history[second] ??= { answered: 0, latencies: [], refused: 0, limit: 0 };
    const told = history[second];
    for (const one of served.filter(({ endsAt }) => endsAt <= now)) {
      const inFlight = waiting.length + served.length;
      served.splice(served.indexOf(one), 1);
      limit.ended(now - one.begunAt, inFlight, now);
      told.answered++;
      told.latencies.push(now - one.begunAt);
    }
    for (due += rateAt(now) / 1_000; due >= 1; due--) {
      if (waiting.length + served.length < limit.limit) waiting.push(now);
      else {
        limit.keptWaiting(now);
        told.refused++;
      }
    }
    while (served.length < pool && waiting.length > 0)
      served.push({ begunAt: waiting.shift() as number, endsAt: now + takesAt(now) });
    told.limit = limit.limit;
  }
  const worst = (second: number) => Math.max(...(history[second]?.latencies ?? []));
  return { history, worst };
}

/** 10 connections and 50 ms: 200 requests per second. */
const pool = 10;
const takesAt = () => 50;

test('below the capacity there is no limit, and nothing is kept out', () => {
  const { history } = simulate(30_000, { pool, takesAt, rateAt: () => 190 });
  expect(history.every(({ refused, limit }) => refused === 0 && limit === Number.POSITIVE_INFINITY)).toBe(
    true,
  );
});

test('at three times the capacity the app answers as much as it can, in the time without load and little more', () => {
  const rateAt = (ms: number) => (ms < 3_000 ? 100 : 600);
  const { history, worst } = simulate(40_000, { pool, takesAt, rateAt });
  for (let second = 6; second < 40; second++) {
    expect(history[second]?.answered).toBeGreaterThan(170);
    expect(worst(second)).toBeLessThan(50 + 3 * TOLERANCE);
  }
  const all = history.slice(6).reduce((sum, { answered }) => sum + answered, 0);
  expect(all / 34).toBeGreaterThan(195);
});

test('it starts in an overload, and never sees the app without load: it finds out', () => {
  const { history, worst } = simulate(40_000, { pool, takesAt, rateAt: () => 400 });
  for (let second = 25; second < 40; second++) {
    expect(history[second]?.answered).toBeGreaterThan(150);
    expect(worst(second)).toBeLessThan(1_000);
  }
});

test('an app that becomes slower without a queue is not limited for it', () => {
  const { history } = simulate(30_000, {
    pool: 1_000,
    rateAt: () => 100,
    takesAt: (ms) => (ms < 10_000 ? 20 : 800),
  });
  const last = history.slice(15);
  expect(last.reduce((sum, { refused }) => sum + refused, 0)).toBe(0);
  expect(last.at(-1)?.limit).toBe(Number.POSITIVE_INFINITY);
});

test('after the overload the limit ends', () => {
  const rateAt = (ms: number) => (ms < 3_000 || ms > 10_000 ? 100 : 600);
  const { history } = simulate(20_000, { pool, takesAt, rateAt });
  expect(history.slice(12).every(({ refused }) => refused === 0)).toBe(true);
  expect(history.at(-1)?.limit).toBe(Number.POSITIVE_INFINITY);
});
