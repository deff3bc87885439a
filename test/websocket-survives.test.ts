/** A WebSocket outlives the worker that it came to, and its client never notices. */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEADLINE_MS, TEST_MS } from './support/deadline.ts';
import { brief, thorough, times } from './support/long.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';
import { WebSocketClient } from './support/websocket-client.ts';
import { type CrowdOptions, WebSocketClients } from './support/websocket-clients.ts';

const CLIENTS = times('WS_CLIENTS', 60, 200);
const RELOADS = times('RELOADS', 3, 4);
const APP = fixture('survives-websockets.mjs');

const crowds: WebSocketClients[] = [];
const directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-ws-'));
const STATUS_FILE = path.join(directory, 'status');
afterEach(async () => {
  fs.rmSync(STATUS_FILE, { force: true });
  for (const crowd of crowds.splice(0)) crowd.leave();
  await endServers();
});
afterAll(() => fs.rmSync(directory, { recursive: true }));

async function crowd(server: TestServer, options: CrowdOptions): Promise<WebSocketClients> {
  const clients = new WebSocketClients();
  crowds.push(clients);
  return clients.connect(server.port, options);
}

/** How many WebSockets each of the workers in service has. */
async function shares(server: TestServer, clients: WebSocketClients): Promise<number[]> {
  await Promise.all(clients.all.map((client) => client.ask()));
  return server.readyPids.map((pid) => clients.all.filter(({ last }) => last?.pid === pid).length);
}

const isServedBy = (pids: readonly number[]) => (client: WebSocketClient) =>
  pids.includes(client.last?.pid ?? 0);

const sum = (server: TestServer, what: string, from = 0): number =>
  server.of('drained', from).reduce((total, line) => total + (line[what] as number), 0);

/** Nothing was lost, and whoever answers is in service now. */
async function expectWhole(server: TestServer, clients: WebSocketClients): Promise<void> {
  await clients.stop();
  expect(clients.failures).toEqual([]);
  await clients.pongsOfServer();
  expect(clients.failures).toEqual([]);
  expect(clients.open).toHaveLength(clients.all.length);
  const isServed = isServedBy(server.readyPids);
  expect(clients.all.filter((client) => !isServed(client)).map(({ last }) => last)).toEqual([]);
  expect(server.of('drained').map(({ closed, forceClosed }) => [closed, forceClosed])).toEqual(
    server.of('drained').map(() => [0, 0]),
  );
  expect(server.output).toBe('');
}

test(
  `${CLIENTS} WebSockets and ${RELOADS} reloads, one of them rolled back: none closes, every message comes once and in order`,
  async () => {
    const server = await startServer(APP, { workers: 3, env: { STATUS_FILE } });
    const options = {
      count: CLIENTS,
      large: times('WS_LARGE', 3, 6),
      chatty: times('WS_CHATTY', 4, 10),
      seed: Date.now() % 100_000,
    };
    process.stdout.write(`seed ${options.seed}\n`);
    const clients = await crowd(server, options);
    const broken = Math.floor(RELOADS / 2);
    const begin = performance.now();
    for (let at = 0; at < RELOADS; at++) {
      // It is found out when two slots have been replaced, and their WebSockets have moved.
      if (at === broken) fs.writeFileSync(STATUS_FILE, '500@2');
      else fs.rmSync(STATUS_FILE, { force: true });
      const from = server.lines.length;
      const outcome = at === broken ? 'rolled-back' : 'committed';
      expect(await server.reload()).toMatchObject({ outcome });
      if (at === broken) expect(sum(server, 'moved', from)).toBeGreaterThan(0);
    }
    const seconds = Math.round((performance.now() - begin) / 1_000);
    await expectWhole(server, clients);
    // The broken one has moved some of them there and back.
    expect(clients.all.filter(({ last }) => (last?.moves ?? 0) < RELOADS - 1)).toEqual([]);
    process.stdout.write(`${RELOADS} reloads in ${seconds} s: ${JSON.stringify(clients.report)}\n`);
  },
  TEST_MS + RELOADS * 20_000,
);

