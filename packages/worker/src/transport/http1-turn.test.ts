/** With a real server and real connections. */
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { Http1 } from './http1.ts';
import { betweenRequests } from './http1-internals.ts';

const clients: net.Socket[] = [];
let server: http.Server;

afterEach(async () => {
  for (const client of clients) client.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test('what is asked after the look is not answered from the look', async () => {
  const begun: http.ServerResponse[] = [];
  server = http.createServer((_request, response) => {
    response.write('begun');
    begun.push(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const turn = new Http1(server).interrupted();
  const accepted: net.Socket[] = [];
  for (const _ of '12') {
    const connection = once(server, 'connection');
    clients.push(net.connect(port, '127.0.0.1'));
    accepted.push((await connection)[0] as net.Socket);
  }
  const request = Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  const isBetween = (at: number) => betweenRequests(begun[at] as http.ServerResponse);
  // All of this is one turn: no microtask runs, as after one that the debugger has ended.
  accepted[0]?.emit('data', request);
  expect(isBetween(0)).toBe(true);
  turn.end();
  accepted[1]?.emit('data', request);
  expect(isBetween(1)).toBe(true);
});
