/** With a real server and real connections. */
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Migratable } from './migrate/registry.ts';
import {
  countImmovable,
  isOnlyImmovable,
  onceOnlyImmovable,
  remainingOf,
  reportRemaining,
} from './remaining.ts';
import { Http1 } from './transport/http1.ts';

let server: http.Server;
let transport: Http1;
let clients: Socket[];
let upgraded: Socket[];

beforeEach(async () => {
  clients = [];
  upgraded = [];
  server = http.createServer((request, response) => {
    if (request.url === '/events')
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(':\n');
    else if (request.url !== '/slow') response.end('done');
  });
  server.on('upgrade', (_request, socket) => {
    upgraded.push(socket as Socket);
    socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
  });
  transport = new Http1(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => {
  for (const socket of [...clients, ...upgraded]) socket.destroy();
  server.closeAllConnections();
  server.close();
});

async function connect(text: string, answered = true): Promise<void> {
  const client = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
  clients.push(client);
  client.on('error', () => {});
  const seen = once(server, answered ? 'connection' : 'request');
  client.write(text);
  await seen;
  if (answered) await once(client, 'data');
}

const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
const UPGRADE = get('/', 'Connection: Upgrade\r\nUpgrade: x\r\n');
const migratableOf = (socket: Socket) => ({ socket }) as unknown as Migratable;

test('requests in flight, idle connections, and upgraded ones that are known and unknown', async () => {
  await connect(get('/'));
  await connect(get('/slow'), false);
  await connect(get('/slow'), false);
  for (let n = 0; n < 3; n++) await connect(UPGRADE);
  const migratables = new Set(upgraded.slice(1).map(migratableOf));
  const whyStays = ({ socket }: Migratable) => (socket === upgraded[1] ? 'queue' : '');
  const known = { migratables, outgoing: { whyStays } };
  expect(remainingOf(transport, { served: 6, beside: 0 }, known)).toEqual({
    queue: 1,
    moving: 1,
    requests: 2,
    idle: 1,
    upgraded: 1,
  });
  // Nobody takes them: they are what they would be without `survive`.
  const alone = { migratables, outgoing: undefined };
  expect(remainingOf(transport, { served: 6, beside: 0 }, alone)).toEqual({
    requests: 2,
    idle: 1,
    upgraded: 3,
  });
});

test('event streams are told apart from requests, which end by themselves', async () => {
  await connect(get('/events'));
  await connect(get('/slow'), false);
  const known = { migratables: new Set<Migratable>(), outgoing: undefined };
  expect(remainingOf(transport, { served: 2, beside: 0 }, known)).toEqual({ 'event-stream': 1, requests: 1 });
});

test('a stream that survives is counted once, by what keeps it', async () => {
  await connect(get('/slow'), false);
  const [socket] = transport.open();
  const known = { migratables: new Set([migratableOf(socket!)]), outgoing: { whyStays: () => 'message' } };
  expect(remainingOf(transport, { served: 1, beside: 0 }, known)).toEqual({ message: 1 });
});

test('it is told when it has changed, until the end', async () => {
  const told: unknown[] = [];
  let total = 2;
  const known = {
    listeners: { count: async () => total },
    others: { count: () => 0 },
    migratables: new Set<Migratable>(),
    outgoing: undefined,
    waitsForTaker: () => false,
  };
  const stop = reportRemaining(transport, known, 600, (left) => told.push(left));
  const until = async (count: number) => {
    while (told.length < count) await sleep(5);
  };
  await until(1);
  await sleep(300);
  expect(told).toEqual([{ upgraded: 2 }]);
  total = 0;
  await until(2);
  stop();
  total = 1;
  await sleep(300);
  expect(told).toEqual([{ upgraded: 2 }, {}]);
});

test.each([
  [{ upgraded: 3, 'event-stream': 2, deflate: 1, stay: 1, 'other-listener': 2 }, true, true],
  [{ upgraded: 3, requests: 1 }, true, false],
  // A reason of tomorrow.
  [{ unheard: 1 }, true, false],
  ...['moving', 'busy', 'message', 'queue', 'paused'].map((why) => [{ [why]: 1 }, true, false] as const),
  // Where nothing moves, an idle connection is in its linger.
  [{ idle: 1 }, true, false],
  [{ idle: 1 }, false, true],
  // The drain is over.
  [{}, true, false],
])('%j, moves: %s; only connections that cannot move: %s', (left, moves, only) =>
  expect(isOnlyImmovable(left, moves)).toBe(only),
);

test('it is told once when only connections that cannot move are left', async () => {
  await connect(get('/slow'), false);
  await connect(UPGRADE);
  const known = {
    listeners: { count: async () => transport.open().length + 1 },
    others: { count: () => 1 },
    migratables: new Set<Migratable>(),
    outgoing: { whyStays: () => '' },
    waitsForTaker: () => false,
  };
  let told = 0;
  const isTold = new Promise<void>((resolve) => {
    onceOnlyImmovable(transport, known, () => {
      told++;
      resolve();
    });
  });
  // A request is in flight, however often it looks.
  await sleep(200);
  expect(told).toBe(0);
  clients[0]?.destroy();
  await isTold;
  await sleep(200);
  expect(told).toBe(1);
});

test('it is told at once when no worker can take what is left', async () => {
  await connect(get('/slow'), false);
  const known = {
    listeners: { count: async () => 1 },
    others: { count: () => 0 },
    migratables: new Set<Migratable>(),
    outgoing: { whyStays: () => '' },
    waitsForTaker: () => true,
  };
  await new Promise<void>((resolve) => void onceOnlyImmovable(transport, known, resolve));
});

test('a connection that the app has ended is none that could not move', async () => {
  await connect(get('/slow'), false);
  await connect(get('/slow'), false);
  const [ended] = transport.open() as [Socket];
  ended.end();
  const whyImmovable = () => 'half-closed';
  const connections = { open: () => transport.open(), immovable: () => '', whyImmovable } as unknown as Http1;
  expect(countImmovable(connections, 2, 0)).toEqual({ 'half-closed': 1 });
});
