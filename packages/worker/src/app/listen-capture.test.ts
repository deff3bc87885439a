import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { captureFirstListen, type ListenCapture, originalListen } from './listen-capture.ts';

let others: string[];
let capture: ListenCapture;
const open: net.Server[] = [];
const track = <S extends net.Server>(server: S): S => {
  open.push(server);
  return server;
};
const listening = (server: net.Server) => new Promise((resolve) => server.once('listening', resolve));

beforeEach(() => {
  others = [];
  capture = captureFirstListen((address) => others.push(address));
});
afterEach(() => {
  net.Server.prototype.listen = originalListen;
  for (const server of open.splice(0)) if (server.listening) server.close();
});

test('the first listen of an HTTP server is held; its callback waits for the real one', async () => {
  const called = jest.fn();
  const server = track(http.createServer());
  expect(server.listen(3000, called)).toBe(server);
  expect(await capture.held).toBe(server);
  expect([server.listening, called.mock.calls.length]).toEqual([false, 0]);

  Reflect.apply(originalListen, server, [0, '127.0.0.1']);
  await listening(server);
  expect(called).toHaveBeenCalledTimes(1);
  expect(others).toEqual([]);
});

test('further HTTP servers and every net.Server listen for themselves, and are reported', async () => {
  const plain = track(net.createServer()).listen(0, '127.0.0.1');
  track(http.createServer()).listen(3000);
  const second = track(http.createServer()).listen(0, '127.0.0.1');
  await Promise.all([listening(plain), listening(second)]);
  const portOf = (server: net.Server) => (server.address() as AddressInfo).port;
  expect(others.sort()).toEqual([`127.0.0.1:${portOf(plain)}`, `127.0.0.1:${portOf(second)}`].sort());
});

test('an exported app that listens late is served already: nothing more is bound', async () => {
  const app = () => {};
  const exported = track(http.createServer(app));
  capture.release(exported);
  const called = jest.fn();
  const late = http.createServer(app).listen(3000, called);
  exported.listen(3000, called);
  expect([late.listening, exported.listening]).toEqual([false, false]);
  Reflect.apply(originalListen, exported, [0, '127.0.0.1']);
  await listening(exported);
  expect(called).toHaveBeenCalledTimes(2);
  expect(others).toEqual([]);
});

test("the second loopback address of Fastify's localhost is refused; other ports are not", async () => {
  const main = track(http.createServer()).listen(3000);
  Reflect.apply(originalListen, main, [0, '127.0.0.1']);
  await listening(main);
  const twin = http.createServer();
  const error = new Promise<NodeJS.ErrnoException>((resolve) => twin.once('error', resolve));
  twin.listen({ port: (main.address() as AddressInfo).port, host: '::1' });
  expect((await error).code).toBe('EADDRINUSE');
  await listening(track(http.createServer()).listen({ port: 0, host: '127.0.0.1' }));
  expect(others).toHaveLength(1);
});

test('in a check nothing is opened, and every listener is told that it listens', async () => {
  net.Server.prototype.listen = originalListen;
  const rehearsed = captureFirstListen((address) => others.push(address), true);
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
  expect(servers.some((server) => server.listening)).toBe(false);
  expect(others).toEqual(['127.0.0.1:9090', 'unix:/run/app.sock', '[::]:9091']);
});
