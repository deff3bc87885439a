/** Whatever fails in a re-exec leaves the old master fully active. */
import fs from 'node:fs';
import { Releases } from './support/releases.ts';
import { endServers, startServer } from './support/server.ts';

let releases: Releases;
beforeEach(() => {
  releases = new Releases().deploy();
});
afterEach(async () => {
  await endServers();
  releases.remove();
});

test('the directory of the PID file is gone: reload, scale and TERM work afterwards', async () => {
  fs.mkdirSync(releases.file('run'));
  const server = await startServer(releases.app, { args: ['--pid-file', releases.file('run/tshorn.pid')] });
  fs.rmSync(releases.file('run'), { recursive: true });
  expect(await server.reExec()).toMatchObject({ outcome: 'failed', master: server.pid });
  expect(await server.reload()).toMatchObject({ outcome: 'committed', master: server.pid });
  expect(await server.stop()).toBe(0);
});
