import {
  DURATION_BOUNDS,
  envelope,
  type Metrics,
  MOST_SERIES,
  OTHER,
  type Runtime,
  readToMaster,
  type Series,
} from '@tshorn/core';
import { Registry } from './registry.ts';

const counts = (first: number) => [first, ...new Array<number>(DURATION_BOUNDS.length).fill(0)];
const series = (first: number, name: Partial<Series> = {}): Series => ({
  method: 'GET',
  status: 200,
  counts: counts(first),
  sumMs: first,
  ...name,
});
const report = (...all: Series[]): Metrics => ({ series: all, active: 1 });
const runtime = (at: number): Runtime => ({
  loopActiveMs: at / 4,
  loopIdleMs: (at * 3) / 4,
  cpuUserMs: at / 2,
  cpuSystemMs: at / 4,
  heapUsed: 10,
  heapTotal: 20,
  heapLimit: 30,
  external: 5,
  gc: [{ kind: 'minor', counts: [at, 0, 0, 0, 0], sumMs: at }],
});

let registry: Registry;
beforeEach(() => {
  registry = new Registry();
});
const ofSlot = (slot: number) => registry.slots().find((one) => one.slot === slot);
const total = (slot: number) =>
  (ofSlot(slot)?.series ?? []).reduce(
    (sum, one) => sum + one.counts.reduce((all, count) => all + count, 0),
    0,
  );

test('the counts of a slot go on over the workers that it has, one after the other and side by side', () => {
  registry.report(1, 0, report(series(10)));
  registry.report(2, 0, report(series(3)));
  expect([total(0), ofSlot(0)?.active]).toEqual([13, 2]);
  registry.ended({ serial: 1 });
  expect([total(0), ofSlot(0)?.active]).toEqual([13, 1]);
  registry.report(2, 0, report(series(4)));
  expect(total(0)).toBe(14);
  registry.ended({ serial: 2 });
  expect([total(0), ofSlot(0)?.active, ofSlot(0)?.at]).toEqual([14, 0, undefined]);
});

test('no sum falls by its last digit, in whichever order the workers leave', () => {
  for (const [at, ms] of [0.1, 0.2, 0.3].entries()) {
    const gc = [{ kind: 'minor' as const, counts: [1, 0, 0, 0, 0], sumMs: ms }];
    registry.report(at, 0, {
      ...report(series(1, { sumMs: ms })),
      runtime: { ...runtime(ms), gc },
    });
  }
  const shown = () => [ofSlot(0)?.series, ofSlot(0)?.sums];
  const before = shown();
  for (const serial of [2, 1, 0]) {
    registry.ended({ serial });
    expect(shown()).toEqual(before);
  }
});

test('a slot that is gone keeps its counts, and slots are in order', () => {
  registry.report(7, 5, report(series(1)));
  registry.report(8, 1, report(series(2)));
  registry.ended({ serial: 7 });
  expect(registry.slots().map(({ slot }) => [slot, total(slot)])).toEqual([
    [1, 2],
    [5, 1],
  ]);
});

test('no count falls, whatever a worker reports', () => {
  registry.report(1, 0, report(series(10)));
  registry.report(1, 0, { ...report(series(3)), runtime: runtime(1_000) });
  registry.report(1, 0, { ...report(), runtime: runtime(10) });
  expect(ofSlot(0)?.series[0]).toMatchObject({ counts: counts(10), sumMs: 10 });
  expect(ofSlot(0)?.sums).toMatchObject({ cpuUserMs: 500, loopIdleMs: 750 });
  expect(ofSlot(0)?.sums.gc.get('minor')).toEqual({ counts: [1_000, 0, 0, 0, 0], sumMs: 1_000 });
});

