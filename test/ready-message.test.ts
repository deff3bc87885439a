/** An app decides by itself when it can serve: `process.send('ready')`, the convention of PM2. */
import { ask } from './support/load.ts';
import { brief as test, thorough } from './support/long.ts';
import { run } from './support/run.ts';
import { endServers, fixture, startServer } from './support/server.ts';

afterEach(endServers);

const APP = fixture('ready-by-message.mjs');
/** One attempt, which fails before the app is ready. */
const PROBE = ['--status-path', '/', '--probe-attempts', '1'];

test('a worker is ready only when its app has sent the message, at the start and in a reload', async () => {
  const server = await startServer(APP, { args: ['--wait-ready', ...PROBE] });
  expect((await ask({ port: server.port }, { path: '/' })).body).toBe('true');
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
});

thorough('without the option nobody waits', async () => {
  const { code, text } = await run([APP, '--bind', '127.0.0.1:0', '--boot-timeout', '8s', ...PROBE]);
  expect({ code, text }).toEqual({ code: 3, text: expect.stringContaining('/ answered 503') });
});

thorough('a message that never comes is named when the boot timeout is over', async () => {
  const args = ['--bind', '127.0.0.1:0', '--wait-ready', '--boot-timeout', '8s'];
  const { code, text } = await run([APP, ...args], { env: { SENDS: 'no' } });
  expect({ code, text }).toEqual({
    code: 3,
    text: expect.stringContaining("has not called process.send('ready') (--wait-ready)"),
  });
});
