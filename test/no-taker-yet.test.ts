/** For a moment no worker can take connections, because the others have crashed: they wait, and move when one is back. */
import { KeepAliveClient } from './support/keep-alive-client.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

const clients: KeepAliveClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.leave();
  await endServers();
});

const ask = (client: KeepAliveClient) => client.ask(['GET / HTTP/1.1\r\nHost: x\r\n\r\n'], /^\d+$/);

/** Idle clients, some of each worker. */
async function connect({ port, readyPids }: TestServer): Promise<void> {
  const served = () => new Set(clients.map(({ lastPid }) => lastPid));
  while (clients.length < 20 || served().size < readyPids.length) {
    const client = await KeepAliveClient.connect({ port });
    clients.push(client);
    await ask(client);
  }
}

test('a scale-down while the only other worker crashes closes no idle connection', async () => {
  const server = await startServer(fixture('mixed.mjs'), { workers: 2 });
  await connect(server);
  // A scale-down ends the worker of the last slot.
  const [first, second] = [server.pidOf(0), server.pidOf(1)];
  const own = clients.filter(({ lastPid }) => lastPid === second);
  // Stopped first: it takes nothing, and all that is offered to it comes back when it ends.
  process.kill(first, 'SIGSTOP');
  server.signal('SIGTTOU');
  await server.event('draining');
  process.kill(first, 'SIGKILL');
  const { moved, closed, forceClosed, refused } = await server.event('drained');
  expect({ closed, forceClosed, refused }).toEqual({ closed: 0, forceClosed: 0, refused: {} });
  expect(moved).toBeGreaterThanOrEqual(own.length);
  await Promise.all(own.map(ask));
  expect(own.flatMap(({ failures }) => failures)).toEqual([]);
  expect(own.every(({ lastPid }) => lastPid === server.readyPids[0])).toBe(true);
});
