import { PlainLines } from './plain-lines.ts';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

const event = (name: string, fields: object = {}) => ({ event: name, level: 'info', msg: name, ...fields });
const printed: string[] = [];
const lines = () => {
  printed.length = 0;
  return new PlainLines((text) => printed.push(text));
};

test('a worker that drains at once is one line, and one that takes long is two', () => {
  const show = lines();
  show.event(event('draining', { pid: 1 }));
  show.event(event('draining', { pid: 2 }));
  show.event(event('drained', { pid: 1, msg: 'drained 1' }));
  expect(printed).toEqual(['drained 1']);
  jest.advanceTimersByTime(10_000);
  show.event(event('drained', { pid: 2, msg: 'drained 2' }));
  expect(printed).toEqual(['drained 1', 'draining', 'drained 2']);
});

test('neither the verdict nor what is for debugging is printed, and nothing after the end', () => {
  const show = lines();
  show.event(event('reload-started'));
  show.event(event('booted', { level: 'debug', pid: 3 }));
  show.event(event('draining', { pid: 3 }));
  show.event(event('reload-finished'));
  show.end();
  jest.advanceTimersByTime(10_000);
  expect(printed).toEqual(['reload-started']);
});

test('the stack of a worker that is broken is left to the verdict', () => {
  const show = lines();
  show.event(
    event('broken', { level: 'error', pid: 3, msg: 'broken worker=0 Error: x\n  | Error: x\n  |     at y' }),
  );
  show.event(event('crashed', { level: 'error', pid: 4, msg: 'crashed worker=1\n  | Error: z' }));
  expect(printed).toEqual(['broken worker=0 Error: x', 'crashed worker=1\n  | Error: z']);
});
