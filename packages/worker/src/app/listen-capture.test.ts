import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { captureFirstListen, type ListenCapture, originalListen } from './listen-capture.ts';

const BOUND = { address: '127.0.0.1', family: 'IPv4', port: 8000 };

let others: net.Server[];
let capture: ListenCapture;
const open: net.Server[] = [];
const track = <S extends net.Server>(server: S): S => {
  open.push(server);
  return server;
};
const listening = (server: net.Server) => new Promise((resolve) => server.once('listening', resolve));

beforeEach(() => {
  others = [];
  capture = captureFirstListen({
    address: '127.0.0.1:8000',
    onOther: (server) => others.push(server),
  });
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
  expect(await capture.held).toBe(server);
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
  captureFirstListen({ address: 'unix:/run/app.sock', onOther: () => {} });
  const server = track(http.createServer()).listen(3000);
  expect([server.listening, server.address()]).toEqual([true, '/run/app.sock']);
});

test('further HTTP servers and every net.Server listen for themselves, and are reported', async () => {
  const plain = track(net.createServer()).listen(0, '127.0.0.1');
  track(http.createServer()).listen(3000);
  const second = track(http.createServer()).listen(0, '127.0.0.1');
  await Promise.all([listening(plain), listening(second)]);
  expect(others).toEqual([plain, second]);
});

test('an exported app that listens late is served already: nothing more is bound', async () => {
  const app = () => {};
  const exported = track(http.createServer(app));
  capture.release(exported);
  const called = jest.fn();
  const late = http.createServer(app).listen(3000, called);
  exported.listen(3000, called);
  expect([late.address(), exported.address()]).toEqual([BOUND, BOUND]);
  await listening(exported);
  expect(called).toHaveBeenCalledTimes(2);
  expect(others).toEqual([]);
});

test("the second loopback address of Fastify's localhost is refused; other ports are not", async () => {
  const handler = () => {};
  const main = track(http.createServer(handler)).listen(3000);
  await listening(main);
  const twin = http.createServer(handler);
  const error = new Promise<NodeJS.ErrnoException>((resolve) => twin.once('error', resolve));
  twin.listen({ port: BOUND.port, host: '::1' });
  expect((await error).code).toBe('EADDRINUSE');
  await listening(track(http.createServer()).listen({ port: 0, host: '127.0.0.1' }));
  expect(others).toHaveLength(1);
});

test('in a check nothing is opened, and every listener is told that it listens', async () => {
  net.Server.prototype.listen = originalListen;
  const rehearsed = captureFirstListen({ onOther: (server) => others.push(server), check: true });
  const main = http.createServer().listen(3000);
  expect(await rehearsed.held).toBe(main);
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
