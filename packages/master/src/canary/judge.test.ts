import { bucketOf, noCounts } from '@tshorn/core';
import { BUDGET_OF_HARM, judge } from './judge.ts';
import type { Side } from './tally.ts';
import { type Kind, playMany, type Random, seeded, usual, usualLatency } from './testing/traffic.ts';

/**
 * Whole watches of 30 s with made-up traffic, the same at each run of this file. CANARY_RUNS=1000 measures the rates of
 * docs/canary.md; these few show that nothing has broken.
 */
/** jest.config.js sets it: true in the long suite. */
declare const LONG: boolean;

const RUNS = Number(process.env.CANARY_RUNS ?? (LONG ? 30 : 6));
const many = (canary: Partial<Kind>, old: Partial<Kind> = {}, more = {}) =>
  playMany(RUNS, 42, { ...usual, ...canary }, { ...usual, ...old }, seeded(1), more);

const side = (more: Partial<Side> = {}): Side => ({
  workers: 1,
  crashes: 0,
  requests: 0,
  serverErrors: 0,
  handlerErrors: 0,
  uncaught: 0,
  waiting: noCounts(),
  silentMs: 0,
  latency: noCounts(),
  warmSamples: 40,
  ...more,
});
const old = (more: Partial<Side> = {}) => side({ workers: 3, requests: 300, ...more });
const settings = { timeMs: 30_000, requests: 0 };
const judged = (canary: Partial<Side>, baseline: Partial<Side> = {}, at = 10_000) =>
  judge(side(canary), old(baseline), at, settings);
const verdict = (...scene: Parameters<typeof judged>) => judged(...scene).verdict;
const waiting = (count: number) => noCounts().fill(count, -3, -2);
/** So many requests that took so many milliseconds, and so on. */
const latency = (...parts: [count: number, ms: number][]) => {
  const counts = noCounts();
  for (const [count, ms] of parts) counts[bucketOf(ms)] = (counts[bucketOf(ms)] ?? 0) + count;
  return counts;
};

/** 30 % of the requests take 300 ms, the others 2 ms. */
const fastAndSlow = (random: Random) => (random() < 0.3 ? 300 : 2);

describe('a release that is no worse', () => {
  it.each<[string, Partial<Kind>, object]>([
    ['with 1 % of errors, a long tail and pauses', {}, {}],
    ['beside one old worker', {}, { oldWorkers: 1 }],
    ['beside fifteen', { perSecond: 20 }, { oldWorkers: 15 }],
    ['with 20 % of errors', { badRate: 0.2, perSecond: 20 }, {}],
    ['with many pauses', { pauses: 0.1 }, { oldWorkers: 1 }],
    ['with fast and slow requests', { latency: fastAndSlow, perSecond: 20 }, {}],
    ['with half of them slow', { latency: (random) => (random() < 0.5 ? 300 : 2), perSecond: 20 }, {}],
    ['with a request now and then', { perSecond: 2 }, {}],
  ])('%s fails in less than 1 %% of all reloads', (name, kind, more) => {
    const { fail, inconclusive } = many(kind, kind, more);
    if (process.env.CANARY_RUNS) process.stdout.write(`${name}: ${fail} failed, ${inconclusive} doubtful\n`);
    expect(fail / RUNS).toBeLessThan(0.01);
    expect(inconclusive / RUNS).toBeLessThan(0.05);
  });

  it('may be cold: twenty times slower at first, and less so for its first 8 s', () => {
    const cold = (random: Random, at: number) =>
      usualLatency(random) * (at <= 2_000 ? 20 : at <= 5_000 ? 5 : at <= 8_000 ? 2.5 : 1);
    expect(many({ latency: cold }).fail / RUNS).toBeLessThan(0.01);
  });

  it('passes when the old workers are as bad: a dependency is down', () => {
    expect(many({ badRate: 1 }, { badRate: 1 }).fail / RUNS).toBeLessThan(0.01);
    expect(many({ badRate: 0.8 }, { badRate: 0.75 }).fail / RUNS).toBeLessThan(0.01);
    const slow = (random: Random) => 40 * usualLatency(random);
    expect(many({ latency: slow }, { latency: slow }).fail / RUNS).toBeLessThan(0.01);
  });
});

