import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type CaptureSettings,
  captureListen,
  type ListenCapture,
  originalListen,
  type TwoServers,
} from './listen-capture.ts';

const BOUND = { address: '127.0.0.1', family: 'IPv4', port: 8000 };

let others: net.Server[];
let two: TwoServers[];
let onOther = () => {};
const settings: CaptureSettings = {
  addresses: ['127.0.0.1:8000'],
  hints: { appPort: 0, envPort: undefined, boundPorts: [8000], exportNamed: false },
  onOther: (server) => {
    others.push(server);
    onOther();
  },
  onTwoServers: (told) => void two.push(told),
};
const script = (server: http.Server, isGuess = false) => ({
  app: { kind: 'script' as const, server },
  isGuess,
});
let capture: ListenCapture;
const open: net.Server[] = [];
const track = <S extends net.Server>(server: S): S => {
  open.push(server);
  return server;
};
const listening = (server: net.Server) => new Promise((resolve) => server.once('listening', resolve));

beforeEach(() => {
  others = [];
  two = [];
  capture = captureListen(settings);
});
afterEach(() => {
  net.Server.prototype.listen = originalListen;
  for (const server of open.splice(0)) if (server.listening) server.close();
});

test('the app is told at once that its server listens, once, on the address of the master', async () => {
  const told = jest.fn();
  const server = track(http.createServer()).on('listening', told);
  expect(server.listen(3000, told)).toBe(server);
  expect([server.listening, server.address(), told.mock.calls.length]).toEqual([true, BOUND, 0]);
  await capture.listens();
  expect(capture.candidates).toEqual([{ server, asked: '3000', args: [3000, told] }]);
  await once(server, 'listening');
  expect(told).toHaveBeenCalledTimes(2);
  expect(() => server.listen(3000)).toThrow(expect.objectContaining({ code: 'ERR_SERVER_ALREADY_LISTEN' }));
  expect(others).toEqual([]);
});

test('a server that is closed at once does not emit that it listens', async () => {
  const told = jest.fn();
  const server = http.createServer().listen(3000, told);
  server.close();
  await once(server, 'close');
  expect([told.mock.calls.length, server.listening, server.address()]).toEqual([0, false, null]);
});

test('a server is closed and listens again, each with its events', async () => {
  const server = track(http.createServer()).listen(3000);
  await once(server, 'listening');
  await new Promise((resolve) => server.close(resolve));
  await new Promise<void>((resolve) => server.listen(3000, resolve));
  expect(server.address()).toEqual(BOUND);
});

test('on a unix socket, address() is its path', async () => {
  net.Server.prototype.listen = originalListen;
  captureListen({ ...settings, addresses: ['unix:/run/app.sock'] });
  const server = track(http.createServer()).listen(3000);
  expect([server.listening, server.address()]).toEqual([true, '/run/app.sock']);
});

test('a server of another kind listens for itself, and is reported', async () => {
  const plain = track(net.createServer()).listen(0, '127.0.0.1');
  await listening(plain);
  expect([others, capture.candidates]).toEqual([[plain], []]);
});

test('HTTP servers that are not chosen listen for themselves, once to their app; so do later ones', async () => {
  const heard = jest.fn();
  const early = track(http.createServer()).listen(0, '127.0.0.1', heard);
  const main = track(http.createServer()).listen(3000);
  await listening(main);
  expect(early.address()).toEqual(BOUND);
  const told = new Promise<void>((resolve) => {
    onOther = resolve;
  });
  void capture.release(script(main, true));
  await told;
  const late = track(http.createServer()).listen({ port: 0, host: '127.0.0.1' });
  await listening(late);
  await nextTurn();
  expect(others).toEqual([early, late]);
  expect((early.address() as net.AddressInfo).port).not.toBe(BOUND.port);
  expect(main.address()).toEqual(BOUND);
  expect(heard).toHaveBeenCalledTimes(1);
  const pair = { served: 'the server that asked for port 3000', other: 'the one that asked for port 0' };
  expect(two).toEqual([pair, pair].map((texts) => ({ ...texts, keep: '--app-port 3000' })));
});

test('a server that was not chosen and cannot listen gets the error that it would have got', async () => {
  const taken = await new Promise<net.Server>((resolve) => {
    const server = track(net.createServer());
    Reflect.apply(originalListen, server, [0, '127.0.0.1', () => resolve(server)]);
  });
  const { port } = taken.address() as net.AddressInfo;
  const early = track(http.createServer()).listen(port, '127.0.0.1');
  const main = track(http.createServer()).listen(3000);
  await listening(main);
  const failed = once(early, 'error');
  void capture.release(script(main));
  expect(await failed).toEqual([expect.objectContaining({ code: 'EADDRINUSE', port })]);
});

test('a server that was closed before the choice stays closed', async () => {
  const early = http.createServer().listen(0, '127.0.0.1');
  early.close();
  const main = track(http.createServer()).listen(3000);
  await listening(main);
  void capture.release(script(main));
  expect([early.listening, others]).toEqual([false, []]);
});

