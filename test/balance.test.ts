import { setTimeout as sleep } from 'node:timers/promises';
import { DEADLINE_MS } from './support/deadline.ts';
import { onLinux } from './support/descriptors.ts';
import { KeepAliveClient } from './support/keep-alive-client.ts';
import { clientsOf } from './support/kernel-view.ts';
import { thorough } from './support/long.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

const clients: KeepAliveClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.leave();
  await endServers();
});

const get = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

/** Clients that ask all the time, and the answers of each worker in the last round. */
async function start(port: number, count: number) {
  for (let at = 0; at < count; at++) clients.push(await KeepAliveClient.connect({ port }));
  let stopped = false;
  const running = clients.map(async (client) => {
    while (!stopped && client.open) {
      await client.ask([get], /^\d+$/);
      await sleep(50 + Math.random() * 50);
    }
  });
  return async () => {
    stopped = true;
    await Promise.all(running);
  };
}

function shares(server: TestServer): number[] {
  const open = clients.filter((client) => client.open);
  return server.readyPids.map((pid) => open.filter(({ lastPid }) => lastPid === pid).length);
}

const isFair = (server: TestServer) => {
  const open = clients.filter((client) => client.open).length;
  const fair = open / server.readyPids.length;
  return shares(server).every((share) => share >= fair / 2 && share <= fair * 2);
};

/** Resolves with the milliseconds that it took; the log of a failed test tells the shares. */
async function fair(server: TestServer): Promise<number> {
  const begin = performance.now();
  while (!isFair(server)) {
    if (performance.now() - begin > DEADLINE_MS)
      throw new Error(`shares: ${shares(server)}\n${server.story}`);
    await sleep(50);
  }
  return performance.now() - begin;
}

test('after a scale-up the new workers soon have their share of the long-lived clients', async () => {
  const server = await startServer(fixture('mixed.mjs'), { workers: 2 });
  const stop = await start(server.port, 200);
  for (let count = 1; count <= 2; count++) {
    server.signal('SIGTTIN');
    await server.event('resized', { count });
  }
  const took = await fair(server);
  process.stdout.write(`scale 2 -> 4: shares ${shares(server)} after ${Math.round(took)} ms\n`);
  await stop();
  expect(clients.flatMap(({ failures }) => failures)).toEqual([]);
});

onLinux('after a crash the replacement soon has its share, and nobody else lost a connection', async () => {
  const server = await startServer(fixture('mixed.mjs'), { workers: 4 });
  const stop = await start(server.port, 200);
  await fair(server);
  await Promise.all(clients.map((client) => client.ask([get], /^\d+$/)));
  const [victim] = server.readyPids as [number];
  const from = server.lines.length;
  // Stopped first: the balance goes on, and the client of a connection that has just moved has no answer of this worker yet.
  process.kill(victim, 'SIGSTOP');
  const held = clientsOf(victim, server.port);
  process.kill(victim, 'SIGKILL');
  await server.event('ready', { from });
  const took = await fair(server);
  process.stdout.write(`kill -9: shares ${shares(server)} after ${Math.round(took)} ms\n`);
  await stop();
  const others = clients.filter(({ open, port }) => !open && !held.has(port));
  expect(others).toEqual([]);
});

thorough('once the load is even, nothing moves any more', async () => {
  const server = await startServer(fixture('mixed.mjs'), { workers: 2 });
  for (let at = 0; at < 60; at++) clients.push(await KeepAliveClient.connect({ port: server.port }));
  const round = async () => {
    await Promise.all(
      clients.map((client) => client.ask(['GET /slow?ms=50 HTTP/1.1\r\nHost: x\r\n\r\n'], 'slow')),
    );
    return clients.map(({ lastPid }) => lastPid).join();
  };
  // Thirty rounds take longer than a census and the decision that it brings.
  const settled = async () => {
    const first = await round();
    for (let at = 0; at < 30; at++) if ((await round()) !== first) return false;
    return true;
  };
  // A worker may have a fifth more than its share. Where few are idle at a look, some rounds may pass before the next move.
  const isEven = () => Math.max(...shares(server)) <= 36;
  while (!((await settled()) && isEven()));
  const moves = server.of('balance').length;
  expect(await settled()).toBe(true);
  expect(server.of('balance')).toHaveLength(moves);
  expect(clients.flatMap(({ failures }) => failures)).toEqual([]);
});
