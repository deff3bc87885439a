import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
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

test('every handle feeds the one server, and pausing them leaves connections alone', async () => {
  const server = http.createServer((_req, res) => res.end('hello'));
  const path = join(tmpdir(), `listeners-${process.pid}.sock`);
  const [first, second, unix] = [bind('127.0.0.1', 0, 4), bind('127.0.0.1', 0, 4), bind(path, -1, -1)];
  const attached = await attachListeners(
    server,
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

  void attached.pause();
  void attached.pause();
  for (const port of ports) expect(await get({ port, agent })).toBe('hello');
  await expect(get({ port: ports[0], agent: false })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  agent.destroy();
  server.closeAllConnections();
});

test('paused, it accepts nobody, keeps its connections, and is not closed; resumed, it accepts again', async () => {
  const server = http.createServer((_req, res) => res.end('hello'));
  const onClose = jest.fn();
  server.on('close', onClose);
  const [first, second] = [bind('127.0.0.1', 0, 4), bind('127.0.0.1', 0, 4)];
  const handles = [
    { handle: first, address: '127.0.0.1:0' },
    { handle: second, address: '127.0.0.1:0' },
  ];
  const attached = await attachListeners(server, handles, 511);
  const ports = [portOf(first), portOf(second)];
  const agent = new http.Agent({ keepAlive: true });
  for (const port of ports) expect(await get({ port, agent })).toBe('hello');

  let empty = false;
  const paused = attached.pause().then(() => {
    empty = true;
  });
  for (const port of ports) {
    expect(await get({ port, agent })).toBe('hello');
    await expect(get({ port, agent: false })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  }
  expect(empty).toBe(false);
  agent.destroy();
  await paused;
  expect(await attached.count()).toBe(0);

  const again = ports.map((port) => ({ handle: bind('127.0.0.1', port, 4), address: `127.0.0.1:${port}` }));
  expect(await attached.resume(again)).toBe(true);
  for (const port of ports) expect(await get({ port, agent: false })).toBe('hello');
  expect(onClose).not.toHaveBeenCalled();
  void attached.pause();
});

test('to its app a paused server listens: it can be closed, once, and says so when its last connection has gone', async () => {
  const server = http.createServer((_req, res) => res.end('hello'));
  const path = join(tmpdir(), `listeners-paused-${process.pid}.sock`);
  const unix = http.createServer();
  const first = bind('127.0.0.1', 0, 4);
  const attached = await attachListeners(server, [{ handle: first, address: '127.0.0.1:0' }], 511);
  const alone = await attachListeners(unix, [{ handle: bind(path, -1, -1), address: `unix:${path}` }], 511);
  const agent = new http.Agent({ keepAlive: true });
  const address = server.address();
  expect(await get({ port: portOf(first), agent })).toBe('hello');
  void attached.pause();
  await alone.pause();
  expect([server.listening, server.address(), unix.listening, unix.address()]).toEqual([
    true,
    address,
    true,
    path,
  ]);
  server.unref().ref();

  const closed: unknown[] = [];
  server.once('close', () => closed.push('close'));
  net.Server.prototype.close.call(server, (error) => closed.push(error));
  expect(server.listening).toBe(false);
  const again = promisify(unix.close.bind(unix));
  await again();
  await expect(again()).rejects.toMatchObject({ code: 'ERR_SERVER_NOT_RUNNING' });
  expect(closed).toEqual([]);
  agent.destroy();
  await once(server, 'close');
  expect(closed).toEqual(['close', undefined]);
});
