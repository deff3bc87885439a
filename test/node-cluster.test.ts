/** Libraries that leave work to a primary of node:cluster: they work, or one line of the log says what to do. */
import { ask } from './support/load.ts';
import { endServers, fixture, startServer } from './support/server.ts';

const app = fixture('node-cluster/asks.cjs');
const body = async (port: number, path: string) => (await ask({ port }, { path, agent: false })).body;
afterEach(endServers);

test('log4js writes in every worker of every generation; each library is told about once', async () => {
  const server = await startServer(app, { workers: 2 });
  const first = server.readyPids;
  await body(server.port, '/hello');
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  for (const pid of [...first, ...server.readyPids]) {
    await server.until('its line', () => server.output.includes(`${pid} listens`));
  }
  await server.until('the line', () => /asked \/hello of \d+/.test(server.output));
  expect(
    server
      .of('unread-message')
      .map(({ library, level }) => [library, level])
      .sort(),
  ).toEqual([
    ['log4js', 30],
    ['prom-client', 40],
    ['rate-limiter-flexible', 40],
  ]);
});

test('metrics of a cluster are empty at once, as under node; a limiter without its primary waits, as it does by itself', async () => {
  const server = await startServer(app);
  expect(await body(server.port, '/metrics')).toBe('metrics: \n');
  expect(await body(server.port, '/limit')).toBe('timed out\n');
  const { msg } = await server.until('the warning', () =>
    server.of('unread-message').find(({ library }) => library === 'rate-limiter-flexible'),
  );
  expect(msg).toContain('create its RateLimiterClusterMaster in the config file');
});

test("with the primary's part in the config file the library works, and nothing is warned of", async () => {
  const config = fixture('answers-apps.config.mjs');
  const server = await startServer(app, { args: ['--config', config], env: { LIMIT_MS: '60000' } });
  expect(await body(server.port, '/limit')).toBe('answered\n');
  expect(server.of('unread-message').map(({ library }) => library)).toEqual(['log4js']);
});

test('other messages to the parent are named, once', async () => {
  const MESSAGE = JSON.stringify({ type: 'jobs', done: 5 });
  const server = await startServer(app, { workers: 2, env: { MESSAGE } });
  const { msg, level } = await server.until('the line', () =>
    server.of('unread-message').find(({ library }) => library === undefined),
  );
  expect([level, msg]).toEqual([30, expect.stringContaining('nobody there reads them: type jobs')]);
  expect(server.of('unread-message').filter(({ library }) => library === undefined)).toHaveLength(1);
});
