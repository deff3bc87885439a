import type http from 'node:http';
import type { Socket } from 'node:net';
import { Proxies } from './client.ts';
import { Connection, Entry } from './connection.ts';

test('what a response has sent so far can be told again: it is taken when the response has ended', () => {
  const socket = { remoteAddress: '127.0.0.1', writableLength: 0, _bytesDispatched: 100 };
  const connection = new Connection(socket as unknown as Socket, new Proxies([]), false, undefined);
  const entry = new Entry({ method: 'GET', url: '/' } as http.IncomingMessage, undefined, 1, 0);
  connection.add(entry);
  socket._bytesDispatched = 150;
  const told = () => connection.soFar(socket as unknown as Socket, () => 'id')?.bytes;
  expect([told(), told()]).toEqual([50, 50]);
  expect(connection.sent(entry, socket as unknown as Socket)).toBe(50);
  expect(told()).toBe(0);
});
