/** With a real server and real connections; the master is played by hand. */
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { stay } from './api.ts';
import { evenly, HandoffSender } from './handoff-sender.ts';
import type { Migratable } from './migrate/registry.ts';
import { Http1 } from './transport/http1.ts';
import type { RawHandle } from './transport/transport.ts';

const WINDOW = 8;
const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

let server: http.Server;
let sender: HandoffSender;
let sent: RawHandle[];
let clients: net.Socket[];
let migratables: Set<Migratable>;
let states: (string | undefined)[];
let warnings: string[];

beforeEach(async () => {
  server = http.createServer((request, response) => {
    if (request.url === '/stay') stay(request.socket);
    response.end('done');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  sent = [];
  clients = [];
  migratables = new Set();
  states = [];
  warnings = [];
  sender = new HandoffSender(new Http1(server), migratables, {
    offer: ({ handle }) => sent.push(handle),
    state: (_id, text) => states.push(text),
    warn: (text) => void warnings.push(text),
  });
});

afterEach(async () => {
  jest.restoreAllMocks();
  sender.abandon();
  for (const client of clients) client.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** Connections that have had one answer, all of them at rest. */
async function idle(count: number, path = '/'): Promise<net.Socket[]> {
  const fresh = Array.from({ length: count }, () =>
    net.connect((server.address() as AddressInfo).port, '127.0.0.1'),
  );
  clients.push(...fresh);
  for (const client of fresh) {
    client.on('error', () => {});
    client.write(GET.replace('/', path));
  }
  await Promise.all(fresh.map((client) => once(client, 'data')));
  return fresh;
}

async function until(what: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!what()) {
    if (performance.now() > end) throw new Error(`not yet: ${what}`);
    await sleep(1);
  }
}

/** Answers one by one, as they come, up to this number. */
async function takeAll(to: number, from = 1): Promise<void> {
  for (let id = from; id <= to; id++) {
    await until(() => {
      sender.pump();
      return sent.length >= id;
    });
    sender.handedOver(id);
  }
}

/** Numbers are counted from 1, as the master's are. */
const answerAll = (answer: (id: number) => void, from = 1) => {
  for (let id = from; id <= sent.length; id++) answer(id);
};

test('a window is on its way at a time, and an answer makes room for the next one', async () => {
  await idle(20);
  sender.sendAll();
  await sleep(50);
  expect(sent).toHaveLength(WINDOW);
  sender.handedOver(1);
  await until(() => sent.length === WINDOW + 1);
  sender.handedOver(99);
  await sleep(50);
  expect([sent.length, sender.moved]).toEqual([WINDOW + 1, 1]);
});

test('all of them go in the end, those that come to rest later too', async () => {
  const [busy] = await idle(30);
  busy?.write('GET / HTTP/1.1\r\n');
  // The written bytes have been read by the time that a later request has its answer.
  await idle(1);
  sender.sendAll();
  await takeAll(30);
  await sleep(20);
  sender.pump();
  expect(sent).toHaveLength(30);
  busy?.write('Host: x\r\n\r\n');
  await takeAll(31, 31);
  expect(sender.moved).toBe(31);
});

test('a scan that stood still for seconds, as the machine was busy, does not delay the next one as much', async () => {
  let ahead = 0;
  const { now } = performance;
  jest.spyOn(performance, 'now').mockImplementation(() => now.call(performance) + ahead);
  const { idle: find } = Http1.prototype;
  jest.spyOn(Http1.prototype, 'idle').mockImplementationOnce(function* (this: Http1) {
    ahead += 5_000;
    yield* find.call(this);
  });
  sender.sendAll();
  await idle(1);
  await takeAll(1);
  expect(sender.moved).toBe(1);
});

test('one that ends on its way makes room for the next one, and its answer changes nothing', async () => {
  const accepted: net.Socket[] = [];
  server.on('connection', (socket) => accepted.push(socket));
  await idle(WINDOW + 2);
  sender.sendAll();
  const handleOf = (socket: net.Socket) => (socket as unknown as { _handle: RawHandle | null })._handle;
  const [first] = accepted.filter((socket) => handleOf(socket) === sent[0]);
  // As at the end of its keep-alive timeout.
  first?.destroy();
  await until(() => sent.length === WINDOW + 1);
  sender.handedOver(1);
  sender.keep(1, 'no-taker');
  expect(sender.moved).toBe(0);
  expect(sender.refused).toEqual({});
  answerAll((id) => sender.handedOver(id), 2);
  await until(() => sent.length === WINDOW + 2);
  sender.handedOver(WINDOW + 2);
  expect(sender.moved).toBe(WINDOW + 1);
});

test('one that nobody can take yet is served here, and offered again until somebody takes it', async () => {
  const [client] = await idle(1);
  const refused = jest.fn();
  sender.onRefused = refused;
  sender.sendAll();
  sender.keep(1, 'not-yet');
  const answered = once(client as net.Socket, 'data');
  client?.write(GET);
  await answered;
  // Nothing but its own timer makes it try again.
  await until(() => sent.length === 2);
  sender.keep(2, 'not-yet');
  await until(() => sent.length === 3);
  sender.handedOver(3);
  expect(sender.moved).toBe(1);
  expect(sender.refused).toEqual({});
  expect(refused).not.toHaveBeenCalled();
});

test('one that nobody takes is read again: what was asked meanwhile is answered', async () => {
  const [client] = await idle(1);
  const refused = jest.fn();
  sender.onRefused = refused;
  sender.sendAll();
  client?.write(GET);
  await sleep(50);
  sender.keep(1, 'no-taker');
  const [answer] = await once(client as net.Socket, 'data');
  expect(String(answer)).toContain('200 OK');
  expect(sender.refused).toEqual({ 'no-taker': 1 });
  expect(refused).toHaveBeenCalledTimes(1);
  sender.pump();
  expect(sent).toHaveLength(1);
});

test('those that stay are not given, and do not keep the others from being given', async () => {
  for (let lot = 0; lot < 6; lot++) await idle(100, '/stay');
  await idle(3);
  sender.sendAll();
  await until(() => sent.length === 3);
  answerAll((id) => sender.handedOver(id));
  sender.pump();
  await sleep(50);
  expect(sent).toHaveLength(3);
});

test('to even out the load no more than asked for go, and then all when the worker drains', async () => {
  await idle(12);
  sender.sendSome(2, false);
  expect(sent).toHaveLength(2);
  answerAll((id) => sender.handedOver(id));
  await sleep(50);
  expect(sent).toHaveLength(2);
  sender.sendAll();
  expect(sender.moved).toBe(0);
  await takeAll(12, 3);
  expect(sender.moved).toBe(10);
});

test('to even out the load a connection over TLS goes only where that is asked for', async () => {
  server.once('connection', (socket) => Object.assign(socket, { encrypted: true }));
  await idle(1);
  await idle(2);
  jest.spyOn(Http1.prototype, 'isAtRest').mockReturnValue(true);
  const detach = jest.spyOn(Http1.prototype, 'detach').mockReturnValue(undefined);
  sender.sendSome(3, false);
  expect(detach).toHaveBeenCalledTimes(2);
  sender.sendSome(3, true);
  expect(detach).toHaveBeenCalledTimes(5);
});

test('those that go are from all parts of the list: of the idle ones and of those that were just busy', () => {
  const all = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  expect(evenly(all, 5)).toEqual([1, 3, 5, 7, 9]);
  expect([evenly(all, 0), evenly(all, 10), evenly(all, 99), evenly([], 3)]).toEqual([[], all, all, []]);
});

describe('one with a state', () => {
  /** A connection that has been upgraded, and what the app has to say of it. */
  async function upgraded(): Promise<{ migratable: Migratable; socket: net.Socket; sending: boolean }> {
    const found = new Promise<net.Socket>((resolve) => {
      server.once('upgrade', (_request, socket) => resolve(socket as net.Socket));
    });
    const client = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
    client.on('error', () => {});
    clients.push(client);
    client.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n');
    const socket = await found;
    const it = { socket, sending: false };
    const migratable: Migratable = {
      socket,
      resumer: 'test',
      request: { method: 'GET', url: '/', httpVersion: '1.1', rawHeaders: [] },
      refusal: () => '',
      isSending: () => it.sending,
      pack: () => '"state"',
      leave: () => socket.destroy(),
      close: () => socket.destroy(),
    };
    migratables.add(migratable);
    return Object.assign(it, { migratable });
  }

  const heldOf = (text: string | undefined) =>
    Buffer.from(JSON.parse(text ?? '{}').held, 'base64').toString();

  test('what the app has begun to send when its new owner asks for the state is waited for', async () => {
    const it = await upgraded();
    sender.sendAll();
    expect(sent).toHaveLength(1);
    it.socket.write('first ');
    it.sending = true;
    sender.handedOver(1);
    await sleep(50);
    expect(states).toEqual([]);
    expect(sender.moved).toBe(0);
    it.socket.write('second');
    it.sending = false;
    await until(() => states.length === 1);
    expect(heldOf(states[0])).toBe('first second');
    expect(sender.moved).toBe(1);
  });

  test('one that closes while it is waited for: its new owner learns that nobody knows it', async () => {
    const it = await upgraded();
    sender.sendAll();
    it.sending = true;
    sender.handedOver(1);
    it.socket.destroy();
    await until(() => states.length === 1);
    expect(states).toEqual([undefined]);
    expect(sender.moved).toBe(0);
  });

  test('one whose app throws when it is asked stays, is reported once, and keeps no other from being sent', async () => {
    const it = await upgraded();
    Object.assign(it.migratable, {
      refusal: () => {
        throw new Error('busy() is broken');
      },
    });
    await upgraded();
    sender.sendAll();
    expect(sent).toHaveLength(1);
    sender.handedOver(1);
    sender.pump();
    expect(sender.outgoing.whyStays(it.migratable)).toBe('busy');
    expect(warnings).toEqual([expect.stringContaining('busy() is broken')]);
    it.socket.destroy();
  });
});
