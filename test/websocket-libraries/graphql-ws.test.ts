/** Promises for graphql-ws beyond the common list. */
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { pollUntil } from '../support/eventually.ts';
import { brief as test, thorough } from '../support/long.ts';
import { endServers, fixture, startServer } from '../support/server.ts';
import { GraphqlClient } from './libraries.ts';

const app = fixture('websocket-libraries/graphql-ws.mjs');
const clients: { leave(): void }[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.leave();
  await endServers();
});

test('a mutation that runs is waited for, and answered by the worker that it began in', async () => {
  const server = await startServer(app, { args: ['--grace', '20s'] });
  const [old] = server.readyPids;
  const client = await GraphqlClient.connect(server.port, 1);
  clients.push(client);
  const answer = client.say(1, ', slow: true');
  await server.reload();
  expect(await answer).toMatchObject({ echo: 1, count: 1, pid: old });
  // Its session has come along.
  const next = await client.say(2);
  expect(next).toMatchObject({ echo: 2, count: 2 });
  expect(server.readyPids).toEqual([next.pid]);
  expect(client.faults).toEqual([]);
});

test('a subscription that the client has completed is not begun again, and its id begins anew', async () => {
  const server = await startServer(app);
  const sockets: WebSocket[] = [];
  class Recorded extends WebSocket {
    constructor(...args: ConstructorParameters<typeof WebSocket>) {
      super(...args);
      sockets.push(this);
    }
  }
  // Every subscription of this client has the same id.
  const client = createClient({
    url: `ws://127.0.0.1:${server.port}/graphql`,
    webSocketImpl: Recorded,
    connectionParams: { token: 'a' },
    lazy: false,
    retryAttempts: 0,
    generateID: () => 'the only one',
  });
  clients.push({ leave: () => void client.dispose() });
  const begin = () => {
    const ns: number[] = [];
    const end = client.subscribe<{ ticks: { n: number } }>(
      { query: 'subscription { ticks(step: 1) { n } }' },
      { next: ({ data }) => void (data && ns.push(data.ticks.n)), error: () => {}, complete: () => {} },
    );
    return { ns, end };
  };
  const first = begin();
  await pollUntil(() => first.ns.length >= 3);
  await server.reload();
  await pollUntil(() => first.ns.length >= 6);
  first.end();
  const heard = first.ns.length;
  await server.reload();
  const second = begin();
  await pollUntil(() => second.ns.length >= 3);
  expect(first.ns).toHaveLength(heard);
  expect(second.ns.slice(0, 3)).toEqual([1, 2, 3]);
  expect(sockets).toHaveLength(1);
});

thorough('a release that does not want the client any more closes it, as it would a new one', async () => {
  const file = path.join(tmpdir(), `tshorn-unwanted-${process.pid}.env`);
  writeFileSync(file, '');
  try {
    const server = await startServer(app, { args: ['--environment-file', file] });
    const client = await GraphqlClient.connect(server.port, 1);
    clients.push(client);
    await pollUntil(() => client.pushed > 2);
    writeFileSync(file, 'UNWANTED=yes');
    await server.reload();
    await pollUntil(() => client.faults.length > 0);
    expect(client.faults).toContain('closed: 4403');
  } finally {
    rmSync(file);
  }
});

thorough('a client that has not said a word moves, and may begin afterwards', async () => {
  const server = await startServer(app);
  const ws = new WebSocket(`ws://127.0.0.1:${server.port}/graphql`, 'graphql-transport-ws');
  clients.push({ leave: () => ws.close() });
  const heard: string[] = [];
  let closed = 0;
  ws.on('message', (text) => heard.push(JSON.parse(String(text)).type)).on('close', (code) => {
    closed = code;
  });
  await new Promise((resolve) => ws.once('open', resolve));
  await server.reload();
  ws.send(JSON.stringify({ type: 'connection_init', payload: { token: 'late' } }));
  await pollUntil(() => heard.length > 0 || closed > 0);
  expect([heard, closed]).toEqual([['connection_ack'], 0]);
});
