import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { pollUntil } from './support/eventually.ts';
import { brief, times } from './support/long.ts';
import { isAlive } from './support/processes.ts';
import { endServers, fixture, startServer } from './support/server.ts';

const ROUNDS = times('ROUNDS', 3, 5);

afterEach(endServers);

/** Connects over and over until stopped; counts what the kernel said. */
function connectors(port: number, count: number) {
  const refused: string[] = [];
  let connected = 0;
  let stopped = false;
  const clients = Array.from({ length: count }, async () => {
    while (!stopped) {
      await new Promise<void>((resolve) => {
        const socket = net.connect(port, '127.0.0.1');
        socket.once('connect', () => {
          connected++;
          socket.end('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
        });
        socket.once('error', (error: NodeJS.ErrnoException) => {
          if (error.code === 'ECONNREFUSED') refused.push(String(error.code));
        });
        socket.resume();
        socket.once('close', () => resolve());
      });
      await sleep(5);
    }
  });
  return {
    refused,
    /** Resolves when this many more connections have been made. */
    async flow(more: number) {
      for (const goal = connected + more; connected < goal; ) await sleep(10);
    },
    async stop() {
      stopped = true;
      await Promise.all(clients);
    },
  };
}

test('kill -9 of all workers at once refuses no connection', async () => {
  // Further crashes in a row are told in the debug log alone.
  const server = await startServer(fixture('mixed.mjs'), {
    workers: 3,
    env: { BOOT_MS: '300' },
    args: ['--log-level', 'debug'],
  });
  const load = connectors(server.port, 8);
  for (let round = 1; round <= ROUNDS; round++) {
    const from = server.lines.length;
    for (const pid of server.readyPids) process.kill(pid, 'SIGKILL');
    await server.event('ready', { from, count: 3 });
  }
  await load.flow(20);
  await load.stop();
  expect(load.refused).toEqual([]);
});

brief('a crash loop backs off, and the port stays open all the while', async () => {
  const server = await startServer(fixture('exits-soon.mjs'), { workers: 1 });
  const load = connectors(server.port, 2);
  const pauses = await server.until('five pauses', () => {
    const told = server.lines.flatMap(({ msg }) => /next attempt in (\d+)ms/.exec(msg)?.[1] ?? []);
    return told.length >= 4 && told.map(Number);
  });
  [100, 200, 400, 800].forEach((full, at) => {
    expect(pauses[at]).toBeLessThanOrEqual(full);
    expect(pauses[at]).toBeGreaterThanOrEqual(full * 0.75);
  });
  await load.stop();
  expect(load.refused).toEqual([]);
});

brief('when the master is killed, its workers leave and the port is free', async () => {
  const server = await startServer(fixture('mixed.mjs'), { workers: 2 });
  const { port, readyPids } = server;
  server.signal('SIGKILL');
  await server.exited;
  for (const pid of readyPids) await pollUntil(() => !isAlive(pid));
  const again = net.createServer();
  await new Promise<void>((resolve, reject) =>
    again.once('error', reject).listen(port, '127.0.0.1', resolve),
  );
  await new Promise((resolve) => again.close(resolve));
});
