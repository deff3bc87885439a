import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';
import { UpgradedConnections, upgradeOf } from './upgraded.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

async function start() {
  const server = http.createServer((_request, response) => response.end('done\n'));
  server.on('connection', (socket) => socket.on('error', () => {}));
  const upgraded = new UpgradedConnections(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  ends.push(() => server.close());
  return { server, upgraded };
}

/** Sends a request of its own, and resolves when something has been answered. */
async function ask(server: http.Server, head: string): Promise<Socket> {
  const client = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
  ends.push(() => client.destroy());
  client.write(`${head}\r\nHost: x\r\n\r\n`);
  client.on('error', () => {});
  await once(client, 'data');
  return client;
}

const upgrade = (path: string, protocol = 'WebSocket') =>
  `GET ${path} HTTP/1.1\r\nX-Is: It\r\nConnection: Upgrade\r\nUpgrade: ${protocol}`;

const ours = (server: http.Server) => server.listenerCount('upgrade');
const microtasks = () => new Promise((resolve) => setImmediate(resolve));

test('without a listener of the app there is none of ours, and a request to upgrade is answered as before', async () => {
  const { server, upgraded } = await start();
  expect(ours(server)).toBe(0);
  await ask(server, upgrade('/'));
  expect(upgraded.webSockets()).toEqual([]);
});

test('it remembers the request as it came, whatever the app does to it', async () => {
  const { server, upgraded } = await start();
  server.on('upgrade', (request, socket) => {
    request.url = '/changed';
    request.rawHeaders.length = 0;
    socket.write(SWITCH);
  });
  await ask(server, upgrade('/chat?room=1'));
  const [socket] = upgraded.webSockets();
  expect(upgradeOf(socket as Socket)).toEqual({
    method: 'GET',
    url: '/chat?room=1',
    httpVersion: '1.1',
    rawHeaders: ['X-Is', 'It', 'Connection', 'Upgrade', 'Upgrade', 'WebSocket', 'Host', 'x'],
  });
});

test('it is the first to be told even of an app that puts itself first', async () => {
  const { server, upgraded } = await start();
  const urls: (string | undefined)[] = [];
  server.on('upgrade', (_request, socket) => socket.write(SWITCH));
  server.prependListener('upgrade', (request) => {
    request.url = '/changed';
  });
  await microtasks();
  await ask(server, upgrade('/first'));
  for (const socket of upgraded.webSockets()) urls.push(upgradeOf(socket)?.url);
  expect(urls).toEqual(['/first']);
});

test('its listener goes with the last one of the app, and comes again', async () => {
  const { server } = await start();
  const listener = () => {};
  server.on('upgrade', listener);
  await microtasks();
  expect(ours(server)).toBe(2);
  server.off('upgrade', listener);
  await microtasks();
  expect(ours(server)).toBe(0);
  server.once('upgrade', (_request, socket) => socket.end(SWITCH));
  await microtasks();
  await ask(server, upgrade('/'));
  await microtasks();
  expect(ours(server)).toBe(0);
  server.on('upgrade', listener);
  await microtasks();
  server.removeAllListeners('upgrade');
  await microtasks();
  expect(ours(server)).toBe(0);
});

test('an app that was listening before is found', async () => {
  const server = http.createServer();
  server.on('upgrade', () => {});
  new UpgradedConnections(server);
  expect(ours(server)).toBe(2);
});

test('other protocols, refused upgrades and those that wait for their answer are no WebSockets', async () => {
  const { server, upgraded } = await start();
  const waiting: (() => void)[] = [];
  server.on('upgrade', (request, socket) => {
    if (request.url === '/refused') socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n', () => socket.destroy());
    else if (request.url === '/waits') waiting.push(() => socket.write(SWITCH));
    else socket.write(SWITCH);
  });
  await ask(server, upgrade('/', 'tcp'));
  await ask(server, upgrade('/refused'));
  // A connection that has had an answer before.
  const client = await ask(server, 'GET / HTTP/1.1');
  client.write(`${upgrade('/waits')}\r\nHost: x\r\n\r\n`);
  while (waiting.length === 0) await microtasks();
  expect(upgraded.webSockets()).toEqual([]);
  waiting[0]?.();
  expect(upgraded.webSockets()).toHaveLength(1);
});

test('those that have gone are forgotten, the others not', async () => {
  const { server, upgraded } = await start();
  server.on('upgrade', (request, socket) => {
    socket.write(SWITCH, () => request.url === '/goes' && socket.destroy());
    socket.removeAllListeners('close');
  });
  await ask(server, upgrade('/stays'));
  for (let n = 0; n < 150; n++) await ask(server, upgrade('/goes'));
  await ask(server, upgrade('/stays'));
  while (upgraded.webSockets().length > 2) await microtasks();
  expect(upgraded.webSockets().map((socket) => upgradeOf(socket)?.url)).toEqual(['/stays', '/stays']);
});
