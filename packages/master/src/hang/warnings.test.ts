import type { Logger } from '../log.ts';
import { Warnings } from './warnings.ts';

const worker = { slot: 1, generation: 2, pid: 3 };
const request = { method: 'GET', path: '/a?token=secret', ageMs: 61_000, answering: false };

function listen() {
  const lines: { fields: Record<string, unknown>; text: string }[] = [];
  const warn = (fields: Record<string, unknown>, text: string) => lines.push({ fields, text });
  return { lines, warnings: new Warnings({ warn } as unknown as Logger) };
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test('ten slow requests a minute are logged, and then how many more there were', () => {
  const { lines, warnings } = listen();
  for (let at = 0; at < 3; at++) warnings.waiting(worker, Array(6).fill(request), 100);
  expect(lines).toHaveLength(10);
  expect(lines[0]).toEqual({
    fields: { event: 'slow-request', worker: 1, gen: 2, pid: 3, method: 'GET', path: '/a', ageMs: 61_000 },
    text: 'worker=1 gen=2 pid=3 GET /a has waited for its response headers for 1m 1s (--request-timeout); it goes on',
  });
  jest.advanceTimersByTime(60_000);
  expect(lines.slice(10)).toMatchObject([{ fields: { event: 'slow-requests', count: 308 } }]);
  warnings.waiting(worker, [request], 0);
  expect(lines).toHaveLength(12);
  jest.advanceTimersByTime(120_000);
  expect(lines).toHaveLength(12);
});

test('a worker whose event loop is late again and again is logged once in a while', () => {
  const { lines, warnings } = listen();
  for (let second = 0; second < 31; second++) {
    warnings.late(1, worker, 1_500, [request]);
    if (second === 0) warnings.late(2, worker, 2_000, 'no requests');
    jest.advanceTimersByTime(1_000);
  }
  expect(lines.map(({ fields }) => fields.loopDelayMs)).toEqual([1_500, 2_000, 1_500]);
  expect(lines[0]?.text).toBe(
    'worker=1 gen=2 pid=3 event loop was late by 1.5s (--loop-delay-warning): GET /a (1m 1s)',
  );
});