test('what its processes have used goes on as well, and the rest is that of its newest worker', () => {
  registry.report(1, 0, { ...report(), runtime: { ...runtime(1_000), heapUsed: 99 } });
  registry.ended({ serial: 1 });
  registry.report(2, 0, { ...report(), runtime: runtime(100) });
  expect(ofSlot(0)).toMatchObject({ sums: { cpuUserMs: 550, cpuSystemMs: 275 }, runtime: { heapUsed: 10 } });
  expect(ofSlot(0)?.sums.gc.get('minor')?.sumMs).toBe(1_100);
});

test('utilisation is that between the last two reports', () => {
  registry.report(1, 0, { ...report(), runtime: runtime(1_000) }, 1_000);
  expect(registry.of(1)?.usage).toBeUndefined();
  registry.report(
    1,
    0,
    { ...report(), runtime: { ...runtime(1_000), loopActiveMs: 1_250, cpuUserMs: 1_500 } },
    2_000,
  );
  expect(registry.of(1)?.usage).toEqual({ elu: 1, cpu: 1 });
  // Two at once are no measure, and nonsense is none either.
  registry.report(1, 0, { ...report(), runtime: runtime(5_000) }, 2_001);
  registry.report(1, 0, { ...report(), runtime: runtime(10) }, 4_000);
  expect(registry.of(1)?.usage).toEqual({ elu: 1, cpu: 1 });
});

test('a worker that makes up series gets no more than it may have, nor does its slot', () => {
  for (let serial = 1; serial <= 50; serial++) {
    const made = Array.from({ length: MOST_SERIES }, (_, at) => series(1, { route: `/${serial}/${at}` }));
    registry.report(serial, 0, report(...made));
    registry.report(serial, 0, report(...made.map((one) => ({ ...one, route: `${one.route}/again` }))));
    registry.ended({ serial });
  }
  const shown = ofSlot(0)?.series ?? [];
  expect(shown.length).toBeLessThanOrEqual(MOST_SERIES + 11);
  expect(shown.find(({ route }) => route === OTHER)?.counts[0]).toBeGreaterThan(MOST_SERIES * 40);
});

test('a series never leaves the slot that it was shown in', () => {
  let before = new Map<string, number>();
  for (let serial = 1; serial <= 8; serial++) {
    for (const at of [40, 80]) {
      const made = Array.from({ length: at }, (_, n) => series(n + 1, { route: `/${serial % 3}/${n}` }));
      registry.report(serial, 0, report(...made));
      const now = new Map(ofSlot(0)?.series.map((one) => [one.route ?? '', one.counts[0] ?? 0]));
      for (const [route, count] of before) expect(now.get(route)).toBeGreaterThanOrEqual(count);
      before = now;
    }
    registry.ended({ serial });
    const now = new Map(ofSlot(0)?.series.map((one) => [one.route ?? '', one.counts[0] ?? 0]));
    expect(now).toEqual(before);
  }
});

test.each([
  ['a method of its own', { method: 'BREW' }],
  ['a status beyond all', { status: 600 }],
  ['a route with a line break', { route: 'a\nb' }],
  ['a negative count', { counts: counts(-1) }],
  ['too few buckets', { counts: [1] }],
])('a report with %s is not read', (_, wrong) => {
  const message = { type: 'metrics', series: [{ ...series(1), ...wrong }], active: 0 };
  expect(readToMaster(envelope(message)).problem).toBeDefined();
});

test('what is shed is counted by reason, never falls, and goes on when its worker has left', () => {
  const shed = (loop: number, more = {}): Metrics => ({ ...report(), shed: { loop, ...more } });
  expect(ofSlot(0)?.shed).toBeUndefined();
  registry.report(1, 0, shed(5, { limit: 2, 'no-reason-of-ours': 9 }));
  registry.report(1, 0, shed(3));
  registry.report(2, 0, shed(4));
  const all = { loop: 9, limit: 2, proxy: 0, 'client-gone': 0 };
  expect(ofSlot(0)?.shed).toEqual(all);
  registry.ended({ serial: 1 });
  expect(ofSlot(0)?.shed).toEqual(all);
  registry.ended({ serial: 2 });
  expect(ofSlot(0)?.shed).toEqual(all);
});
