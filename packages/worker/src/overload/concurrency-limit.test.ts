import { ConcurrencyLimit } from './concurrency-limit.ts';
import { DelayQueue, type Waiting } from './delay-queue.ts';

const TOLERANCE = 100;
const QUEUE_LIMIT = 200;

interface One extends Waiting {
  readonly takes: number;
  readonly isPooled: boolean;
}

/** Requests that come all the time. */
interface Route {
  /** Per second, by the time in milliseconds. */
  readonly rateAt: (ms: number) => number;
  /** Milliseconds in the app, with a connection of the pool where it needs one. */
  readonly takesAt: (ms: number) => number;
  /** Needs no connection of the pool. */
  readonly isFree?: boolean;
}

/** In the app. */
interface Begun {
  readonly one: One;
  readonly begunAt: number;
  readonly endsAt: number;
  hasLeft: boolean;
}

interface Second {
  left: number;
  came: number;
  answered: number;
  shed: number;
  limit: number;
  readonly latencies: number[];
}

/** Numbers between 0 and 1 from a seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Simulates an app with a pool, in steps of a millisecond, behind the limit and the queue in front of it.
 * @param seed requests come at random moments; without it, evenly
 * @param patienceMs clients that have waited for so long leave, and the app works for them as for the others
 */
function simulate(
  forMs: number,
  pool: number,
  routes: readonly Route[],
  { seed, patienceMs = Number.POSITIVE_INFINITY }: { seed?: number; patienceMs?: number } = {},
) {
  const limit = new ConcurrencyLimit(TOLERANCE);
  const history: Second[] = [];
  let now = 0;
  const told = (): Second =>
    (history[Math.floor(now / 1_000)] ??= {
      came: 0,
      answered: 0,
      left: 0,
      latencies: [],
      shed: 0,
      limit: 0,
    });
  const queue = new DelayQueue<One>(QUEUE_LIMIT, () => told().shed++);
  const next = seed === undefined ? undefined : random(seed);
  const waiting: Begun[] = [];
  let served: Begun[] = [];
  let count = 0;
  const due = routes.map(() => 0);
  const begin = (one: One) => {
    count++;
    const begun = { one, begunAt: now, endsAt: now + one.takes, hasLeft: false };
    (one.isPooled ? waiting : served).push(begun);
  };
  const end = ({ begunAt, hasLeft }: Begun) => {
    if (hasLeft) return;
    limit.ended(now - begunAt, count--, now);
    told().answered++;
    told().latencies.push(now - begunAt);
  };
  const leave = (begun: Begun) => {
    if (begun.hasLeft || now - begun.one.arrivedAt < patienceMs) return;
    begun.hasLeft = true;
    limit.left(now - begun.begunAt, count--, now);
    told().left++;
  };
  for (; now < forMs; now++) {
    const ended = served.filter(({ endsAt }) => endsAt <= now);
    served = served.filter(({ endsAt }) => endsAt > now);
    ended.forEach(end);
    if (patienceMs < forMs) for (const begun of [...waiting, ...served]) leave(begun);
    routes.forEach(({ rateAt, takesAt, isFree = false }, at) => {
      const rate = rateAt(now) / 1_000;
      due[at] = next ? Number(next() < rate) : (due[at] as number) + rate;
      for (; (due[at] as number) >= 1; due[at] = (due[at] as number) - 1) {
        told().came++;
        if (count >= limit.limit) limit.keptWaiting(now);
        const arrivedAt = now;
        const isGone = () => now - arrivedAt >= patienceMs;
        queue.push({ arrivedAt, takes: takesAt(now), isPooled: !isFree, isGone }, now);
      }
    });
    while (count < limit.limit) {
      const one = queue.take(now);
      if (!one) break;
      begin(one);
    }
    if (queue.length > 0) limit.keptWaiting(now);
    queue.dropOverdue(now);
    let used = served.filter(({ one }) => one.isPooled).length;
    for (; used < pool && waiting.length > 0; used++) {
      const begun = waiting.shift() as Begun;
      served.push({ ...begun, endsAt: now + begun.one.takes });
    }
    told().limit = limit.limit;
  }
  const worst = (second: number) => Math.max(...(history[second]?.latencies ?? []));
  const sum = (of: 'came' | 'shed' | 'answered', from = 0) =>
    history.slice(from).reduce((all, one) => all + one[of], 0);
  return { history, worst, sum };
}

/** 10 connections and 50 ms: 200 requests per second. */
const pool = 10;
const takesAt = () => 50;

test('below the capacity there is no limit, and nothing is kept out', () => {
  const { history } = simulate(30_000, pool, [{ takesAt, rateAt: () => 190 }]);
  expect(history.every(({ shed, limit }) => shed === 0 && limit === Number.POSITIVE_INFINITY)).toBe(true);
});

test('at three times the capacity the app answers as much as it can, in the time without load and little more', () => {
  const rateAt = (ms: number) => (ms < 3_000 ? 100 : 600);
  const { history, worst } = simulate(40_000, pool, [{ takesAt, rateAt }]);
  for (let second = 6; second < 40; second++) {
    expect(history[second]?.answered).toBeGreaterThan(170);
    expect(worst(second)).toBeLessThan(50 + 3 * TOLERANCE);
  }
  const all = history.slice(6).reduce((sum, { answered }) => sum + answered, 0);
  expect(all / 34).toBeGreaterThan(195);
});