test('the own server of an exported app that listens late is served already: nothing more is bound', async () => {
  const app = () => {};
  const served = track(http.createServer(app));
  void capture.release({
    app: { kind: 'express', server: served, isOwn: (server) => server.listeners('request').includes(app) },
    isGuess: true,
  });
  const called = jest.fn();
  const upgrade = () => {};
  const late = http.createServer(app).on('upgrade', upgrade);
  late.maxConnections = 7;
  late.listen(3000, called);
  served.listen(3000, called);
  expect([late.address(), served.address()]).toEqual([BOUND, BOUND]);
  await listening(served);
  expect(called).toHaveBeenCalledTimes(2);
  expect([served.listeners('request'), served.listeners('upgrade'), served.maxConnections]).toEqual([
    [app],
    [upgrade],
    7,
  ]);
  expect([others, two]).toEqual([[], []]);
});

test.each([
  ["the second loopback address of Fastify's localhost", BOUND.port, '::1'],
  ['a second host with the port of the first one', 3000, '127.0.0.2'],
])('%s is served by what is bound, and closes by itself; other ports listen', async (_, port, host) => {
  const handler = () => {};
  const main = track(http.createServer(handler)).listen(3000);
  await listening(main);
  const called = jest.fn();
  const [twin, late] = [http.createServer(handler), http.createServer(handler)].map(track) as [
    http.Server,
    http.Server,
  ];
  await listening(twin.listen({ port, host }, called));
  expect(capture.candidates.map(({ server }) => server)).toEqual([main]);
  void capture.release(script(main, true));
  await listening(late.listen({ port, host }, called));
  expect([twin.address(), late.address(), called.mock.calls.length]).toEqual([BOUND, BOUND, 2]);
  await new Promise((resolve) => twin.close(resolve));
  expect([twin.listening, main.listening, late.listening]).toEqual([false, true, true]);
  await listening(track(http.createServer()).listen({ port: 0, host: '127.0.0.1' }));
  expect(others).toHaveLength(1);
});

test('of a server on two hosts that is not chosen, both listen for themselves', async () => {
  const handler = () => {};
  const main = track(http.createServer()).listen(3000);
  const metrics = [1, 2].map((last) => track(http.createServer(handler)).listen(9464, `127.0.0.${last}`));
  await listening(main);
  await capture.release(script(main));
  expect(others).toEqual(metrics);
  expect(metrics.map((server) => (server.address() as net.AddressInfo).port)).toEqual([9464, 9464]);
});

test('two servers of the same port are told apart by their hosts', async () => {
  const [main, other] = ['127.0.0.1', '127.0.0.2'].map((host) =>
    track(http.createServer(() => {})).listen(3998, host),
  ) as [http.Server, http.Server];
  await listening(other);
  await capture.release(script(main, true));
  expect(two).toEqual([
    {
      served: 'the server that asked for port 3998 of host 127.0.0.1',
      other: 'the one that asked for port 3998 of host 127.0.0.2',
      keep: '--app-port 3998',
    },
  ]);
});

test('another server that asks for an address of the master is refused, by its error event if there is a listener', async () => {
  const main = track(http.createServer(() => {})).listen(3000);
  const twin = http.createServer(() => {}).listen(BOUND.port, '127.0.0.1');
  await listening(main);
  const text =
    'another server of the app asks for port 8000 of host 127.0.0.1, and tshorn has bound 127.0.0.1:8000';
  await expect(capture.release(script(main))).rejects.toMatchObject({
    code: 'ERR_APP_KIND',
    message: expect.stringContaining(text),
  });
  net.Server.prototype.listen = originalListen;
  const again = captureListen(settings);
  const first = track(http.createServer(() => {})).listen(3000);
  const other = http.createServer(() => {}).listen(BOUND.port);
  await listening(first);
  const told = once(other, 'error');
  await again.release(script(first));
  expect((await told)[0]).toMatchObject({
    code: 'EADDRINUSE',
    message: expect.stringContaining('every host'),
  });
  expect([twin.listening, other.listening]).toEqual([false, false]);
});

test('in a check nothing is opened, and every listener is told that it listens', async () => {
  net.Server.prototype.listen = originalListen;
  const rehearsed = captureListen({ ...settings, addresses: undefined, check: true });
  const main = http.createServer().listen(3000);
  await rehearsed.listens();
  void rehearsed.release(script(main));
  const called = jest.fn();
  const servers = [
    net.createServer().listen(9090, '127.0.0.1', called),
    http.createServer().listen({ path: '/run/app.sock', exclusive: true }, called),
    net.createServer().listen(9091, called),
  ];
  await Promise.all(servers.map(listening));
  expect(called).toHaveBeenCalledTimes(3);
  expect([main, ...servers].map((server) => server.address())).toEqual([
    { address: '::', family: 'IPv6', port: 3000 },
    { address: '127.0.0.1', family: 'IPv4', port: 9090 },
    '/run/app.sock',
    { address: '::', family: 'IPv6', port: 9091 },
  ]);
});
