/** Against the `ws` package itself: what is looked for inside is there, and says what it is taken to say. */
import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket, WebSocketServer } from 'ws';
import { busyWith, watchHandlers } from './busy.ts';
import { isKnown, isSending, leave, pause, refusalOf, socketOf, unpause } from './ws-internals.ts';

let server: WebSocketServer;
let client: WebSocket;
let ws: WebSocket;

async function open(options = {}, clientOptions = {}, Server = WebSocketServer): Promise<void> {
  server = new Server({ port: 0, host: '127.0.0.1', ...options });
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, clientOptions);
  [[ws]] = (await Promise.all([accepted, once(client, 'open')])) as unknown as [[WebSocket]];
}

/** Until it says so: what the client has written takes a moment to be read. */
async function until(reason: string): Promise<void> {
  const end = Date.now() + 10_000;
  while (refusalOf(ws) !== reason) {
    if (Date.now() > end) throw new Error(`it says "${refusalOf(ws)}", not "${reason}"`);
    await sleep(1);
  }
}

afterEach(() => {
  client.terminate();
  server.close();
});

const rawSocketOf = (of: WebSocket) => socketOf(of);

test('between two messages it can move', async () => {
  await open();
  expect(isKnown(ws)).toBe(true);
  expect(refusalOf(ws)).toBe('');
  client.send('hello');
  await once(ws, 'message');
  expect(refusalOf(ws)).toBe('');
});

test('not while a listener of the app has a message, a ping or a pong', async () => {
  await open();
  const said: string[] = [];
  for (const event of ['message', 'ping', 'pong']) ws.on(event, () => said.push(refusalOf(ws)));
  client.send('hello');
  client.ping();
  client.pong();
  await once(ws, 'pong');
  expect(said).toEqual(['message', 'message', 'message']);
});

test.each([
  ['a byte of a header', Buffer.from([0x81])],
  ['a header', Buffer.from([0x81, 0x85, 1, 2, 3, 4])],
  ['a part of the payload', Buffer.from([0x81, 0x85, 1, 2, 3, 4, 5, 6])],
  ['a part of a long length', Buffer.from([0x81, 0xfe, 0])],
])('not after %s', async (_, bytes) => {
  await open();
  rawSocketOf(client).write(bytes);
  await until('message');
});

test('not between two fragments, in either direction; after the last it can', async () => {
  await open();
  client.send('one', { fin: false });
  await until('message');
  client.ping();
  await once(ws, 'ping');
  expect(refusalOf(ws)).toBe('message');
  client.send('two', { fin: true });
  await once(ws, 'message');
  expect(refusalOf(ws)).toBe('');
  ws.send('one', { fin: false });
  expect(refusalOf(ws)).toBe('message');
  expect(isSending(ws)).toBe(true);
  ws.send('two', { fin: true });
  expect(refusalOf(ws)).toBe('');
  expect(isSending(ws)).toBe(false);
});

test('what is sent after close() is not waited for', async () => {
  await open();
  ws.send('one', { fin: false });
  ws.close();
  ws.send('late', () => {});
  expect(ws.bufferedAmount).toBeGreaterThan(0);
  expect(isSending(ws)).toBe(false);
});

test('while it compresses a message it cannot', async () => {
  const none = { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 0 };
  await open({ perMessageDeflate: none });
  ws.send('hello');
  expect(isSending(ws)).toBe(true);
  await once(client, 'message');
  expect(isSending(ws)).toBe(false);
});

test('compressed with a memory it cannot; without one it can', async () => {
  await open({ perMessageDeflate: true }, { perMessageDeflate: true });
  expect(refusalOf(ws)).toBe('deflate');
  client.terminate();
  server.close();
  const none = { serverNoContextTakeover: true, clientNoContextTakeover: true };
  await open({ perMessageDeflate: none }, { perMessageDeflate: none });
  expect(refusalOf(ws)).toBe('');
});

test('paused or closing it cannot', async () => {
  await open();
  ws.pause();
  expect(refusalOf(ws)).toBe('paused');
  ws.resume();
  ws.close();
  expect(refusalOf(ws)).toBe('closing');
});

test('what is left behind closes with the code and the reason that it is given, and sends nothing more', async () => {
  await open();
  leave(ws, 1012, 'handoff');
  const sent = new Promise((resolve) => {
    ws.send('late', resolve);
  });
  const [code, reason] = await once(ws, 'close');
  expect([code, String(reason)]).toEqual([1012, 'handoff']);
  expect(await sent).toBeInstanceOf(Error);
  expect(isKnown({})).toBe(false);
});

test('the ws 7 that express-ws brings is known as well, and can be paused', async () => {
  await open({}, {}, createRequire(require.resolve('express-ws'))('ws').Server);
  expect([isKnown(ws), 'pause' in ws, refusalOf(ws)]).toEqual([true, false, '']);
  pause(ws);
  expect(refusalOf(ws)).toBe('paused');
  unpause(ws);
  expect(refusalOf(ws)).toBe('');
});

describe('handlers as browsers have them', () => {
  test.each(['addEventListener', 'onmessage', 'handleEvent'])(
    '%s: an async one is looked at',
    async (way) => {
      await open();
      watchHandlers(ws);
      let finish = () => {};
      const heard: unknown[] = [];
      const handler = ({ data }: { data: unknown }) => {
        heard.push(String(data));
        return new Promise<void>((resolve) => (finish = resolve));
      };
      if (way === 'onmessage') ws.onmessage = handler;
      else
        ws.addEventListener('message', way === 'handleEvent' ? ({ handleEvent: handler } as never) : handler);
      client.send('hello');
      await once(ws, 'message');
      expect([heard, busyWith(ws)]).toEqual([['hello'], 1]);
      finish();
      await Promise.resolve();
      expect(busyWith(ws)).toBe(0);
    },
  );

  test('they come off by their own name', async () => {
    await open();
    watchHandlers(ws);
    const handler = () => {};
    ws.addEventListener('message', handler);
    expect(ws.listenerCount('message')).toBe(1);
    ws.removeEventListener('message', handler);
    expect(ws.listenerCount('message')).toBe(0);
    ws.onmessage = handler;
    ws.onmessage = null;
    expect(ws.listenerCount('message')).toBe(0);
  });
});
