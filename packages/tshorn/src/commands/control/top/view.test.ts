import type { Snapshot, WorkerRow } from '@tshorn/master';
import { plain } from '../../style.ts';
import { pressed } from './keys.ts';
import { painted, widthOf } from './line.ts';
import { begin, heard, type Picture, seen, type Told } from './picture.ts';
import { linesOf, type Size } from './view.ts';

const AT = new Date(2026, 10, 29, 9, 15, 2).getTime();
const worker = (slot: number, fields: Partial<WorkerRow> = {}): WorkerRow => ({
  slot,
  generation: 1,
  pid: 100 + slot,
  state: 'ready',
  uptimeMs: 5_000,
  requests: 10 * slot,
  rps: slot,
  errorsPerSecond: 0,
  connections: 1,
  active: 0,
  memory: 50_000_000,
  ...fields,
});
const snapshotOf = (workers: readonly WorkerRow[], fields: Partial<Snapshot> = {}) =>
  ({
    at: AT,
    master: {
      host: 'web1',
      pid: 99,
      uptimeMs: 60_000,
      memory: 60_000_000,
      app: '/srv/app.js',
      listeners: ['127.0.0.1:80'],
    },
    state: 'running',
    generation: 1,
    size: 4,
    totals: {
      requests: 60,
      rps: 6,
      errorsPerSecond: 0,
      connections: 4,
      active: 0,
      memory: 200_000_000,
      cpu: 0.1,
    },
    workers,
    ...fields,
  }) as Snapshot;
const told = (event: string, msg: string, fields: Partial<Told> = {}): Told => ({
  time: AT,
  event,
  level: 'info',
  msg,
  ...fields,
});

const FOUR = [0, 1, 2, 3].map((slot) => worker(slot));
const SIZE: Size = { columns: 80, rows: 24 };
const draw = (picture: Picture, size = SIZE) =>
  linesOf(picture, size).map((line) => painted(line, plain).trimEnd());
const press = (picture: Picture, ...names: string[]) =>
  names.reduce((now, name) => pressed(now, { name, sequence: name }, SIZE.columns) as Picture, picture);
const slots = (picture: Picture) =>
  draw(picture).flatMap((line) => /^[ ›] +(\d+) +\d+ [a-z]/.exec(line)?.[1] ?? []);

test.each([
  [200, 60],
  [80, 24],
  [40, 12],
  [10, 2],
])('%i columns and %i rows are filled, and nothing is wider', (columns, rows) => {
  const long = told('crashed', 'x'.repeat(300), { level: 'error', lastLines: ['y'.repeat(300)] });
  const pictures = [begin(snapshotOf(FOUR)), heard(begin(snapshotOf(FOUR)), long)];
  for (const picture of pictures.flatMap((one) => [one, press(one, 'down'), press(one, '?')])) {
    const lines = linesOf(picture, { columns, rows });
    expect(lines).toHaveLength(rows);
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(columns);
  }
});

test('of the totals those are shown that fit whole, and the line of requests stands beside them', () => {
  let picture = begin(snapshotOf(FOUR));
  for (let n = 0; n < 5; n++) picture = seen(picture, snapshotOf(FOUR));
  const [, , , requests, totals] = draw(picture, { columns: 80, rows: 24 });
  expect(requests).toMatch(/^requests\/s +6\.0 .* ██████$/);
  expect(totals).toBe('workers 4/4   connections 4   busy 0   memory 191 MB + master 57 MB   CPU 0.10');
  expect(draw(picture, { columns: 50, rows: 24 })[4]).toBe('workers 4/4   connections 4   busy 0');
});

test('a reload is drawn from its notices: a snapshot comes later', () => {
  let picture = begin(snapshotOf(FOUR));
  picture = heard(picture, told('reload-started', 'reload to gen=2', { generation: 2, by: 'SIGHUP' }));
  const spawned = { worker: 1, gen: 2, pid: 201, step: 4, of: 13 };
  picture = heard(picture, told('spawned', 'spawned worker=1', spawned));
  expect(draw(picture)[6]).toMatch(/^reload to gen 2 {2}━+─+ {2}step 4\/13 {2}0ms {2}by SIGHUP$/);
  expect(draw(picture)[7]).toMatch(/^0 ● {2}1 ○ {2}2 ● {2}3 ● /);
  picture = heard(picture, told('ready', 'ready worker=1', { ...spawned, step: 5 }));
  picture = heard(picture, told('exited', 'exited worker=1', { worker: 1, gen: 1, pid: 101 }));
  expect(picture.snapshot.workers.filter(({ slot }) => slot === 1)).toMatchObject([
    { generation: 2, state: 'ready', pid: 201 },
  ]);
  expect(draw(picture).join('\n')).toContain('09:15:02  exited worker=1');
});

test('parked workers give way where the table is too long, and are counted', () => {
  const eight = Array.from({ length: 8 }, (_, slot) => [worker(slot), worker(slot, { generation: 2 })]);
  const parked = eight.map(([old, young]) => [
    { ...(old as WorkerRow), state: 'parked' },
    young as WorkerRow,
  ]);
  const lines = draw(begin(snapshotOf(parked.flat(), { size: 8 })));
  expect(lines.filter((line) => line.includes(' ready '))).toHaveLength(8);
  expect(lines.join('\n')).toContain('\n  8 parked\n');
  expect(draw(begin(snapshotOf(parked.flat(), { size: 8 })), { columns: 80, rows: 40 }).join('\n')).toContain(
    'parked ',
  );
});