describe('a release that is worse', () => {
  it.each([1, 3, 15])(
    'that answers all with 500 fails within the budget of harm, beside %s old workers',
    (oldWorkers) => {
      const { fail, outcomes } = many({ badRate: 1 }, { badRate: 0 }, { oldWorkers, everyMs: 5 });
      expect(fail).toBe(RUNS);
      // One more where two come in one sample.
      expect(Math.max(...outcomes.map(({ bad }) => bad))).toBeLessThanOrEqual(BUDGET_OF_HARM + 1);
    },
  );

  it.each([0.3, 0.1])('with %s of errors beside 1 % fails', (badRate) => {
    expect(many({ badRate }).fail).toBe(RUNS);
  });

  it('with 2 % of errors beside 1 % is no failure on small numbers', () => {
    expect(many({ badRate: 0.02, perSecond: 10 }, { perSecond: 10 }).fail / RUNS).toBeLessThan(0.05);
  });

  it.each<[number, string, (random: Random) => number, Partial<Kind>]>([
    [20, '', usualLatency, {}],
    [8, '', usualLatency, {}],
    [20, ' where all is fast', (random) => usualLatency(random) / 25, {}],
    [20, ' beside one old worker', usualLatency, { perSecond: 20 }],
    [20, ' where requests are fast and slow', fastAndSlow, {}],
  ])('that is %s times slower%s fails', (times, _where, usualOf, more) => {
    const slow = (random: Random) => times * usualOf(random);
    const { fail, outcomes } = many({ ...more, latency: slow }, { ...more, latency: usualOf });
    expect(fail).toBe(RUNS);
    expect(outcomes[0]?.reason).toMatch(/^p50 and p75 are /);
  });

  it('that is slow for most of its requests fails', () => {
    const slow = (random: Random) => (random() < 0.7 ? 500 : usualLatency(random));
    expect(many({ latency: slow }).fail).toBe(RUNS);
  });
});

describe('judge', () => {
  it('says nothing from five requests', () => {
    expect(verdict({ requests: 5, serverErrors: 5 })).toBe('wait');
    expect(verdict({ requests: 5, serverErrors: 5 }, {}, 30_000)).toBe('inconclusive');
  });

  it('counts destroyed responses, uncaught exceptions and requests that wait for ever as bad', () => {
    expect(verdict({ requests: 10, handlerErrors: 10 })).toBe('fail');
    expect(verdict({ requests: 0, uncaught: 10 })).toBe('fail');
    expect(verdict({ requests: 0, waiting: waiting(10) })).toBe('fail');
  });

  it('does not mind long waits that the old workers have as well', () => {
    expect(verdict({ requests: 100, waiting: waiting(10) }, { waiting: waiting(30) })).toBe('wait');
  });

  it('fails a crash, unless half of the old workers crash as well', () => {
    expect(judged({ crashes: 1 })).toEqual({
      verdict: 'fail',
      reason: 'it crashed; 0 of 3 old workers crashed',
    });
    expect(verdict({ crashes: 1 }, { crashes: 1 })).toBe('fail');
    expect(verdict({ crashes: 1 }, { crashes: 2 })).toBe('wait');
  });

  it('fails an event loop that is blocked, unless all are', () => {
    expect(verdict({ silentMs: 5_000 })).toBe('fail');
    expect(verdict({ silentMs: 5_000 }, { silentMs: 5_000 })).toBe('wait');
  });

  it('compares latency from 100 requests on each side, in ten samples', () => {
    const [slow, fast] = [latency([100, 50]), latency([100, 5])];
    expect(judged({ latency: slow }, { latency: fast }).reason).toBe(
      'p50 and p75 are 51ms and 51ms in 100 requests; old workers: 5.4ms and 5.4ms in 100',
    );
    expect(verdict({ latency: latency([99, 50]) }, { latency: fast })).toBe('wait');
    expect(verdict({ latency: slow }, { latency: latency([99, 5]) })).toBe('wait');
    expect(verdict({ latency: slow, warmSamples: 9 }, { latency: fast })).toBe('wait');
  });

  it('minds neither a difference below a millisecond nor one quantile alone', () => {
    expect(verdict({ latency: latency([100, 0.8]) }, { latency: latency([100, 0.1]) })).toBe('wait');
    const halves = latency([49, 2], [51, 300]);
    expect(verdict({ latency: halves }, { latency: latency([51, 2], [49, 300]) })).toBe('wait');
  });

  it('with nothing to compare with, fails only what mostly fails', () => {
    const none = { requests: 0 };
    expect(verdict({ requests: 9, serverErrors: 9 }, none)).toBe('wait');
    expect(verdict({ requests: 10, serverErrors: 10 }, none)).toBe('fail');
    expect(verdict({ requests: 10, serverErrors: 10 }, { requests: 2, serverErrors: 2 })).toBe('wait');
    expect(verdict({ requests: 100, serverErrors: 10 }, none, 30_000)).toBe('inconclusive');
    expect(verdict({ requests: 100 }, none, 30_000)).toBe('pass');
  });

  it('passes early with --canary-requests, and inconclusive is for the end alone', () => {
    const at = (requests: number, elapsed: number) =>
      judge(side({ requests }), old(), elapsed, { timeMs: 30_000, requests: 20 }).verdict;
    expect([at(19, 1_000), at(20, 1_000), at(19, 30_000)]).toEqual(['wait', 'pass', 'inconclusive']);
  });
});
