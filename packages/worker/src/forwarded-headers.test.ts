import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import { stripForwarded, stripFromStrangers } from './forwarded-headers.ts';
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
