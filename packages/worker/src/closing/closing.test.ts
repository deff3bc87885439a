import type { Closable } from './closable.ts';
import { Closing } from './closing.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** Connections whose clients answer, or do not. */
function scene(count: number, answers = true) {
  const told: number[] = [];
  const open: Closable[] = Array.from({ length: count }, (_, n) => {
    const socket = { destroyed: false, destroy: () => Object.assign(socket, { destroyed: true }) };
    const close = () => {
      told.push(n);
      if (answers) socket.destroy();
    };
    return { socket, close } as unknown as Closable;
  });
  const closing = new Closing(() => open.filter(({ socket }) => !socket.destroyed));
  return { closing, told, open };
}

test('nothing is closed before the window, and everything within it', () => {
  const { closing, told } = scene(20);
  closing.schedule({ startMs: 5_000, endMs: 9_000 });
  jest.advanceTimersByTime(4_999);
  expect(told).toEqual([]);
  jest.advanceTimersByTime(2_000);
  expect(told.length).toBeGreaterThan(0);
  expect(told.length).toBeLessThan(20);
  jest.advanceTimersByTime(2_200);
  expect(told).toEqual([...told.keys()]);
  expect(closing.closed).toBe(20);
});

test('the app is told of the drain first, even when all are closed at once', () => {
  const { closing, told } = scene(3);
  closing.schedule({ startMs: 0, endMs: 0 });
  expect(told).toEqual([]);
  jest.advanceTimersByTime(1);
  expect(told).toEqual([0, 1, 2]);
});

test('each is told once; those that do not answer are force-closed, and not counted as closed', () => {
  const { closing, told, open } = scene(3, false);
  closing.schedule({ startMs: 0, endMs: 0 });
  jest.advanceTimersByTime(1_000);
  expect(told).toEqual([0, 1, 2]);
  expect(closing.closed).toBe(0);
  closing.forceClose();
  expect(open.every(({ socket }) => socket.destroyed)).toBe(true);
});

test('one that comes late is closed, too', () => {
  const { closing, told, open } = scene(2);
  const late = open.splice(1);
  closing.schedule({ startMs: 0, endMs: 0 });
  jest.advanceTimersByTime(10);
  expect(told).toEqual([0]);
  open.push(...late);
  jest.advanceTimersByTime(200);
  expect(told).toEqual([0, 1]);
});

test('when the worker serves again, no more are closed', () => {
  const { closing, told } = scene(20);
  closing.schedule({ startMs: 0, endMs: 10_000 });
  jest.advanceTimersByTime(3_000);
  closing.stop();
  const before = told.length;
  jest.advanceTimersByTime(60_000);
  expect(told).toHaveLength(before);
});

test('a stop that becomes a quick one closes the rest at once', () => {
  const { closing, told } = scene(20);
  closing.schedule({ startMs: 0, endMs: 10_000 });
  jest.advanceTimersByTime(3_000);
  closing.schedule({ startMs: 0, endMs: 0 });
  jest.advanceTimersByTime(1);
  expect(told).toEqual([...Array(20).keys()]);
});

test('without a window nothing is closed', () => {
  const { closing, told } = scene(2);
  closing.schedule(undefined);
  jest.advanceTimersByTime(60_000);
  expect(told).toEqual([]);
});