test('it starts in an overload, and never sees the app without load: it finds out', () => {
  const { history, worst } = simulate(40_000, pool, [{ takesAt, rateAt: () => 400 }]);
  for (let second = 25; second < 40; second++) {
    expect(history[second]?.answered).toBeGreaterThan(150);
    expect(worst(second)).toBeLessThan(1_000);
  }
});

test('an app that becomes slower without a queue is not limited for it', () => {
  const { history } = simulate(30_000, 1_000, [
    { rateAt: () => 100, takesAt: (ms) => (ms < 10_000 ? 20 : 800) },
  ]);
  const last = history.slice(15);
  expect(last.reduce((sum, { shed }) => sum + shed, 0)).toBe(0);
  expect(last.at(-1)?.limit).toBe(Number.POSITIVE_INFINITY);
});

test('after the overload the limit ends', () => {
  const rateAt = (ms: number) => (ms < 3_000 || ms > 10_000 ? 100 : 600);
  const { history } = simulate(20_000, pool, [{ takesAt, rateAt }]);
  expect(history.slice(12).every(({ shed }) => shed === 0)).toBe(true);
  expect(history.at(-1)?.limit).toBe(Number.POSITIVE_INFINITY);
});

/** At once, and 400 ms later: both wait for nothing. */
const fast: Route = { rateAt: (ms) => (ms < 60_000 ? 20 : 0), takesAt: () => 1, isFree: true };
const slow = (rate: number, takes: (ms: number) => number): Route => ({
  rateAt: (ms) => (ms < 5_000 ? 0 : rate),
  takesAt: takes,
  isFree: true,
});

test.each([
  ['60/s of 400 ms', [fast, slow(60, () => 400)]],
  ['200/s of 400 ms', [fast, slow(200, () => 400)]],
  ['60/s of 2 s', [fast, slow(60, () => 2_000)]],
  ['as much of 1 ms as of 300 ms', [fast, slow(20, () => 300)]],
  ['of 10 ms to 1 s', [fast, slow(100, (ms) => 10 + ((ms * 37) % 990))]],
  ['in turns', [fast, { ...slow(0, () => 400), rateAt: (ms: number) => (ms % 20_000 < 10_000 ? 0 : 100) }]],
])('fast and slow requests that wait for nothing are answered: %s', (_, routes) => {
  for (const seed of [undefined, 1]) {
    const { sum } = simulate(60_000, pool, routes, { seed });
    expect(sum('shed') / sum('came')).toBeLessThan(0.04);
  }
});

test('requests at random moments that need a pool are limited as well', () => {
  for (const seed of [1, 2]) {
    const rateAt = (ms: number) => (ms < 3_000 ? 100 : 600);
    const { sum } = simulate(40_000, pool, [{ rateAt, takesAt: (ms) => 20 + ((ms * 37) % 60) }], {
      seed,
    });
    expect(sum('answered', 6) / 34).toBeGreaterThan(180);
  }
});

test('an overload soon after a trial that has cost answers is seen by how long it makes the latency', () => {
  const mixed = [
    fast,
    { ...slow(0, () => 400), rateAt: (ms: number) => (ms > 3_000 && ms < 15_000 ? 60 : 0) },
  ];
  const pooled = { takesAt, rateAt: (ms: number) => (ms < 16_000 ? 0 : 600) };
  const { history, worst } = simulate(40_000, pool, [...mixed, pooled]);
  for (let second = 28; second < 40; second++) {
    expect(history[second]?.answered).toBeGreaterThan(150);
    expect(worst(second)).toBeLessThan(1_000);
  }
});

test.each([1_000, 1_500])(
  'an overload soon after a trial of requests of %i ms is limited when all of its clients leave',
  (takes) => {
    const until = (ms: number, rate: number) => (now: number) => (now < ms ? rate : 0);
    const before = [
      { ...fast, rateAt: until(20_000, 20) },
      { ...slow(60, () => takes), rateAt: until(20_000, 60) },
    ];
    const pooled = { takesAt, rateAt: (ms: number) => (ms < 22_000 ? 0 : 400) };
    const { history, sum } = simulate(100_000, pool, [...before, pooled], { patienceMs: 2_000 });
    expect(history.slice(10, 20).every(({ limit }) => limit === Number.POSITIVE_INFINITY)).toBe(true);
    expect(history[28]?.answered).toBe(0);
    expect(sum('answered', 80) / 20).toBeGreaterThan(180);
  },
);

test('a limit that was right ends when the requests are others, which do not end at all', () => {
  const limit = new ConcurrencyLimit(TOLERANCE);
  const pooled = Array.from({ length: 3_000 }, (_, at) => at * 5);
  // 200 per second, whatever the limit is.
  for (const now of pooled) {
    const took = now < 1_000 ? 50 : 50 + Math.min(limit.limit, now / 10) * 5;
    limit.ended(took, Math.min(limit.limit, took / 5), now);
    if (limit.limit < Number.POSITIVE_INFINITY) limit.keptWaiting(now);
  }
  expect(limit.limit).toBeLessThan(60);
  for (let now = 15_000; now < 20_000; now += 25) limit.keptWaiting(now);
  expect(limit.limit).toBe(Number.POSITIVE_INFINITY);
});
