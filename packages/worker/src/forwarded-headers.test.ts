import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import { stripForwarded, stripFromStrangers } from './forwarded-headers.ts';
import { OwnSessions } from './http2/own/own-sessions.ts';
import { UpgradedConnections } from './transport/upgraded.ts';

const request = (...rawHeaders: string[]) => {
  const made = new http.IncomingMessage(new net.Socket());
  // As Node's parser has it tell its headers.
  (made as unknown as { _addHeaderLines(lines: string[], count: number): void })._addHeaderLines(
    rawHeaders,
    rawHeaders.length,
  );
  return made;
};

const OURS = ['Host', 'a', 'X-Forwarder', 'b', 'X-Forwarded', 'c', 'x-real-ips', 'd', 'From', 'e'];

test.each(['before', 'after'])('headers of proxies go, all others stay: asked for %s', (when) => {
  const spoken = [
    'X-Forwarded-For',
    '1',
    'x-forwarded-PROTO',
    '2',
    'FORWARDED',
    '3',
    'X-Real-Ip',
    '4',
    'x-forwarded-for',
    '5',
  ];
  const made = request(...OURS.slice(0, 4), ...spoken, ...OURS.slice(4));
  if (when === 'before')
    expect([made.headers.forwarded, made.headersDistinct['x-real-ip']]).toEqual(['3', ['4']]);
  stripForwarded(made);
  expect(made.rawHeaders).toEqual(OURS);
  expect(Object.keys(made.headers)).toEqual(['host', 'x-forwarder', 'x-forwarded', 'x-real-ips', 'from']);
  expect(Object.keys(made.headersDistinct)).toEqual(Object.keys(made.headers));
});

test.each([
  [true, '192.0.2.9'],
  [false, undefined],
])('of a server alone, and before its listeners; the sender is trusted: %s', async (trusted, seen) => {
  const server = http.createServer((asked, response) => response.end(JSON.stringify(asked.headers)));
  server.on('upgrade', (asked, socket) => socket.end(JSON.stringify(asked.headers)));
  new UpgradedConnections(server);
  await new Promise(setImmediate);
  stripFromStrangers(server, [trusted ? 'loopback' : '192.0.2.0/24']);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  for (const more of ['', 'Upgrade: a\r\nConnection: upgrade\r\n']) {
    const socket = net.connect(port, '127.0.0.1');
    socket.end(
      `GET / HTTP/1.1\r\nHost: a\r\n${more}X-Forwarded-For: 192.0.2.9\r\n${more ? '' : 'Connection: close\r\n'}\r\n`,
    );
    const [body] = /\{.*\}/.exec(await text(socket)) ?? [];
    expect(JSON.parse(body ?? '')['x-forwarded-for']).toBe(seen);
  }
  server.close();
});

test.each([
  ['streams', true],
  ['streams', false],
  ['requests', true],
  ['requests', false],
])("of an app's own HTTP/2 server, with %s; the sender is trusted: %s", async (api, trusted) => {
  const server = http2.createServer();
  if (api === 'streams') {
    server.on('stream', (stream, headers, _flags, rawHeaders) => {
      stream.end(JSON.stringify([headers, rawHeaders]));
    });
  } else {
    server.on('request', (asked, response) =>
      response.end(JSON.stringify([asked.headers, asked.rawHeaders])),
    );
  }
  new OwnSessions(server);
  stripFromStrangers(server, [trusted ? 'loopback' : '192.0.2.0/24']);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = http2.connect(`http://127.0.0.1:${(server.address() as net.AddressInfo).port}`);
  const told = { 'x-forwarded-for': '192.0.2.9', forwarded: 'for=192.0.2.9', 'x-real-ip': '192.0.2.9' };
  const stream = client.request({ ':path': '/', ...told, 'x-own': 'kept' });
  const [headers, rawHeaders] = JSON.parse(await text(stream));
  client.destroy();
  server.close();
  const names = Object.keys(told).filter((name) => name in headers);
  expect(names).toEqual(trusted ? Object.keys(told) : []);
  expect(Object.keys(told).filter((name) => rawHeaders.includes(name))).toEqual(names);
  expect([headers['x-own'], rawHeaders.at(-2), rawHeaders.at(-1)]).toEqual(['kept', 'x-own', 'kept']);
});
