import { EventEmitter } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { emitGuarded } from './emit-guarded.ts';

test('a listener that throws or rejects costs no other listener the event', async () => {
  const emitter = new EventEmitter();
  const heard: string[] = [];
  const errors: unknown[] = [];
  emitter.on('notice', () => {
    throw new Error('thrown');
  });
  emitter.once('notice', (text) => heard.push(`once ${text}`));
  emitter.on('notice', async () => {
    throw new Error('rejected');
  });
  emitter.on('notice', (text) => heard.push(`on ${text}`));
  emitGuarded(emitter, 'notice', ['a'], (error) => errors.push((error as Error).message));
  emitGuarded(emitter, 'notice', ['b'], (error) => errors.push((error as Error).message));
  await setImmediate();
  expect(heard).toEqual(['once a', 'on a', 'on b']);
  expect(errors).toEqual(['thrown', 'thrown', 'rejected', 'rejected']);
});
