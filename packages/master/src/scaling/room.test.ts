import type { Vital } from '../vitals.ts';
import { roomFor } from './room.ts';

const MB = 1024 ** 2;
const memories = (used: number, limit: number | undefined, free = 64_000) => ({
  vitalOf: (serial: number) => ({ rss: serial * 100 * MB }) as Vital,
  ownMemory: (serial: number): number | undefined => serial * 80 * MB,
  groupMemory: () => (limit === undefined ? undefined : { used: used * MB, limit: limit * MB }),
  freeMemory: () => free * MB,
});

test('a worker is taken to need what the largest one has of its own, and a quarter more', () => {
  expect(roomFor([1], 0, memories(100, 1_000))).toBe(8);
  expect(roomFor([1, 2], 0, memories(100, 1_000))).toBe(4);
  expect(roomFor([1, 2], 3, memories(100, 1_000))).toBe(1);
  expect(roomFor([1], 0, memories(890, 1_000))).toBe(0);
  expect(roomFor([1], 2, memories(990, 1_000))).toBe(0);
});

test('without a limit of the group the free memory of the machine counts', () => {
  expect(roomFor([1], 0, memories(0, undefined, 250))).toBe(2);
  expect(roomFor([1], 0, memories(100, 10_000, 250))).toBe(2);
});

test('nothing is known before a worker has told its memory', () => {
  const none = { ...memories(100, 1_000), vitalOf: () => undefined, ownMemory: () => undefined };
  expect(roomFor([1], 0, none)).toBeUndefined();
});
