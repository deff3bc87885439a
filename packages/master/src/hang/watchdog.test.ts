import { Watchdog } from './watchdog.ts';

/** A master that is awake: it ticks when it is due, and live workers give a heartbeat each second. */
function live(dog: Watchdog, from: number, to: number, alive: number[], timeoutMs = 30_000): void {
  for (let now = from; now <= to; now += 250) {
    dog.tick(now);
    if (now % 1_000 === 0) for (const serial of alive) dog.heartbeat(serial, timeoutMs, now);
  }
}

test('a worker that gives a heartbeat each second is never silent', () => {
  const dog = new Watchdog();
  live(dog, 0, 100_000, [1, 2]);
  expect(dog.silent(100_000)).toEqual([]);
});

test('a worker without a heartbeat for the timeout is silent, and the others are not', () => {
  const dog = new Watchdog();
  live(dog, 0, 10_000, [1, 2]);
  live(dog, 10_250, 39_750, [1]);
  expect(dog.silent(39_750)).toEqual([]);
  live(dog, 40_000, 40_000, [1]);
  expect(dog.silent(40_000)).toEqual([{ serial: 2, ms: 30_000 }]);
});

test('time in which the master stood still does not count', () => {
  const dog = new Watchdog();
  live(dog, 0, 10_000, [1], 2_000);
  // Stopped for a minute; its first act is the tick, before it has read any heartbeat.
  dog.tick(70_000);
  expect(dog.silent(70_000)).toEqual([]);
  live(dog, 70_250, 71_250, []);
  expect(dog.silent(71_250)).toEqual([]);
  dog.tick(71_500);
  expect(dog.silent(71_500)).toEqual([{ serial: 1, ms: 2_000 }]);
});

test('also when a heartbeat is read before the first tick', () => {
  const dog = new Watchdog();
  live(dog, 0, 10_000, [1, 2], 2_000);
  dog.heartbeat(1, 2_000, 70_000);
  expect(dog.silent(70_000)).toEqual([]);
  dog.tick(70_000);
  live(dog, 70_250, 71_250, []);
  expect(dog.silent(71_250)).toEqual([]);
  dog.tick(71_500);
  expect(dog.silent(71_500)).toEqual([{ serial: 2, ms: 2_000 }]);
});

test('also when the workers stood still with it, and their last heartbeats are read only now', () => {
  const dog = new Watchdog();
  live(dog, 0, 10_000, [1, 2], 2_000);
  dog.tick(70_000);
  dog.heartbeat(1, 2_000, 10_100);
  expect(dog.silent(70_000)).toEqual([]);
  live(dog, 70_250, 71_500, [1], 2_000);
  expect(dog.silent(71_500)).toEqual([{ serial: 2, ms: 2_000 }]);
});

test('also when the first of all ticks comes behind it', () => {
  const dog = new Watchdog();
  dog.tick(60_000);
  dog.heartbeat(1, 2_000, 10);
  expect(dog.silent(60_000)).toEqual([]);
  live(dog, 60_250, 61_750, [], 2_000);
  expect(dog.silent(61_750)).toEqual([]);
  dog.tick(62_000);
  expect(dog.silent(62_000)).toEqual([{ serial: 1, ms: 2_000 }]);
});

test('it ticks four times in the shortest timeout, and at least each second', () => {
  const dog = new Watchdog();
  expect(dog.tickMs).toBeUndefined();
  dog.heartbeat(1, 30_000, 0);
  expect(dog.tickMs).toBe(1_000);
  dog.heartbeat(2, 2_000, 0);
  expect(dog.tickMs).toBe(500);
  dog.forget(2);
  expect(dog.tickMs).toBe(1_000);
});

test('a worker that is forgotten is not silent', () => {
  const dog = new Watchdog();
  dog.heartbeat(1, 2_000, 0);
  dog.forget(1);
  dog.tick(500);
  expect(dog.silent(10_000)).toEqual([]);
});
