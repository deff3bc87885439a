import { EventEmitter } from 'node:events';
import { busyWith, counted, watchHandlers } from './busy.ts';

function client(): EventEmitter {
  const emitter = new EventEmitter();
  watchHandlers(emitter);
  return emitter;
}

test('an async listener of a message keeps it busy until it has settled', async () => {
  const ws = client();
  let finish = () => {};
  ws.on(
    'message',
    () =>
      new Promise<void>((resolve) => {
        finish = resolve;
      }),
  );
  expect(busyWith(ws)).toBe(0);
  ws.emit('message', 'a');
  const first = finish;
  ws.emit('message', 'b');
  expect(busyWith(ws)).toBe(2);
  first();
  finish();
  await Promise.resolve();
  expect(busyWith(ws)).toBe(0);
});

test('one that rejects is at its end, too, and what Node is given rejects as it does', async () => {
  const ws = client();
  const failure = new Error('no');
  const listener = counted(ws, () => Promise.reject(failure));
  const given = listener();
  expect(busyWith(ws)).toBe(1);
  // Caught by us, no app would ever learn of its mistakes.
  await expect(given).rejects.toBe(failure);
  expect(busyWith(ws)).toBe(0);
});

test('listeners get what they got, are found by their own name, and come off', () => {
  const ws = client();
  const heard: unknown[] = [];
  const listener = function (this: unknown, ...args: unknown[]) {
    heard.push(this, ...args);
  };
  ws.on('message', listener);
  expect(ws.listeners('message')).toEqual([listener]);
  ws.emit('message', 'a', true);
  expect(heard).toEqual([ws, 'a', true]);
  ws.off('message', listener);
  ws.emit('message', 'b', true);
  expect(heard).toHaveLength(3);
  expect(ws.listenerCount('message')).toBe(0);
});

test.each(['once', 'prependOnceListener'] as const)('%s is looked at, too', async (method) => {
  const ws = client();
  let finish = () => {};
  ws[method]('message', () => new Promise<void>((resolve) => (finish = resolve)));
  ws.emit('message');
  expect(busyWith(ws)).toBe(1);
  ws.emit('message');
  expect(busyWith(ws)).toBe(1);
  finish();
  await Promise.resolve();
  expect(busyWith(ws)).toBe(0);
});

test('once is once, and comes off as well', () => {
  const ws = client();
  let count = 0;
  const listener = () => count++;
  ws.once('message', listener);
  ws.emit('message');
  ws.emit('message');
  ws.once('message', listener);
  ws.off('message', listener);
  ws.emit('message');
  expect(count).toBe(1);
});

test('other events are not looked at', () => {
  const ws = client();
  ws.on('close', () => new Promise(() => {}));
  ws.emit('close');
  expect(busyWith(ws)).toBe(0);
});

test('two clients have the same methods, and each its own count', async () => {
  const [one, other] = [client(), client()];
  expect(one.on).toBe(other.on);
  let finish = () => {};
  const listener = () => new Promise<void>((resolve) => (finish = resolve));
  one.on('message', listener);
  one.emit('message');
  expect([busyWith(one), busyWith(other)]).toEqual([1, 0]);
  one.off('message', listener);
  expect(one.listenerCount('message')).toBe(0);
  finish();
});
