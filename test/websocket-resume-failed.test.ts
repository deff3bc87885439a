/** Releases whose app does not resume the WebSockets that move to it: rolled back, with a few lines in the log. */

import { eventually } from './support/eventually.ts';
import { brief, thorough } from './support/long.ts';
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

/** Connections that each new worker rejected, by the log. */
function rejected(server: TestServer): number[] {
  const counts = new Map<unknown, number>();
  for (const { pid, count = 1 } of server.of('resume-failed')) {
    counts.set(pid, (counts.get(pid) ?? 0) + Number(count));
  }
  return [...counts.values()];
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

brief(
  'an upgrade handler that answers 401 to what comes from elsewhere: rolled back, about one slot is lost',
  async () => {
    const server = await startServer(APP, { workers: 3 });
    await connect(server, paths(40, '/refused'));
    const verdict = await server.reload();
    expect(verdict).toMatchObject({ outcome: 'rolled-back' });
    expect(verdict.reason).toMatch(
      /^new release rejected \d+ of \d+ migrated connections \(limit: 50%\); last error: websocket:0: the app answered 401$/,
    );
    await expectServed(server);
    const lost = clients.length - open().length;
    expect(lost).toBeGreaterThanOrEqual(10);
    // The slots before the one that decided had too few for a verdict.
    expect(lost - Math.max(...rejected(server))).toBeLessThanOrEqual(9);
    expect(server.of('resume-failed').length).toBeLessThanOrEqual(6);
  },
);

// The app has 10 s to upgrade it.
thorough(
  'an upgrade handler that hangs: the next slot waits for it, and the release is rolled back',
  async () => {
    const server = await startServer(APP, { workers: 2 });
    await connect(server, paths(30, '/hangs'));
    const { outcome, reason } = await server.reload();
    expect({ outcome, reason }).toEqual({
      outcome: 'rolled-back',
      reason: expect.stringMatching(/last error: websocket:0: the app did not upgrade it within 10 s$/),
    });
    await expectServed(server);
    expect(clients.length - open().length - Math.max(...rejected(server))).toBeLessThanOrEqual(9);
  },
);

brief('a restore that throws', async () => {
  const server = await startServer(APP, { workers: 1 });
  await connect(server, paths(20, '/unrestored'));
  const { outcome, reason } = await server.reload();
  expect({ outcome, reason }).toEqual({
    outcome: 'rolled-back',
    reason: expect.stringMatching(/last error: websocket:0: restore\(\) threw: .*no such state$/),
  });
});

brief('a few clients that the new release does not know any more take nothing back', async () => {
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
