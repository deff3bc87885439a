import { once } from 'node:events';
import net from 'node:net';
import { ProxyStep } from './step.ts';

const settled = async (look: () => boolean) => {
  while (!look()) await new Promise(setImmediate);
};

const servers: net.Server[] = [];
const clients: net.Socket[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
  for (const server of servers.splice(0)) server.close();
});

async function begin({ moves = true } = {}) {
  const warnings: string[] = [];
  const served: net.Socket[] = [];
  const step = new ProxyStep({
    accepted: 'v1',
    proxies: { trusts: (address) => address === '127.0.0.1' },
    warn: (text) => void warnings.push(text),
  });
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    step.take(socket, moves ? 'http' : undefined, (passed) => void served.push(passed));
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const connect = (localAddress = '127.0.0.1') => {
    const client = net.connect({ port, host: '127.0.0.1', localAddress });
    client.on('error', () => {});
    clients.push(client);
    return client;
  };
  return { step, warnings, served, connect };
}

test('in a drain, a connection that is silent is closed after its linger, and one with half a header goes on', async () => {
  const { step, served, connect } = await begin();
  const half = connect();
  half.write('PROXY TCP4 ');
  connect();
  await settled(() => step.open().length === 2 && step.idle().length === 1);
  const drain = step.drain();
  expect(drain.closeIdle(0, performance.now())).toBe(0);
  drain.beginClosing();
  expect(drain.closeIdle(60_000, performance.now())).toBe(0);
  expect(drain.closeIdle(0, performance.now())).toBe(1);
  half.write('192.0.2.7 192.0.2.8 1 2\r\n');
  await settled(() => served.length === 1);
  expect(served[0]?.remoteAddress).toBe('192.0.2.7');
  await settled(() => step.open().length === 0);
});

test('at the deadline of a drain all that wait are closed', async () => {
  const { step, served, connect } = await begin();
  connect().write('PROXY');
  await settled(() => step.open().length === 1 && step.idle().length === 0);
  step.drain().forceClose();
  await settled(() => step.open().length === 0);
  expect(served).toEqual([]);
});

test('one of a listener that no other worker knows does not move', async () => {
  const { step, connect } = await begin({ moves: false });
  connect();
  await settled(() => step.open().length === 1);
  expect(step.idle()).toEqual([]);
});

test('of many connections without a header, a line tells how many', async () => {
  const { step, warnings, connect } = await begin();
  for (let n = 0; n < 3; n++) connect().end('GET / HTTP/1.1\r\n\r\n');
  await Promise.all(clients.map((client) => once(client, 'close')));
  expect(warnings).toEqual([
    expect.stringMatching(/^closed a connection of the trusted proxy 127\.0\.0\.1: /),
  ]);
  expect(step.open()).toEqual([]);
});

test('a stranger is served at once, before it has sent a byte', async () => {
  const { step, served, connect } = await begin();
  connect('127.0.0.2');
  await settled(() => served.length === 1);
  expect(step.open()).toEqual([]);
});
