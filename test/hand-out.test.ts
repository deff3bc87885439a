/** An app that ends its own process: what is idle there leaves first, in one synchronous step. */
import { once } from 'node:events';
import WebSocket from 'ws';
import { KeepAliveClient } from './support/keep-alive-client.ts';
import { times } from './support/long.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

const CLIENTS = times('CLIENTS', 200, 300);
const WEBSOCKETS = times('WEBSOCKETS', 40, 120);

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
const EXIT = 'GET /exit HTTP/1.1\r\nHost: x\r\n\r\n';
const PID = /^\d+$/;

let clients: KeepAliveClient[] = [];
let sockets: WebSocket[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.leave();
  for (const socket of sockets.splice(0)) socket.terminate();
  await endServers();
});

async function connect({ port }: TestServer): Promise<void> {
  clients = await Promise.all(Array.from({ length: CLIENTS }, () => KeepAliveClient.connect({ port })));
  await Promise.all(clients.map((client) => client.ask([GET], PID)));
  sockets = Array.from({ length: WEBSOCKETS }, () => new WebSocket(`ws://127.0.0.1:${port}`));
  await Promise.all(sockets.map((socket) => once(socket, 'open')));
  expect(new Set((await say('a')).map(([, count]) => count))).toEqual(new Set(['1']));
}

/** Each WebSocket's answer in words. */
const say = (text: string) =>
  Promise.all(
    sockets.map(async (socket) => {
      const answer = once(socket, 'message');
      socket.send(text);
      return String((await answer)[0]).split(' ');
    }),
  );

/** The request that ends its worker; resolves when its connection has failed. */
async function exit(server: TestServer): Promise<void> {
  const culprit = await KeepAliveClient.connect({ port: server.port });
  await culprit.ask([EXIT], 'never');
  expect(culprit.failures).toHaveLength(1);
  await server.event('crashed');
}

test.each([1, 2])('process.exit() in a request costs that request, with %i workers', async (workers) => {
  const server = await startServer(fixture('exits-in-a-request.mjs'), { workers });
  await connect(server);
  await exit(server);
  await Promise.all(clients.map((client) => client.ask([GET], PID)));
  expect(clients.flatMap(({ failures }) => failures)).toEqual([]);
  const answers = await say('b');
  expect(new Set(answers.map(([text, count]) => `${text} ${count}`))).toEqual(new Set(['b 2']));
});
