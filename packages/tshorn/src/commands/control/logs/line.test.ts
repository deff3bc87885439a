import { plain } from '../../style.ts';
import { Filter, type LogLine, lineText } from './line.ts';

/** A quarter past nine, by the clock of this machine. */
const AT = new Date(2026, 10, 29, 9, 15, 2, 30).getTime();
const line = (fields: Partial<LogLine>): LogLine => ({ time: AT, msg: 'ready worker=1', ...fields });

test('a line has its time and level, and one that a worker has printed the worker', () => {
  expect(lineText(line({ level: 30 }), plain, AT)).toBe('[09:15:02.030] INFO: ready worker=1');
  const printed = line({ worker: 3, stream: 'stderr', msg: 'a cart is empty' });
  expect(lineText(printed, plain, AT)).toBe('[09:15:02.030] worker 3 | a cart is empty');
});

test('a line of another day has its date', () => {
  const tomorrow = AT + 24 * 3_600_000;
  expect(lineText(line({ level: 50 }), plain, tomorrow)).toBe(
    '[2026-11-29 09:15:02.030] ERROR: ready worker=1',
  );
});

test('--level leaves out what is less important, and what workers print', () => {
  const filter = new Filter({ level: 'warn' });
  expect([20, 30, 40, 50, 60].filter((level) => filter.shows(line({ level })))).toEqual([40, 50, 60]);
  expect(filter.shows(line({ worker: 0, stream: 'stdout' }))).toBe(false);
});

test('--worker leaves out the other slots, and finds lines that name a worker of the slot by its pid alone', () => {
  const filter = new Filter({ worker: 1 });
  expect(filter.shows(line({ level: 30 }))).toBe(false);
  expect(filter.shows(line({ worker: 0, pid: 10 }))).toBe(false);
  expect(filter.shows(line({ worker: 1, pid: 11 }))).toBe(true);
  expect(filter.shows(line({ pid: 11 }))).toBe(true);
  expect(filter.shows(line({ pid: 10 }))).toBe(false);
});

test('without a choice every line is shown', () => {
  const filter = new Filter({});
  expect([line({}), line({ level: 10 }), line({ worker: 1 })].every((one) => filter.shows(one))).toBe(true);
});
