import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { Connections, mostConnections } from './connections.ts';

const MOST = 256;

class FakeSocket extends EventEmitter {
  destroyed = false;
  writableLength = 0;
  bytesRead = 0;

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

const socketOf = (fake: FakeSocket) => fake as unknown as Socket;

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

function filled(): { connections: Connections; sockets: FakeSocket[]; come: () => FakeSocket } {
  const connections = new Connections(MOST);
  const come = () => {
    const socket = new FakeSocket();
    connections.add(socketOf(socket));
    return socket;
  };
  return { connections, come, sockets: Array.from({ length: MOST }, come) };
}

test('one connection too many ends the one that has waited longest without a request', () => {
  const { connections, sockets, come } = filled();
  const [first, second, third] = sockets as [FakeSocket, FakeSocket, FakeSocket];
  // The first has been answered just now, and the second is being answered.
  connections.begin(socketOf(first), false);
  connections.end(socketOf(first));
  connections.begin(socketOf(second), false);
  const last = come();
  expect(connections.count).toBe(MOST);
  expect([first, second, third, last].map(({ destroyed }) => destroyed)).toEqual([false, false, true, false]);
});

test('ten thousand connections are never more than the most', () => {
  const { connections, come } = filled();
  for (let at = 0; at < 10_000; at++) come();
  expect(connections.count).toBe(MOST);
});

test('where each one is being answered, the newest goes', () => {
  const { connections, sockets, come } = filled();
  for (const socket of sockets) connections.begin(socketOf(socket), false);
  expect(come().destroyed).toBe(true);
  expect(sockets.filter(({ destroyed }) => destroyed)).toEqual([]);
});

test('an answer that is not read in time is dropped; a stream stays as long as it is read', () => {
  const { connections, sockets } = filled();
  const [slow, stream, stuck, idle] = sockets as [FakeSocket, FakeSocket, FakeSocket, FakeSocket];
  connections.begin(socketOf(slow), false);
  connections.begin(socketOf(stream), true);
  connections.begin(socketOf(stuck), true);
  stuck.writableLength = 2_000_000;
  connections.begin(socketOf(idle), false);
  connections.end(socketOf(idle));
  jest.advanceTimersByTime(2_000);
  expect([slow, stream, stuck, idle].map(({ destroyed }) => destroyed)).toEqual([false, false, true, false]);
  jest.advanceTimersByTime(10_000);
  expect([slow, stream, idle].map(({ destroyed }) => destroyed)).toEqual([true, false, false]);
});

test('the head of a request has five seconds, however slowly it comes; a connection between two requests has more', () => {
  const { connections, sockets } = filled();
  const [silent, dripping, kept, again] = sockets as [FakeSocket, FakeSocket, FakeSocket, FakeSocket];
  for (const socket of [kept, again]) {
    socket.bytesRead = 50;
    connections.begin(socketOf(socket), false);
    connections.end(socketOf(socket));
  }
  for (let second = 0; second < 8; second++) {
    dripping.bytesRead++;
    if (second > 1) again.bytesRead++;
    jest.advanceTimersByTime(1_000);
    if (second === 3) expect(sockets.filter(({ destroyed }) => destroyed)).toEqual([]);
  }
  const destroyed = [silent, dripping, kept, again].map((socket) => socket.destroyed);
  expect(destroyed).toEqual([true, true, false, false]);
  jest.advanceTimersByTime(2_000);
  expect([kept, again].map((socket) => socket.destroyed)).toEqual([false, true]);
});

test('connections leave most descriptors to the workers', () => {
  expect([1_048_576, 2_048, 1_024, 128].map((openFiles) => mostConnections(openFiles))).toEqual([
    256, 256, 128, 16,
  ]);
});

test('streams are bounded, and one that ends makes room', () => {
  const { connections, sockets } = filled();
  const begun = sockets.filter((socket) => connections.begin(socketOf(socket), true));
  expect(begun).toHaveLength(64);
  begun[0]?.destroy();
  expect(connections.begin(socketOf(sockets.at(-1) as FakeSocket), true)).toBe(true);
});

test('a second request before the answer to the first is refused', () => {
  const { connections, sockets } = filled();
  const [one] = sockets as [FakeSocket];
  expect(connections.begin(socketOf(one), false)).toBe(true);
  expect(connections.begin(socketOf(one), false)).toBe(false);
});
