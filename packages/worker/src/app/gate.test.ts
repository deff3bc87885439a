import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { promisify } from 'node:util';
import type { Way } from '../front/entry.ts';
import { attachListeners } from './listeners.ts';

const bind = (): { getsockname(out: object): void } =>
  (net as unknown as { _createServerHandle(...args: unknown[]): never })._createServerHandle(
    '127.0.0.1',
    0,
    4,
  );

async function attach(server: http.Server, way: Way, onWanted = () => {}) {
  const handle = bind();
  const name = {} as { port: number };
  handle.getsockname(name);
  const address = `127.0.0.1:${name.port}`;
  const events = { onWanted, onClosed: () => {} };
  const attached = await attachListeners(server, [{ handle, address }], 511, events, () => way);
  return { attached, port: name.port };
}

const count = (server: http.Server) => promisify(server.getConnections).call(server);

test('an entry takes the connections, which count as those of the server until they close', async () => {
  const server = http.createServer((_request, response) => response.end('hello'));
  const heard: string[] = [];
  server.on('connection', () => heard.push('connection'));
  const came: net.Socket[] = [];
  const { attached, port } = await attach(server, {
    entry: (socket) => void came.push(socket),
    allowHalfOpen: false,
  });
  const client = net.connect(port, '127.0.0.1');
  await once(client, 'connect');
  while (came.length === 0) await new Promise(setImmediate);
  const [socket] = came;
  expect([heard, await count(server), socket?.allowHalfOpen]).toEqual([[], 1, false]);

  // Now it goes to the app.
  server.emit('connection', socket);
  client.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  expect(String(Buffer.concat(await client.toArray()))).toContain('hello');
  expect(heard).toEqual(['connection']);
  await attached.pause();
  expect(await count(server)).toBe(0);
});

test('connections that have not reached the server count for its maximum', async () => {
  const server = http.createServer();
  server.maxConnections = 1;
  const wanted = jest.fn();
  const came: net.Socket[] = [];
  const { port } = await attach(server, { entry: (socket) => void came.push(socket) }, wanted);
  net.connect(port, '127.0.0.1');
  while (came.length === 0) await new Promise(setImmediate);
  const refused = net.connect(port, '127.0.0.1');
  await expect(once(refused, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  came[0]?.destroy();
  while (wanted.mock.calls.length === 0) await new Promise(setImmediate);
});