thorough('after a scale-up from 2 to 4 the new workers have their share of the WebSockets', async () => {
  const server = await startServer(APP, { workers: 2 });
  const clients = await crowd(server, { count: 100, pauseMs: 1_000 });
  for (let count = 1; count <= 2; count++) {
    server.signal('SIGTTIN');
    await server.event('resized', { count });
  }
  const isFair = (share: number) => share >= 12 && share <= 50;
  let now = await shares(server, clients);
  for (const end = Date.now() + DEADLINE_MS; !now.every(isFair) && Date.now() < end; await sleep(100)) {
    now = await shares(server, clients);
  }
  expect(now.filter((share) => !isFair(share))).toEqual([]);
  process.stdout.write(`2 -> 4: shares ${now}\n`);
  await expectWhole(server, clients);
});

const PLANS = ['canary', 'overlap', 'replace'];

thorough.each(PLANS)('the plan %s moves WebSockets as well', async (plan) => {
  const server = await startServer(APP, {
    workers: 2,
    args: ['--reload-plan', plan, '--canary-time', '500ms'],
  });
  const clients = await crowd(server, { count: 40 });
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  await expectWhole(server, clients);
});

thorough('a recycled worker hands its WebSockets to its replacement', async () => {
  const server = await startServer(APP, { workers: 2 });
  const clients = await crowd(server, { count: 60, pauseMs: 1_000 });
  await Promise.all(clients.all.map((client) => client.ask()));
  const [victim] = server.readyPids as [number];
  const had = clients.all.filter(isServedBy([victim]));
  expect(had.length).toBeGreaterThan(0);
  process.kill(victim, 'SIGTERM');
  expect(await server.event('drained')).toMatchObject({
    pid: victim,
    closed: 0,
    forceClosed: 0,
    refused: {},
  });
  await Promise.all(clients.all.map((client) => client.ask()));
  expect(had.filter(isServedBy([victim]))).toEqual([]);
  await expectWhole(server, clients);
});

thorough('a re-exec hands the WebSockets to the workers of the new master', async () => {
  const server = await startServer(APP, { workers: 2 });
  const clients = await crowd(server, { count: 60, large: 1, chatty: 5, pauseMs: 1_000 });
  const from = server.lines.length;
  expect(await server.reExec()).toMatchObject({ outcome: 'committed' });
  await server.event('stopped', { from });
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  await expectWhole(server, clients);
  expect(clients.all.filter(({ last }) => (last?.moves ?? 0) < 2)).toEqual([]);
});

thorough('what the server is compressing while a WebSocket moves comes before it does', async () => {
  const server = await startServer(APP, { workers: 2, env: { DEFLATE: 'no-context' } });
  // A worker that compresses more slowly than its app writes never empties the queue, and its WebSockets stay: with forty
  // of these clients, half a core is too slow.
  const count = times('WS_COMPRESSED', 12, 12);
  const clients = await crowd(server, { count, chatty: count, pauseMs: 1_000 });
  for (let at = 0; at < 2; at++) await server.reload();
  await expectWhole(server, clients);
});

brief(
  'in the worker that it has left a WebSocket closes with 1012, and the app can tell it from an end',
  async () => {
    const server = await startServer(APP, { env: { TELLS: 'yes' } });
    const clients = await crowd(server, { count: 2, pauseMs: 0 });
    const [stays, leaves] = clients.all as [WebSocketClient, WebSocketClient];
    await server.reload();
    await server.event('drained');
    await leaves.close(4005);
    await server.until('its end', () => server.output.includes('close 4005'));
    expect(await stays.ask()).toMatchObject({ generation: 2, moves: 1 });
    expect(server.output.trim().split('\n').sort()).toEqual([
      'close 1012 handoff moved=true',
      'close 1012 handoff moved=true',
      'close 4005  moved=false',
    ]);
  },
);

