/** Every kind of app behind the real `tshorn`, held to one list of promises. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../support/server.ts';
import { APPS_DIRECTORY } from './apps.ts';
import { ask } from './client.ts';
import { runConformance } from './list.ts';

runConformance(async (app) => {
  const server = await startServer(app, { cwd: APPS_DIRECTORY });
  return { port: server.port, log: () => server.story, stop: () => server.end() };
});

test('Fastify runs its onListen hooks once, and is served on every address', async () => {
  const path = join(tmpdir(), `tshorn-conformance-${process.pid}.sock`);
  const args = ['--bind', '127.0.0.1:0', '--bind', `unix:${path}`];
  const server = await startServer('fastify.mjs', { cwd: APPS_DIRECTORY, args });
  try {
    const ports = server.of('listening').flatMap(({ port }) => (typeof port === 'number' ? [port] : []));
    expect(ports).toHaveLength(2);
    const answers = [
      ...(await Promise.all(ports.map((port) => ask(port, '/on-listen')))),
      await ask(0, '/on-listen', { socketPath: path }),
    ];
    expect(answers.map(({ body }) => body.toString())).toEqual(Array(3).fill('{"heard":1}'));
  } finally {
    await server.end();
  }
});

test("Fastify's second address for localhost is not bound beside the master's", async () => {
  const server = await startServer('script-fastify.mjs', { cwd: APPS_DIRECTORY });
  try {
    await ask(server.port, '/');
    await expect(ask(server.port, '/', { host: '::1' })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(server.of('also-listening')).toEqual([]);
  } finally {
    await server.end();
  }
});
