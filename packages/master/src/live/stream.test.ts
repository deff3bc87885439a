import type { ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import type { Listener, Live } from './live.ts';
import { sendEvents } from './stream.ts';

let listeners: Set<Listener>;
let live: Live;
let response: Writable;
beforeEach(() => {
  listeners = new Set();
  live = {
    listeners: 0,
    snapshot: () => ({}),
    listen(listener: Listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  } as unknown as Live;
  // Its reader takes nothing.
  response = Object.assign(new Writable({ write() {} }), { writeHead() {} });
});

const send = () => sendEvents(live, response as unknown as ServerResponse);

test('a reader that still reads when its stream has been ended is sent nothing more', async () => {
  const failed = jest.fn();
  response.on('error', failed);
  send();
  response.end();
  for (const listener of listeners)
    listener.snapshot?.({} as Parameters<NonNullable<Listener['snapshot']>>[0]);
  await new Promise(setImmediate);
  expect(failed).not.toHaveBeenCalled();
});

test('a reader that has gone before the stream begins is not listened for', async () => {
  await new Promise((resolve) => response.once('close', resolve).destroy());
  send();
  expect(listeners.size).toBe(0);
});

test('why a worker hangs is among the notices, without what only a program can read', () => {
  const written: string[] = [];
  Object.assign(response, { write: (text: string) => written.push(text) });
  send();
  const line = { time: 7, event: 'hung', level: 'error', msg: 'worker=0 hung: stuck in spin (app.js:15:19)' };
  for (const listener of listeners) listener.line?.({ ...line, stack: ['a', 'b'] });
  expect(written.at(-1)).toContain(`event: notice\ndata: ${JSON.stringify(line)}\n`);
});
