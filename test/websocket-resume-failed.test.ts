/** Releases whose app does not go on with the WebSockets that move to it: rolled back, with a few lines in the log. */
import { eventually } from './support/descriptors.ts';
import { isLong } from './support/long.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';
import { WebSocketClient } from './support/websocket-client.ts';

const APP = fixture('survives-websockets.mjs');

const clients: WebSocketClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.leave();
  await endServers();
});

async function connect(server: TestServer, paths: readonly string[]): Promise<void> {
  for (const path of paths) clients.push(await WebSocketClient.connect(server.port, { path }));
  for (const client of clients) await client.ask();
}

const paths = (count: number, path: string) => Array<string>(count).fill(path);
const open = () => clients.filter(({ end }) => !end);

/** How many each of the workers has, the most first. */
function shares(): number[] {
  const counts = new Map<unknown, number>();
  for (const { last } of clients) counts.set(last?.pid, (counts.get(last?.pid) ?? 0) + 1);
  return [...counts.values()].sort((one, other) => other - one);
}

/** How many the log tells of. */
const told = (server: TestServer) =>
  server.of('resume-failed').reduce((sum, { count = 1 }) => sum + Number(count), 0);

/** As many have ended as the log tells of; all others are served by the old release, with their state. */
async function expectServed(server: TestServer): Promise<void> {
  const lost = () => clients.length - open().length;
  await eventually('clients that do not know yet', lost, (count) => count === told(server));
  for (const client of open()) expect(await client.ask()).toMatchObject({ n: 2, generation: 1 });
}

test('an upgrade handler that answers 401 to what comes from elsewhere: rolled back, about one slot is lost', async () => {
  const server = await startServer(APP, { workers: 3 });
  await connect(server, paths(40, '/refused'));
  const [most = 0] = shares();
  const verdict = await server.reload();
  expect(verdict).toMatchObject({ outcome: 'rolled-back' });
  expect(verdict.reason).toMatch(
    /^new release rejected \d+ of \d+ migrated connections \(limit: 50%\); last error: websocket:0: the app answered 401$/,
  );
  await expectServed(server);
  const lost = clients.length - open().length;
  expect(lost).toBeGreaterThanOrEqual(10);
  // The first slots may have had too few.
  expect(lost).toBeLessThanOrEqual(9 + most);
  expect(server.of('resume-failed').length).toBeLessThanOrEqual(6);
});

// The app has 10 s to upgrade it.
(isLong ? test : test.skip)(
  'an upgrade handler that hangs: the next slot waits for it, and the release is rolled back',
  async () => {
    const server = await startServer(APP, { workers: 2 });
    await connect(server, paths(30, '/hangs'));
    const [most = 0] = shares();
    const { outcome, reason } = await server.reload();
    expect({ outcome, reason }).toEqual({
      outcome: 'rolled-back',
      reason: expect.stringMatching(/last error: websocket:0: the app did not upgrade it within 10 s$/),
    });
    await expectServed(server);
    expect(clients.length - open().length).toBeLessThanOrEqual(9 + most);
  },
  60_000,
);

test('a restore that throws', async () => {
  const server = await startServer(APP, { workers: 1 });
  await connect(server, paths(20, '/unrestored'));
  const { outcome, reason } = await server.reload();
  expect({ outcome, reason }).toEqual({
    outcome: 'rolled-back',
    reason: expect.stringMatching(/last error: websocket:0: restore\(\) threw: .*no such state$/),
  });
});

test('a few clients that the new release does not know any more take nothing back', async () => {
  const server = await startServer(APP, { workers: 2 });
  await connect(server, [...paths(9, '/refused'), ...paths(28, '/')]);
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  await eventually(
    'clients that are served',
    () => open().length,
    (count) => count === 28,
  );
  for (const client of open()) expect(await client.ask()).toMatchObject({ n: 2, generation: 2 });
});
