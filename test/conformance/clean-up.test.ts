/** Every kind of app is told to end with a server that it can close, once, and ends when it has. */
import { cases } from '../support/long.ts';
import { endServers, fixture, startServer } from '../support/server.ts';
import { APPS, APPS_DIRECTORY } from './apps.ts';
import { ask } from './client.ts';

afterEach(endServers);

/** An app whose server tshorn makes, and one that makes its own. */
const SHORT = ['handler.mjs', 'fastify.mjs'];

test.each(cases(APPS, ({ app }) => SHORT.includes(app)))('$app', async ({ app, closes = 1 }) => {
  const preload = `--import=${fixture('cleans-up/closes-every-server.mjs')}`;
  const server = await startServer(app, { cwd: APPS_DIRECTORY, env: { NODE_OPTIONS: preload } });
  expect((await ask(server.port, '/')).body.toString()).toBe('hello');
  const closed = () => server.output.match(/^(server closed|ERR_.*)$/gm) ?? [];
  expect(await server.reload()).toMatchObject({ outcome: 'committed', level: 30 });
  await server.until('the clean-up', () => closed().length > 0);
  expect(await server.stop()).toBe(0);
  expect(closed()).toEqual(Array(2 * closes).fill('server closed'));
  expect(server.of('exited').map(({ level }) => level)).toEqual([30, 30]);
});
