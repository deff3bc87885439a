import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attachListeners } from './listeners.ts';

/** Bound as the master binds: not accepting yet. */
const bind = (address: string, port: number, type: number): unknown =>
  (net as unknown as { _createServerHandle(...args: unknown[]): unknown })._createServerHandle(
    address,
    port,
    type,
  );

const portOf = (handle: unknown): number => {
  const name: { port?: number } = {};
  (handle as { getsockname(out: object): void }).getsockname(name);
  return name.port!;
};

const get = (options: http.RequestOptions) =>
  new Promise<string>((resolve, reject) => {
    http
      .get(options, async (response) => resolve(String((await response.toArray())[0])))
      .once('error', reject);
  });

test('every handle feeds the one server, and closing them leaves connections alone', async () => {
  const server = http.createServer((_req, res) => res.end('hello'));
  const path = join(tmpdir(), `listeners-${process.pid}.sock`);
  const [first, second, unix] = [bind('127.0.0.1', 0, 4), bind('127.0.0.1', 0, 4), bind(path, -1, -1)];
  const attached = await attachListeners(
    { server },
    [
      { handle: unix, address: `unix:${path}` },
      { handle: first, address: '127.0.0.1:0' },
      { handle: second, address: '127.0.0.1:0' },
    ],
    511,
  );
  expect(server.address()).toBe(path);
  const agent = new http.Agent({ keepAlive: true });
  const ports = [portOf(first), portOf(second)];
  for (const port of ports) expect(await get({ port, agent })).toBe('hello');
  expect(await get({ socketPath: path })).toBe('hello');

  attached.close();
  attached.close();
  for (const port of ports) expect(await get({ port, agent })).toBe('hello');
  await expect(get({ port: ports[0], agent: false })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  agent.destroy();
  server.closeAllConnections();
});
