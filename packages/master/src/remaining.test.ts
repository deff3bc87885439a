import type { Logger } from './log.ts';
import { Remaining } from './remaining.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

function scene() {
  const lines: string[] = [];
  const log = { info: (_fields: object, text: string) => lines.push(text) } as unknown as Logger;
  return { lines, remaining: new Remaining(log, { identityOf: () => ({ slot: 0, generation: 1, pid: 9 }) }) };
}

test('the log has one line for each drain that takes long', () => {
  const { lines, remaining } = scene();
  remaining.begin(4, 30_000);
  remaining.report(4, { upgraded: 20, requests: 30 });
  jest.advanceTimersByTime(4_900);
  expect(lines).toEqual([]);
  remaining.report(4, { upgraded: 2, queue: 1, requests: 9 });
  jest.advanceTimersByTime(20_000);
  remaining.report(4, { upgraded: 1 });
  expect(lines).toEqual([
    'draining worker=0 gen=1 pid=9 still has 12 connections: upgraded:2,queue:1,requests:9',
  ]);
  expect(remaining.of(4)).toEqual({ upgraded: 1 });
});

test('a short grace period has it after a third; who is too busy to tell, later', () => {
  const { lines, remaining } = scene();
  remaining.begin(4, 3_000);
  jest.advanceTimersByTime(1_100);
  expect(lines).toEqual([]);
  remaining.report(4, { idle: 1 });
  remaining.report(4, { idle: 2 });
  expect(lines).toEqual(['draining worker=0 gen=1 pid=9 still has 1 connection: idle:1']);
});

test('nothing is said of what is over', () => {
  const { lines, remaining } = scene();
  remaining.report(4, { idle: 1 });
  expect(remaining.of(4)).toBeUndefined();
  remaining.begin(4, 30_000);
  remaining.report(4, { idle: 1 });
  remaining.over(4);
  jest.advanceTimersByTime(60_000);
  expect(lines).toEqual([]);
  expect(remaining.of(4)).toBeUndefined();
});
