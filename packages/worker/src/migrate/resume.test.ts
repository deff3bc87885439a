import { EventEmitter } from 'node:events';
import { resume } from './resume.ts';

class Client extends EventEmitter {
  paused = false;
  closed: unknown[] = [];
  pause() {
    this.paused = true;
  }
  resume() {
    this.paused = false;
  }
  close = (...args: unknown[]) => void this.closed.push(args);
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test('a restore() that never settles ends with a closed client and a report, and not with one that is paused for ever', async () => {
  const client = new Client();
  const failures: string[] = [];
  resume(
    client,
    () => new Promise<void>(() => {}),
    (reason) => failures.push(reason),
  );
  expect(client.paused).toBe(true);
  await jest.advanceTimersByTimeAsync(10_001);
  expect(failures).toEqual(['restore() did not settle within 10 s']);
  expect(client.paused).toBe(false);
  expect(client.closed).toEqual([[1012, 'service restart']]);
});

test('a restore() that settles in time leaves no timer behind', async () => {
  const client = new Client().on('message', () => {});
  resume(
    client,
    () => Promise.resolve(),
    () => {},
  );
  await jest.advanceTimersByTimeAsync(0);
  expect(client.paused).toBe(false);
  expect(jest.getTimerCount()).toBe(0);
});

test('a restore() that throws closes its client and says why', () => {
  const client = new Client();
  const failures: string[] = [];
  resume(
    client,
    () => {
      throw new Error('no such room');
    },
    (reason) => failures.push(reason),
  );
  expect(failures).toEqual(['restore() threw: Error: no such room']);
  expect(client.closed).toHaveLength(1);
});

test('messages wait for a listener, in their order', async () => {
  const client = new Client();
  resume(
    client,
    () => {},
    () => {},
  );
  client.emit('message', 'one');
  client.emit('message', 'two');
  const heard: unknown[] = [];
  client.on('message', (text) => heard.push(text));
  await jest.advanceTimersByTimeAsync(1);
  client.emit('message', 'three');
  expect(heard).toEqual(['one', 'two', 'three']);
});
