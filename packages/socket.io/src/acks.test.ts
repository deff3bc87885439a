import { PendingAcks } from './acks.ts';
import type { NamespaceSocket } from './internals.ts';

const answered: unknown[][] = [];
const fresh = () => {
  const socket = {
    acks: new Map<number, unknown>(),
    ack:
      (id: number) =>
      (...args: unknown[]) =>
        void answered.push([id, ...args]),
  } as unknown as NamespaceSocket;
  return { socket, acks: new PendingAcks(socket) };
};

test('what the client has asked is waited for until the app answers, which it still can', () => {
  const { socket, acks } = fresh();
  const answer = socket.ack(7);
  expect(acks.isWaiting()).toBe(true);
  answer('yes', 1);
  expect(acks.isWaiting()).toBe(false);
  expect(answered).toEqual([[7, 'yes', 1]]);
});

test('what the app has asked is waited for until the client answers', () => {
  const { socket, acks } = fresh();
  socket.acks.set(0, () => {});
  expect(acks.isWaiting()).toBe(true);
  socket.acks.delete(0);
  expect(acks.isWaiting()).toBe(false);
});

test('each is waited for from when it was first looked at, and not for ever', () => {
  const { socket, acks } = fresh();
  socket.ack(1);
  expect(acks.isWaiting(100_000)).toBe(true);
  socket.acks.set(2, () => {});
  expect(acks.isWaiting(104_000)).toBe(true);
  expect(acks.isWaiting(106_000)).toBe(true);
  expect(acks.isWaiting(109_001)).toBe(false);
});

test('an app that never answers does not fill the memory', () => {
  const { socket, acks } = fresh();
  const first = socket.ack(0);
  for (let id = 1; id <= 1_000; id++) socket.ack(id)();
  expect(acks.isWaiting()).toBe(true);
  first();
  for (let id = 2_000; id < 200_000; id++) socket.ack(id);
  expect(acks.size).toBe(1_000);
});
