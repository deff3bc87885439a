import { noCounts } from '@tshorn/core';
import { BUDGET_OF_HARM, judge } from './judge.ts';
import type { Side } from './tally.ts';
import { type Kind, playMany, seeded, usual, usualLatency } from './testing/traffic.ts';

/** CANARY_RUNS=1000 measures the rates of docs/canary.md; these few show that nothing has broken. */
const RUNS = Number(process.env.CANARY_RUNS ?? 20);
const random = seeded(1);
const many = (canary: Partial<Kind>, old: Partial<Kind> = {}, more = {}, runs = RUNS) =>
  playMany(runs, 42, { ...usual, ...canary }, { ...usual, ...old }, random, more);

const side = (more: Partial<Side> = {}): Side => ({
  workers: 1,
  crashes: 0,
  requests: 0,
  serverErrors: 0,
  handlerErrors: 0,
  uncaught: 0,
  waiting: noCounts(),
  silentMs: 0,
  slices: [],
  ...more,
});
const old = (more: Partial<Side> = {}) => side({ workers: 3, requests: 300, ...more });
const settings = { timeMs: 30_000, requests: 0 };
const verdict = (canary: Partial<Side>, baseline: Partial<Side> = {}, at = 10_000) =>
  judge(side(canary), old(baseline), at, settings).verdict;
const waiting = (count: number) => noCounts().fill(count, -3, -2);

describe('a release that is no worse', () => {
  it.each<[string, Partial<Kind>, object]>([
    ['with 1 % of errors, a long tail and pauses', {}, {}],
    ['beside one old worker', {}, { oldWorkers: 1 }],
    ['beside fifteen', { perSecond: 20 }, { oldWorkers: 15 }],
    ['with 20 % of errors', { badRate: 0.2, perSecond: 20 }, {}],
    ['with a request now and then', { perSecond: 2 }, {}],
  ])('%s hardly ever fails, over all looks', (name, kind, more) => {
    const { fail, inconclusive } = many(kind, kind, { everyMs: 500, ...more });
    if (process.env.CANARY_RUNS) console.log(name, { fail, inconclusive });
    expect(fail / RUNS).toBeLessThan(0.01);
    expect(inconclusive).toBeLessThanOrEqual(RUNS * 0.05);
  });

  it('may be cold: twenty times slower at first, and less so for its first 8 s', () => {
    const cold = (rnd: () => number, at: number) =>
      usualLatency(rnd) * (at <= 2_000 ? 20 : at <= 5_000 ? 5 : at <= 8_000 ? 2.5 : 1);
    expect(many({ latency: cold }).fail / RUNS).toBeLessThan(0.01);
  });

  it('passes when the old workers are as bad: a dependency is down', () => {
    expect(many({ badRate: 1 }, { badRate: 1 }).fail / RUNS).toBeLessThan(0.01);
    expect(many({ badRate: 0.8 }, { badRate: 0.75 }).fail / RUNS).toBeLessThan(0.01);
    const slow = (rnd: () => number) => 40 * usualLatency(rnd);
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
    expect(many({ badRate: 0.02, perSecond: 10 }, { perSecond: 10 }).fail).toBeLessThanOrEqual(RUNS * 0.05);
  });

  it('that is twenty times slower fails, also where all is fast', () => {
    expect(many({ latency: (rnd) => 20 * usualLatency(rnd) }, {}, {}, 40).fail).toBe(40);
    const fast = { latency: (rnd: () => number) => usualLatency(rnd) / 25 };
    expect(many({ latency: (rnd) => (20 * usualLatency(rnd)) / 25 }, fast, {}, 40).fail).toBe(40);
  });

  it('that is slow for 5 % of its requests fails by its p99', () => {
    const { fail, outcomes } = many(
      { latency: (rnd) => (rnd() < 0.05 ? 3_000 : usualLatency(rnd)) },
      {},
      {},
      40,
    );
    expect(fail).toBeGreaterThan(37);
    expect(outcomes.find((one) => one.verdict === 'fail')?.reason).toMatch(/^p99 is /);
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
    expect(verdict({ crashes: 1 })).toBe('fail');
    expect(verdict({ crashes: 1 }, { crashes: 1 })).toBe('fail');
    expect(verdict({ crashes: 1 }, { crashes: 2 })).toBe('wait');
  });

  it('fails an event loop that says nothing, unless nobody does', () => {
    expect(verdict({ silentMs: 5_000 })).toBe('fail');
    expect(verdict({ silentMs: 5_000 }, { silentMs: 5_000 })).toBe('wait');
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
