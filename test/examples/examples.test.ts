/** Each example does what its page says: it answers, and a reload replaces its workers. */
import { ask } from '../support/load.ts';
import { brief, cases } from '../support/long.ts';
import { endServers, startServer } from '../support/server.ts';

afterEach(endServers);

const APPS = [
  ['hello/app.mjs', 'hello\n'],
  ['express/app.js', 'hello from Express\n'],
  ['fastify/app.js', '{"hello":"from Fastify"}'],
  ['koa/app.js', 'hello from Koa\n'],
  ['hono/app.js', 'hello from Hono\n'],
  ['slow-start/app.mjs', expect.stringContaining('"release":1')],
  ['unmodified-script/server.js', 'hello from an unmodified script\n'],
] as const;
/** One that exports, one with a framework, one that listens. */
const SHORT = ['hello', 'fastify', 'unmodified-script'];

test.each(cases(APPS, ([app]) => SHORT.some((name) => app.startsWith(name))))(
  '%s answers, and a reload replaces its workers',
  async (app, body) => {
    const server = await startServer(`examples/${app}`, { workers: 2, env: { START_MS: '300' } });
    const target = { port: server.port };
    expect(await ask(target, { path: '/' })).toMatchObject({ status: 200, body });

    const before = server.readyPids;
    expect(await server.reload()).toMatchObject({ outcome: 'committed', replaced: 2 });
    expect(server.readyPids).toHaveLength(2);
    expect(server.readyPids.filter((pid) => before.includes(pid))).toEqual([]);
    expect(await ask(target, { path: '/' })).toMatchObject({ status: 200 });
    expect(await server.stop()).toBe(0);
  },
);

brief('slow-start answers with the release that a reload has brought', async () => {
  const server = await startServer('examples/slow-start/app.mjs', { env: { START_MS: '300' } });
  await server.reload();
  const { body } = await ask({ port: server.port }, { path: '/' });
  expect(JSON.parse(body)).toMatchObject({ release: 2, pid: server.readyPids[0] });
});

brief(
  "unmodified-script runs its own SIGTERM handler when it leaves, and 'listening' tells the master's port",
  async () => {
    const server = await startServer('examples/unmodified-script/server.js');
    await server.reload();
    await server.stop();
    expect(server.output).toContain(`listening on port ${server.port}\n`);
    expect(server.output.match(/SIGTERM received, closing/g)).toHaveLength(2);
  },
);

brief('config is read by tshorn, and its hooks write to the log', async () => {
  const server = await startServer('examples/config/app.mjs', {
    workers: 2,
    args: ['--config', 'examples/config/tshorn.config.mjs'],
  });
  expect(await ask({ port: server.port }, { path: '/' })).toMatchObject({
    status: 200,
    body: 'hello, configured\n',
  });
  const before = server.readyPids;
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  expect(server.readyPids.filter((pid) => before.includes(pid))).toEqual([]);
  await server.stop();
  expect(server.story).toMatch(/worker 1 of generation 1 exits/);
  expect(server.story).toMatch(/worker 1 of generation 2 is warm/);
  expect(server.story).toMatch(/ready to serve, master pid/);
});