test('a number of workers that follows the load has its range, and why it is what it is', () => {
  const since = new Date(AT - 40_000).toISOString();
  const desired = { workers: 4, by: 'scaler', range: '2..8', why: 'event loops 97% busy', since };
  const text = draw(begin(snapshotOf(FOUR, { desired }))).join('\n');
  expect(text).toContain('workers 4/4 of 2..8');
  expect(text).toContain('scaling, 40s ago: event loops 97% busy');
  const failed = { ...desired, workers: 1, why: 'tried 2, which failed: no database' };
  const one = snapshotOf([worker(0)], { size: 1, desired: failed });
  expect(draw(begin(one)).join('\n')).toContain('scaling, 40s ago: tried 2, which failed: no database');
  const held = { ...desired, held: 'the memory has room for no further worker' };
  expect(draw(begin(snapshotOf(FOUR, { desired: held }))).join('\n')).toContain('scaling held: the memory');
});

test('keys sort, reverse, choose and pause', () => {
  const picture = begin(snapshotOf(FOUR));
  expect(slots(picture)).toEqual(['0', '1', '2', '3']);
  const byRate = press(picture, 'right', 'right', 'right');
  expect(slots(byRate)).toEqual(['3', '2', '1', '0']);
  expect(slots(press(byRate, 'r'))).toEqual(['0', '1', '2', '3']);
  expect(draw(press(byRate, 'down')).find((line) => line.startsWith('›'))).toMatch(/^› +3 /);
  const paused = press(picture, 'space');
  const later = seen(paused, snapshotOf([worker(0)], { size: 1 }));
  expect(slots(later)).toHaveLength(4);
  expect(draw(later)[0]).toContain(' PAUSED ');
  expect(slots(press(later, 'space'))).toEqual(['0']);
  expect(pressed(picture, { name: 'q' }, 80)).toBe('quit');
  expect(pressed(picture, { name: 'c', ctrl: true }, 80)).toBe('interrupt');
});

test('a chosen worker shows its own events, with its last words where there is room', () => {
  let picture = begin(snapshotOf(FOUR), [told('ready', 'ready worker=2', { worker: 2 })]);
  const crash = { worker: 2, gen: 1, pid: 102, level: 'error', lastLines: ['Error: no cart'] };
  picture = heard(picture, told('failing', 'failing worker=2', crash));
  picture = heard(picture, told('ready', 'ready worker=3', { worker: 3 }));
  const small = draw(press(picture, '2')).join('\n');
  expect(small).toContain('ready worker=2\n09:15:02  failing worker=2\n');
  expect(small).not.toContain('no cart');
  const text = draw(press(picture, '2'), { columns: 80, rows: 40 }).join('\n');
  expect(text).toContain('ready worker=2\n09:15:02  failing worker=2\n            | Error: no cart\n');
  expect(text).not.toContain('ready worker=3');
});

test('a reload does not push an error out, and an error has its end: there is the place in the code', () => {
  const place = 'stuck in spin (/srv/shop/releases/2026-11-29/app.js:15:19)';
  const hang = `worker=0 gen=1 pid=29631 hung: no heartbeat for 5.1s; ${place}\n  | at spin`;
  let picture = heard(begin(snapshotOf(FOUR)), told('hung', hang, { level: 'error', worker: 0, gen: 1 }));
  const step = { worker: 1, gen: 2, pid: 201 };
  for (let n = 1; n <= 14; n++) picture = heard(picture, told('ready', `step ${n}/14 ready`, step));
  const lines = draw(picture);
  const at = lines.findIndex((line) => line.startsWith('09:15:02  worker=0 gen=1 pid=29631 hung:'));
  expect(
    lines
      .slice(at, at + 2)
      .map((line) => line.trim())
      .join(' '),
  ).toContain(place);
  expect(lines.filter((line) => line.includes(' step '))).toContain('09:15:02  step 14/14 ready');
  expect(lines[at + 2]).toMatch(/ step \d+\/14 ready$/);
});

test('a stack that is longer than all the room shows its head', () => {
  const stack = Array.from({ length: 60 }, (_, n) => `  | at frame ${n}`);
  const picture = heard(
    begin(snapshotOf(FOUR)),
    told('hung', ['worker=0 hung', ...stack].join('\n'), { level: 'error' }),
  );
  const lines = draw(picture, { columns: 80, rows: 40 });
  expect(lines).toContain('09:15:02  worker=0 hung');
  expect(lines.join('\n')).toContain('at frame 5\n');
});

test('a lost connection is named', () => {
  const picture = { ...begin(snapshotOf(FOUR)), lost: 'looking for the master again: it has ended' };
  expect(draw(picture)[0]).toMatch(/ NO CONNECTION$/);
  expect(draw(picture)[5]).toBe('looking for the master again: it has ended');
});

test('the reason of a reload that failed stands below it, on two lines where it is long', () => {
  const reason =
    'worker 2 answered /_status with 503 Service Unavailable: the database does not answer at 10.0.0.7:5432';
  const lastReload = {
    generation: 2,
    outcome: 'rolled-back' as const,
    reason,
    by: 'SIGHUP',
    at: new Date(AT - 60_000).toISOString(),
    replaced: 0,
    tookMs: 900,
  };
  const lines = draw(begin(snapshotOf(FOUR, { lastReload })), { columns: 80, rows: 24 });
  expect(lines[6]).toMatch(/^last reload {2}gen 2 rolled-back {2}.* ago {2}by SIGHUP$/);
  expect(
    lines
      .slice(7, 9)
      .map((line) => line.trim())
      .join(' '),
  ).toBe(reason);
  expect(lines[9]).toMatch(/^0 ●/);
});
