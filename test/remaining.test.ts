/** While a worker drains, it can be seen what it still has, and why. */
import { request, socketOf } from './support/control.ts';
import { eventually } from './support/eventually.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';
import { WebSocketClient } from './support/websocket-client.ts';

const clients: WebSocketClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.leave();
  await endServers();
});

async function connect(server: TestServer): Promise<WebSocketClient> {
  const client = await WebSocketClient.connect(server.port);
  clients.push(client);
  return client;
}

interface Seen {
  readonly workers: readonly { state: string; remaining?: Record<string, number> }[];
}

async function status(server: TestServer): Promise<Seen> {
  return JSON.parse((await request(await socketOf(server), 'GET', '/status')).text) as Seen;
}

test('the log tells once what keeps a worker, and the status for as long as it drains', async () => {
  const server = await startServer(fixture('survives-websockets.mjs'), { args: ['--grace', '12s'] });
  const [busy, other] = [await connect(server), await connect(server)];
  await other.ask();
  busy.send(['!slow 20000']);
  busy.ping();
  // The worker has read everything before the ping.
  await eventually(
    'pongs',
    () => busy.pongs,
    (pongs) => pongs === 1,
  );
  server.signal('SIGHUP');
  const line = await server.event('remaining');
  expect(line.msg).toMatch(/^draining worker=0 gen=1 pid=\d+ still has 1 connection: busy:1$/);
  const { workers } = await status(server);
  expect(workers.find(({ state }) => state === 'draining')).toMatchObject({ remaining: { busy: 1 } });
  busy.leave();
  await server.event('reload-finished');
  expect(server.of('remaining')).toHaveLength(1);
  expect((await status(server)).workers.map(({ remaining }) => remaining)).toEqual([undefined]);
});