brief(
  'in the new worker a WebSocket has its URL, headers, subprotocol and address, and is one of wss.clients',
  async () => {
    const server = await startServer(APP);
    const clients = await crowd(server, {
      count: 1,
      pauseMs: 0,
      connect: { path: '/room?name=a%20b', protocols: ['v1', 'v2'], headers: { cookie: 'session=42' } },
    });
    const [client] = clients.all as [WebSocketClient];
    const { generation: first, pid: _a, moves: _b, n: _c, count: _d, ...before } = await client.ask('!who');
    await server.reload();
    await server.event('drained');
    const { generation, pid: _e, moves, n: _f, count: _g, ...after } = await client.ask('!who');
    expect({ first, generation, moves }).toEqual({ first: 1, generation: 2, moves: 1 });
    expect(before).toMatchObject({
      url: '/room?name=a%20b',
      cookie: 'session=42',
      protocol: 'v2',
      address: '127.0.0.1',
      port: expect.any(Number),
      clients: 1,
    });
    expect(after).toEqual(before);
    await expectWhole(server, clients);
  },
);

thorough(
  'a worker whose app takes its time to let a client in, lets in those that move as well',
  async () => {
    const server = await startServer(APP, { workers: 2, env: { VERIFY_MS: '300' } });
    const clients = await crowd(server, { count: 6, pauseMs: 500 });
    await server.reload();
    await sleep(500);
    await server.reload();
    await expectWhole(server, clients);
    expect(clients.all.filter(({ last }) => (last?.moves ?? 0) < 2)).toEqual([]);
  },
);

thorough('clients that are being let in when a drain begins: they are let in, and move', async () => {
  const server = await startServer(APP, { workers: 2, env: { VERIFY_MS: '400' } });
  const clients: WebSocketClient[] = [];
  let stopped = false;
  const come = async () => {
    while (!stopped) {
      const client = await WebSocketClient.connect(server.port);
      clients.push(client);
      for (let n = 1; n <= 3; n++) expect(await client.ask()).toMatchObject({ n });
    }
  };
  const coming = Array.from({ length: 20 }, come);
  await server.reload();
  await server.reload();
  stopped = true;
  await Promise.all(coming);
  try {
    for (const client of clients) expect(await client.ask()).toMatchObject({ n: 4, generation: 3 });
    expect(clients.flatMap(({ failures }) => failures)).toEqual([]);
    expect(server.of('drained').flatMap(({ refused }) => Object.keys(refused as object))).toEqual([]);
  } finally {
    for (const client of clients) client.leave();
  }
});

thorough(
  'clients that close, vanish or are closed while they move: each sees its own end, and nothing is left',
  async () => {
    const server = await startServer(APP, { workers: 2 });
    const count = times('WS_LEAVING', 100, 200);
    const clients = await crowd(server, { count, pauseMs: 0, connect: { path: '/?push=20' } });
    await Promise.all(clients.all.map((client, at) => at % 4 === 3 && client.ask('!close 700')));
    const reloaded = server.reload();
    const ends = clients.all.map(async (client, at) => {
      if (at % 4 === 3) return (await client.ended).code;
      await sleep(Math.random() * 1_500);
      if (at % 4 === 0) return (await client.close(4000 + at)).code - at;
      if (at % 4 === 1) return client.leave();
      return (await client.ask()).n;
    });
    await reloaded;
    const of = (rest: number) => ends.filter((_, at) => at % 4 === rest);
    expect(new Set(await Promise.all(of(0)))).toEqual(new Set([4000]));
    expect(new Set(await Promise.all(of(2)))).toEqual(new Set([1]));
    expect(new Set(await Promise.all(of(3)))).toEqual(new Set([4001]));
    await server.reload();
    const [one] = clients.open as [WebSocketClient];
    expect(clients.open).toHaveLength(count / 4);
    // More often when the load has been evened out meanwhile.
    expect((await one.ask()).moves).toBeGreaterThanOrEqual(2);
    // What each worker takes for its clients are those that are open.
    const clientsOf = async () => {
      const known = new Map<number, number>();
      for (const client of clients.open) {
        const { pid, clients: open } = await client.ask('!who');
        known.set(pid, open as number);
      }
      return [...known.values()].reduce((total, open) => total + open, 0);
    };
    for (const end = Date.now() + DEADLINE_MS; (await clientsOf()) !== count / 4 && Date.now() < end; )
      await sleep(100);
    expect(await clientsOf()).toBe(count / 4);
  },
);
