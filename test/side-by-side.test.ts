/** Connections that cannot move do not hold up a reload slot after slot: the old workers drain for them side by side. */
import { once } from 'node:events';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { io, type Socket } from 'socket.io-client';
import WebSocket from 'ws';
import { request, socketOf } from './support/control.ts';
import { eventually } from './support/eventually.ts';
import { brief, thorough } from './support/long.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

const WORKERS = 2;
const MOST_CLIENTS = 200;
const ends: (() => void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) end();
  await endServers();
});

const start = (grace: string, workers = WORKERS): Promise<TestServer> =>
  startServer(fixture('keeps-websockets.mjs'), { workers, args: ['--grace', grace] });

interface Client {
  readonly socket: Socket;
  readonly pid: number;
}

/** A client of Socket.IO, without `survive` in the app. */
async function connect(server: TestServer): Promise<Client> {
  const socket = io(server.origin, { transports: ['websocket'], reconnection: false, forceNew: true });
  ends.push(() => void socket.disconnect());
  const pid = await new Promise<number>((resolve) => socket.once('pid', resolve));
  return { socket, pid };
}

/** Clients of every worker. */
async function crowd(server: TestServer, workers = WORKERS): Promise<Client[]> {
  const clients: Client[] = [];
  while (new Set(clients.map(({ pid }) => pid)).size < workers && clients.length < MOST_CLIENTS) {
    clients.push(await connect(server));
  }
  return clients;
}

interface Status {
  readonly reload?: { readonly step: number; readonly of: number; readonly committed: boolean };
  readonly workers: readonly { readonly state: string; readonly remaining?: object }[];
}

const isDraining = ({ remaining }: Status['workers'][number]) => remaining !== undefined;

/** Asks for the status until it is as wanted. */
async function statusWhere(control: string, fits: (status: Status) => boolean): Promise<Status> {
  for (;;) {
    const status = JSON.parse((await request(control, 'GET', '/status')).text) as Status;
    if (fits(status)) return status;
    await sleep(20);
  }
}

brief('every slot is replaced before the first client is closed, and then all are closed once', async () => {
  const server = await start('14s');
  const clients = await crowd(server);
  const from = server.lines.length;
  server.signal('SIGHUP');
  expect(await server.event('reload-finished', { from })).toMatchObject({ outcome: 'committed' });
  const order = server.lines.slice(from).map(({ event }) => event);
  expect(order.lastIndexOf('draining')).toBeLessThan(order.indexOf('drained'));
  expect(server.leastReady(from)).toBe(WORKERS);
  expect(server.of('drained').reduce((sum, { closed }) => sum + (closed as number), 0)).toBe(clients.length);
  await eventually(
    'closed clients',
    () => clients.filter(({ socket }) => socket.connected).length,
    (open) => open === 0,
  );
});

thorough('event streams that do not survive do not hold up a reload either', async () => {
  const server = await start('60s');
  const pids = new Set<number>();
  const streams: http.ClientRequest[] = [];
  for (let at = 0; at < MOST_CLIENTS && pids.size < WORKERS; at++) {
    const sent = http.get(`${server.origin}/events`, { agent: false }).on('error', () => {});
    ends.push(() => sent.destroy());
    streams.push(sent);
    const [response] = (await once(sent, 'response')) as [http.IncomingMessage];
    response.on('error', () => {});
    pids.add(Number(String((await once(response, 'data'))[0]).slice('data: '.length)));
  }
  const from = server.lines.length;
  server.signal('SIGHUP');
  await server.event('draining', { from, count: WORKERS });
  expect(server.of('drained')).toEqual([]);
  for (const sent of streams) sent.destroy();
  expect(await server.event('reload-finished', { from })).toMatchObject({ outcome: 'committed' });
});

thorough('a rollback in the middle: the old workers serve again, and no client was closed', async () => {
  const server = await start('60s');
  const clients = await crowd(server);
  const before = server.readyPids.sort();
  const echo = new WebSocket(`ws://127.0.0.1:${server.port}/echo`);
  ends.push(() => echo.terminate());
  await once(echo, 'open');
  server.signal('SIGHUP');
  await server.event('ready', { count: 2 * WORKERS });
  await server.event('draining', { count: WORKERS });
  const control = await socketOf(server);
  const { workers } = await statusWhere(
    control,
    ({ workers }) => workers.filter(isDraining).length === WORKERS,
  );
  expect(workers.map(({ state }) => state).sort()).toEqual(['draining', 'draining', 'ready', 'ready']);
  // The reload waits for both of them.
  const { reload } = await statusWhere(control, ({ reload }) => reload?.step === 7);
  expect(reload).toMatchObject({ of: 11, committed: false });
  const from = server.lines.length;
  await request(control, 'POST', '/abort', '{"by":"test"}');
  expect(await server.event('reload-finished', { from })).toMatchObject({ outcome: 'rolled-back' });
  expect(server.readyPids.sort()).toEqual(before);
  expect(clients.filter(({ socket }) => !socket.connected)).toEqual([]);
  echo.send('still there?');
  expect(String((await once(echo, 'message'))[0])).toBe('still there?');
  expect(before).toContain((await connect(server)).pid);
});

thorough('workers that a scale removes drain side by side', async () => {
  const server = await start('4s', 3);
  const clients = await crowd(server, 3);
  const from = server.lines.length;
  await request(await socketOf(server), 'POST', '/scale', '{"to":1,"by":"test"}');
  await server.event('exited', { from, count: 2 });
  const order = server.lines.slice(from).map(({ event }) => event);
  expect(order.lastIndexOf('draining')).toBeLessThan(order.indexOf('drained'));
  const [last] = server.readyPids;
  expect(clients.filter(({ socket }) => socket.connected).every(({ pid }) => pid === last)).toBe(true);
});
