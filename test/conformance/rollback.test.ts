/** Every kind of app can be parked and serve again: a reload that is rolled back leaves what was there. */
import { pollUntil } from '../support/eventually.ts';
import { KeepAliveClient } from '../support/keep-alive-client.ts';
import { cases } from '../support/long.ts';
import { endServers, fixture, startServer } from '../support/server.ts';
import { APPS, APPS_DIRECTORY } from './apps.ts';

const clients: KeepAliveClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.leave();
  await endServers();
});

const ask = () =>
  Promise.all(clients.map((client) => client.ask(['GET / HTTP/1.1\r\nHost: x\r\n\r\n'], 'hello')));

/** An app whose server tshorn makes, and one that makes its own. */
const SHORT = ['handler.mjs', 'http-server.mjs'];

test.each(cases(APPS, ({ app }) => SHORT.includes(app)))('$app', async ({ app, stays }) => {
  const args = ['--config', fixture('refuses.config.mjs')];
  const server = await startServer(app, { cwd: APPS_DIRECTORY, workers: 2, args });
  const before = server.readyPids;
  for (let at = 0; at < 10; at++) clients.push(await KeepAliveClient.connect({ port: server.port }));
  await ask();
  expect(await server.reload()).toMatchObject({
    outcome: 'rolled-back',
    reason: 'onCommit: Error: not on a Friday',
    replaced: 2,
  });
  expect(new Set(server.readyPids)).toEqual(new Set(before));
  if (stays) {
    // They were closed in order: nobody waited for an answer.
    await pollUntil(() => clients.every((client) => client.failures.length > 0));
    const failures = clients.splice(0).flatMap((client) => client.failures);
    expect(failures).toHaveLength(10);
    for (const failure of failures) expect(failure).toContain('closed by the server (0 unanswered');
  }
  // New ones are accepted, too.
  clients.push(await KeepAliveClient.connect({ port: server.port }));
  await ask();
  expect(clients.flatMap(({ failures }) => failures)).toEqual([]);
});
