/** With a real server, real connections and a real `ws`; the master is played by hand. */
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { SequenceSender } from '@tshorn/core';
import { HandoffSender } from '../handoff-sender.ts';
import type { Migratable } from '../migrate/registry.ts';
import { Http1 } from '../transport/http1.ts';
import type { RawHandle } from '../transport/transport.ts';
import { HandOut } from './hand-out.ts';

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

const UPGRADE = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n';

interface Posted {
  readonly type: string;
  readonly id?: number;
  readonly resumer?: string;
  readonly rescued?: true;
  readonly instead?: number;
  readonly text?: string;
  readonly upTo?: number;
}

let server: http.Server;
let sender: HandoffSender;
let handOut: HandOut;
/** What the master got; messages with a handle are marked. */
let posted: (Posted & { readonly carries: boolean })[];
let isFull: boolean;
let clients: net.Socket[];
let migratables: Set<Migratable>;
/** Called for each request in the place of an answer. */
let handle: (request: http.IncomingMessage, response: http.ServerResponse) => void;

beforeEach(async () => {
  handle = (_request, response) => response.end('done');
  server = http.createServer((request, response) => handle(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  posted = [];
  isFull = false;
  clients = [];
  migratables = new Set();
  const transport = new Http1(server);
  const post = (message: object, carried?: RawHandle) => {
    if (!isFull) posted.push({ ...(message as Posted), carries: carried !== undefined });
    return !isFull;
  };
  const offers = new SequenceSender(() => {});
  sender = new HandoffSender(transport, migratables, {
    offer: () => offers.next(),
    state: () => {},
    warn: () => {},
  });
  const direct = { send: post, sendLast: (message: object) => post(message) };
  handOut = new HandOut({ transport, sender, offers, direct });
});

afterEach(async () => {
  sender.abandon();
  for (const client of clients) client.destroy();
  server.closeAllConnections();
  for (const { socket } of migratables) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

function connect(): net.Socket {
  const client = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => {});
  clients.push(client);
  return client;
}

/** Connections that have had one answer. */
async function idle(count: number): Promise<net.Socket[]> {
  const fresh = Array.from({ length: count }, connect);
  for (const client of fresh) client.write(GET);
  await Promise.all(fresh.map((client) => once(client, 'data')));
  return fresh;
}

/** Hands out in the middle of the turn in which `hook` is called, as a debugger does. */
function inTheMiddleOf(hook: (interrupt: () => void) => void): Promise<ReturnType<HandOut['all']>> {
  return new Promise((resolve) => hook(() => resolve(handOut.all())));
}

const offers = () => posted.filter(({ type }) => type === 'hand-over');

test('idle connections leave in one step, those that have not sent a byte as well', async () => {
  await idle(3);
  const silent = connect();
  await Promise.all([once(server, 'connection'), once(silent, 'ready')]);
  expect(handOut.all()).toEqual({ sent: 4, left: 0 });
  expect(offers().map(({ id, rescued, carries }) => [id, rescued, carries])).toEqual(
    [1, 2, 3, 4].map((id) => [id, true, true]),
  );
  expect(posted.at(-1)).toMatchObject({ type: 'sent', upTo: 4 });
  expect(handOut.all()).toEqual({ sent: 0, left: 0 });
});

test('offers that are on their way already leave once more, under a number of their own', async () => {
  await idle(3);
  sender.sendAll();
  expect(handOut.all()).toEqual({ sent: 3, left: 0 });
  // The master may have given one back, and who hangs reads no answer.
  const again = [1, 2, 3].map((instead) => ({ id: instead + 3, instead, rescued: true, carries: true }));
  expect(offers()).toMatchObject(again);
  sender.keep(1, 'not-yet');
  sender.handedOver(2);
  expect(handOut.all()).toEqual({ sent: 0, left: 0 });
  expect(sender.moved).toBe(0);
});

test('a worker that goes on lets go of those that the master has, and serves the others', async () => {
  const pair = await idle(2);
  handOut.all();
  sender.handedOver(1);
  sender.keep(2, 'no-descriptor');
  const outcomes = pair.map((client) => {
    const outcome = new Promise((resolve) => {
      client.once('data', () => resolve('answered'));
      client.once('close', () => resolve('closed'));
    });
    client.write(GET);
    return outcome;
  });
  expect((await Promise.all(outcomes)).sort()).toEqual(['answered', 'closed']);
  expect(sender.moved).toBe(0);
});

test.each([
  [
    'in its handler',
    (_request: http.IncomingMessage, _response: http.ServerResponse, now: () => void) => now(),
  ],
  [
    'after its answer, in its handler',
    (_request: http.IncomingMessage, response: http.ServerResponse, now: () => void) => {
      response.end('done');
      now();
    },
  ],
  [
    'after its answer, while the bytes behind it are not read',
    (request: http.IncomingMessage, response: http.ServerResponse, now: () => void) => {
      response.end('done');
      request.on('readable', now);
    },
  ],
])('a request that is interrupted %s stays', async (_where, act) => {
  await idle(2);
  const outcome = inTheMiddleOf((interrupt) => {
    let isFirst = true;
    handle = (request, response) => {
      if (!isFirst) return void response.end('done');
      isFirst = false;
      act(request, response, interrupt);
    };
  });
  connect().write(GET + GET);
  expect(await outcome).toMatchObject({ sent: 2 });
});

test('a connection stays whose second request has been read, and waits for the answer to the first', async () => {
  await idle(2);
  const outcome = inTheMiddleOf((interrupt) => {
    let isFirst = true;
    handle = (_request, response) => {
      if (!isFirst) return void response.end('second');
      isFirst = false;
      setImmediate(() => {
        response.end('first');
        interrupt();
      });
    };
  });
  const client = connect();
  let text = '';
  client.on('data', (chunk) => {
    text += chunk;
  });
  client.write(GET + GET);
  expect(await outcome).toMatchObject({ sent: 2, left: 0 });
  while (!text.includes('second')) await sleep(1);
});

test("a connection stays whose own 'connection' listener is interrupted", async () => {
  await idle(2);
  const outcome = inTheMiddleOf((interrupt) => server.once('connection', interrupt));
  connect();
  expect(await outcome).toMatchObject({ sent: 2 });
});

/** A WebSocket, as far as its move is concerned. */
async function migratable(saved: () => string): Promise<Migratable & { readonly told: string[] }> {
  const upgraded = once(server, 'upgrade');
  connect().write(UPGRADE);
  const [, socket] = (await upgraded) as [unknown, net.Socket];
  const told: string[] = [];
  const request = { method: 'GET', url: '/', httpVersion: '1.1', rawHeaders: [] };
  const it = {
    ...{ socket, request, told, resumer: 'websocket:0', refusal: () => '', pack: saved, close: () => {} },
    leave: (resumed: boolean) => {
      told.push(`left ${resumed}`);
      migratables.delete(it);
      socket.destroy();
    },
  };
  migratables.add(it);
  return it;
}

test('a WebSocket leaves with its state right behind it, and is over here', async () => {
  const it = await migratable(() => '{"n":5}');
  expect(handOut.all()).toEqual({ sent: 1, left: 0 });
  const [offer, state] = posted;
  expect(offer).toMatchObject({ type: 'hand-over', id: 1, resumer: 'websocket:0', rescued: true });
  expect(state).toMatchObject({ type: 'state', id: 1, text: expect.stringContaining('{\\"n\\":5}') });
  expect(it.told).toEqual(['left true']);
});

test('a long state follows behind the last descriptor', async () => {
  await migratable(() => JSON.stringify('x'.repeat(50_000)));
  await migratable(() => '1');
  await migratable(() => JSON.stringify('y'.repeat(50_000)));
  expect(handOut.all()).toEqual({ sent: 3, left: 0 });
  const order = posted.map(({ type, id = '' }) => `${type} ${id}`);
  expect(order).toEqual([
    'hand-over 1',
    'state 1',
    'hand-over 2',
    'hand-over 3',
    'state 2',
    'state 3',
    'sent ',
  ]);
});

test('a WebSocket whose state cannot be saved stays, and the others leave', async () => {
  await migratable(() => {
    throw new Error('cannot save this');
  });
  await migratable(() => '1');
  expect(handOut.all()).toEqual({ sent: 1, left: 1 });
  expect(offers()).toHaveLength(1);
});

test('what is stuck in an app that saves a state is not asked again for such a state', async () => {
  await idle(1);
  const asked: string[] = [];
  await migratable(() => {
    asked.push('again');
    return '1';
  });
  const it = await migratable(() => {
    asked.push('stuck');
    // The code that was called does not come to an end: all that follows happens while it runs.
    expect(handOut.all()).toEqual({ sent: 1, left: 0 });
    return '1';
  });
  sender.outgoing.mayGo(it);
  expect(asked).toEqual(['stuck']);
});

test('a WebSocket that was on its way sends its state along', async () => {
  const it = await migratable(() => '1');
  sender.sendAll();
  posted.splice(0);
  handOut.all();
  expect(posted.map(({ type, id, instead }) => [type, id, instead])).toEqual([
    ['hand-over', 2, 1],
    ['state', 2, undefined],
    ['sent', undefined, undefined],
  ]);
  expect(it.told).toEqual(['left true']);
  sender.handedOver(1);
  sender.handedOver(2);
  expect(it.told).toEqual(['left true']);
});

test('the channel is full: what has not left is served on', async () => {
  const [client] = await idle(1);
  isFull = true;
  expect(handOut.all()).toEqual({ sent: 0, left: 1, stuck: expect.stringContaining('channel') });
  client?.write(GET);
  await once(client as net.Socket, 'data');
});

test('this Node is not known: nothing leaves', async () => {
  await idle(1);
  const transport = new Http1(server);
  const blind = new HandOut({ transport, sender, offers: new SequenceSender(() => {}), direct: undefined });
  expect(blind.all()).toEqual({ sent: 0, left: 1, stuck: expect.stringContaining('not known') });
});
