import { DURATION_BOUNDS, NO_RESPONSE, OTHER_STATUS } from '@tshorn/core';
import { MOST_UNREAD_BYTES } from '../control/watch.ts';
import type { SlotMetrics } from '../metrics/registry.ts';
import { COLUMNS, History, type HistoryMessage } from './history.ts';
import type { Snapshot } from './snapshot.ts';

const BUCKETS = DURATION_BOUNDS.length + 1;

const snapshotAt = (at: number, more: object = {}): Snapshot =>
  ({
    at,
    size: 2,
    generation: 1,
    totals: { active: 0, connections: 0, memory: 5e7 },
    workers: [{ state: 'ready' }, { state: 'booting' }],
    ...more,
  }) as unknown as Snapshot;

/** @param counted ended requests by status; all in the second bucket */
const slotsWith = (counted: Readonly<Record<number, number>>): SlotMetrics[] =>
  [
    {
      slot: 0,
      series: Object.entries(counted).map(([status, ended]) => ({
        method: 'GET',
        status: Number(status),
        counts: Array.from({ length: BUCKETS }, (_, bucket) => (bucket === 1 ? ended : 0)),
        sumMs: 1,
      })),
    },
  ] as unknown as SlotMetrics[];

/** The columns of a point by name. */
const named = ({ columns, points }: HistoryMessage, n: number) =>
  Object.fromEntries(columns.map((name, place) => [name, points[n]?.[place + 1]]));

test('a point has the rates since the one before, by status, and the buckets', () => {
  const history = new History();
  history.sample(snapshotAt(10_000), slotsWith({ 200: 1_000 }));
  expect(history.since(0)?.points).toEqual([]);
  const later = { 101: 6, 200: 1_600, 304: 60, 404: 12, 500: 6, [OTHER_STATUS]: 6, [NO_RESPONSE]: 3 };
  history.sample(snapshotAt(16_000), slotsWith(later));
  const message = history.since(0) as HistoryMessage;
  expect(named(message, 0)).toMatchObject({
    '2xx': 101,
    '3xx': 10,
    '4xx': 2,
    '5xx': 2,
    cut: 0.5,
    ready: 1,
    workers: 2,
    memory: 50,
  });
  expect(message.points[0]?.[0]).toBe(16_000);
  expect(message.points[0]?.slice(1 + COLUMNS.length)).toEqual(
    Array.from({ length: BUCKETS }, (_, bucket) => (bucket === 1 ? 693 : 0)),
  );
});

test('a figure that is not known is null, and not 0', () => {
  const history = new History();
  history.sample(snapshotAt(0), []);
  history.sample(snapshotAt(6_000), []);
  history.sample(
    snapshotAt(12_000, {
      totals: { queue: 3, cpu: 1.5, memory: 0 },
      workers: [{ elu: 0.25 }, { elu: 0.75 }],
    }),
    [],
  );
  const message = history.since(0) as HistoryMessage;
  expect(named(message, 0)).toMatchObject({ queue: null, elu: null, eluMost: null, cpu: null });
  expect(named(message, 1)).toMatchObject({ queue: 3, elu: 0.5, eluMost: 0.75, cpu: 1.5 });
});

test('counts that fall make no rate below zero, and a clock that stands still makes no point', () => {
  const history = new History();
  history.sample(snapshotAt(6_000), slotsWith({ 200: 60 }));
  history.sample(snapshotAt(6_000), slotsWith({ 200: 60 }));
  history.sample(snapshotAt(12_000), slotsWith({ 200: 6 }));
  expect(history.since(0)?.points).toHaveLength(1);
  expect(named(history.since(0) as HistoryMessage, 0)).toMatchObject({ '2xx': 0 });
});

test('it keeps an hour, and tells a reader only what is new', () => {
  const history = new History();
  for (let n = 0; n <= 700; n++) history.sample(snapshotAt(n * 6_000), []);
  const message = history.since(0) as HistoryMessage;
  expect(message.points).toHaveLength(600);
  expect(message.points[0]?.[0]).toBe(101 * 6_000);
  expect(message.points.at(-1)?.[0]).toBe(700 * 6_000);
  expect(history.since(message.version)).toBeUndefined();

  history.sample(snapshotAt(701 * 6_000), []);
  history.line({ time: 1, level: 'error', event: 'crashed', msg: 'crashed', pid: 5 });
  expect(history.since(message.version)).toMatchObject({
    points: [expect.arrayContaining([701 * 6_000])],
    marks: [{ kind: 'crash' }],
  });
});

test('a reader that has nothing gets a message also when there is nothing yet', () => {
  const history = new History();
  const message = history.since(0) as HistoryMessage;
  expect(message).toMatchObject({ points: [], marks: [] });
  expect(history.since(message.version)).toBeUndefined();
});

test('the whole history is less than what a reader of the stream may leave unread', () => {
  const history = new History();
  const totals = { active: 12_345, connections: 123_456, queue: 1_234, memory: 12_345_678_901, cpu: 12.34 };
  const busy = (n: number) =>
    [200, 304, 404, 503, NO_RESPONSE].map((status) => ({
      method: 'GET',
      status,
      counts: new Array(BUCKETS).fill(n * 123_457),
      sumMs: 1,
    }));
  for (let n = 0; n <= 600; n++) {
    const slots = [{ slot: 0, series: busy(n) }] as unknown as SlotMetrics[];
    history.sample(snapshotAt(1_795_000_000_000 + n * 6_000, { totals }), slots);
  }
  const wide = '\u{3042}'.repeat(750);
  for (let pid = 1; pid <= 200; pid++)
    history.line({ time: pid, level: 'error', event: 'crashed', msg: wide, pid });
  const message = history.since(0) as HistoryMessage;
  expect(message.points).toHaveLength(600);
  expect(message.marks.length).toBeGreaterThan(100);
  expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThan(MOST_UNREAD_BYTES - 100_000);
});
