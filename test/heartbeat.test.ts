/** The workers' heartbeats. */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { request, socketOf } from './support/control.ts';
import { directory, ownDirectory } from './support/directory.ts';
import { ask } from './support/load.ts';
import { fixture, startServer } from './support/server.ts';

ownDirectory();

test('a worker without a descriptor to spare gives them, and lives on', async () => {
  const server = await startServer(fixture('hoards-descriptors.mjs'), {
    args: ['--control', path.join(directory, 'control.sock')],
    through: (command) => ['sh', '-c', 'ulimit -n 100; exec "$@"', 'sh', ...command],
  });
  const socket = await socketOf(server);
  expect((await ask({ port: server.port }, { path: '/', agent: false })).body).toBe('EMFILE');
  // The request is told with the heartbeat that comes after it.
  const told = async () => JSON.parse((await request(socket, 'GET', '/status')).text).workers[0]?.requests;
  while (server.of('crashed').length === 0 && !((await told()) > 0)) await sleep(50);
  expect(server.of('crashed')).toEqual([]);
});
