import { createHash, randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { APPS_DIRECTORY } from './conformance/apps.ts';
import { pollUntil } from './support/eventually.ts';
import { KeepAliveClient } from './support/keep-alive-client.ts';
import { MixedLoad, type Target } from './support/load.ts';
import { cases, thorough, times } from './support/long.ts';
import { isAlive } from './support/processes.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

const RELOADS = times('RELOADS', 2, 3);
const CLIENTS = times('CLIENTS', 120, 150);

const clients: KeepAliveClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.leave();
  await endServers();
});

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

type Behaviour = (client: KeepAliveClient) => Promise<unknown>;

const behaviours: Behaviour[] = [
  (client) => client.ask([get('/')], /^\d+$/),
  (client) => client.ask(['GET / HT', 'TP/1.1\r\nHo', 'st: x\r\n', '\r\n'], /^\d+$/),
  (client) => {
    const body = randomBytes(3_000).toString('hex');
    const head = `POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`;
    return client.ask(
      [head, body.slice(0, 1_000), body.slice(1_000)],
      createHash('sha256').update(body).digest('hex'),
    );
  },
  (client) => Promise.all([client.ask([get('/slow?ms=30') + get('/')], 'slow'), client.ask([], /^\d+$/)]),
  (client) => client.ask([get('/slow?ms=300')], 'slow'),
  (client) => client.ask([get('/stream?ms=400')], /^part 0\n[\s\S]*end\n$/),
];

/** Clients of all kinds, a third of them idle, until stopped. */
async function start(target: Target, count: number) {
  for (let at = 0; at < count; at++) clients.push(await KeepAliveClient.connect(target));
  let stopped = false;
  const busy = clients.flatMap((client, at) => {
    const behaviour = behaviours[at % (behaviours.length * 2)];
    if (!behaviour) return [];
    const run = async () => {
      while (!stopped && client.open) {
        await behaviour(client);
        await sleep(Math.random() * 400);
      }
    };
    return [run()];
  });
  return async () => {
    stopped = true;
    await Promise.all(busy);
  };
}

const byReload = async (server: TestServer) =>
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });

async function byReExec(server: TestServer): Promise<void> {
  const from = server.lines.length;
  expect(await server.reExec()).toMatchObject({ outcome: 'committed' });
  await server.event('stopped', { from });
}

async function survives(
  server: TestServer,
  target: Target,
  count: number,
  times: number,
  replace = byReload,
): Promise<void> {
  const stop = await start(target, count);
  for (let at = 0; at < times; at++) await replace(server);
  await stop();
  expect(clients.flatMap(({ failures }) => failures)).toEqual([]);
  // Those that were idle all the time, too, are served, and by the newest generation.
  await Promise.all(clients.map((client) => client.ask([get('/')], /^\d+$/)));
  expect(clients.flatMap(({ failures }) => failures)).toEqual([]);
  const pids = new Set(server.readyPids);
  expect(clients.filter(({ lastPid }) => !pids.has(lastPid))).toEqual([]);
  const closed = server.of('drained').map(({ closed, forceClosed }) => [closed, forceClosed]);
  expect(closed.flat().every((number) => number === 0)).toBe(true);
}

test('reloads close no connection and fail no request', async () => {
  const server = await startServer(fixture('mixed.mjs'), { workers: times('WORKERS', 3, 4) });
  const target = { port: server.port };
  const load = new MixedLoad(target).start({ posts: 0, slow: 0, uploads: 0 });
  await survives(server, target, CLIENTS, RELOADS);
  await load.stop();
  expect(load.failures).toEqual([]);
});

test('the same on a unix socket', async () => {
  const socketPath = path.join(tmpdir(), `tshorn-handoff-${process.pid}.sock`);
  const server = await startServer(fixture('mixed.mjs'), { workers: 2, bind: `unix:${socketPath}` });
  await survives(server, { socketPath }, 60, RELOADS);
});

const APPS = ['express', 'fastify', 'koa', 'hono', 'script'];

test.each(cases(APPS, (app) => app === 'script'))('connections of %s move, too', async (name) => {
  const server = await startServer(`${name}.mjs`, { cwd: APPS_DIRECTORY, workers: 2 });
  for (let at = 0; at < 40; at++) clients.push(await KeepAliveClient.connect({ port: server.port }));
  // The other half has not sent a byte when the first reload begins.
  await Promise.all(clients.slice(20).map((client) => client.ask([get('/')], 'hello')));
  for (let reload = 0; reload < 2; reload++) {
    const from = server.lines.length;
    const old = server.readyPids;
    expect(await server.reload()).toMatchObject({ outcome: 'committed' });
    // Whoever answers now is of the new generation: nobody else is left.
    expect(new Set(server.of('exited', from).map(({ pid }) => pid))).toEqual(new Set(old));
    await Promise.all(clients.map((client) => client.ask([get('/')], 'hello')));
    expect(clients.flatMap(({ failures }) => failures)).toEqual([]);
    const drains = server.of('drained', from);
    expect(drains.reduce((sum, { moved }) => sum + (moved as number), 0)).toBeGreaterThanOrEqual(40);
  }
});

thorough('a new master, again and again, and no connection is closed: they move to its workers', async () => {
  const server = await startServer(fixture('mixed.mjs'), { workers: 2 });
  await survives(server, { port: server.port }, 60, RELOADS, byReExec);
  const moved = server.of('drained').reduce((sum, { moved }) => sum + (moved as number), 0);
  expect(moved).toBeGreaterThanOrEqual(RELOADS * 60);
});

test('a new master that is killed while connections move to it leaves no process behind', async () => {
  const server = await startServer(fixture('mixed.mjs'), { workers: 2 });
  for (let at = 0; at < CLIENTS; at++) clients.push(await KeepAliveClient.connect({ port: server.port }));
  await Promise.all(clients.map((client) => client.ask([get('/')], /^\d+$/)));
  const { pid } = await server.reExec();
  process.kill(pid as number, 'SIGKILL');
  const pids = server.lines.flatMap(({ master, pid }) => [master, pid]).filter((each) => each !== undefined);
  for (const client of clients) client.leave();
  await pollUntil(() => !(pids as number[]).some(isAlive));
});
