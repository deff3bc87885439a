/** Connections that come from another worker, with a real server; the sender and the master are played by hand. */
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { HandoffReceiver } from './handoff-receiver.ts';
import { pack } from './migrate/registry.ts';
import { Http1 } from './transport/http1.ts';
import type { RawHandle } from './transport/transport.ts';

let server: http.Server;
let receiver: HandoffReceiver;
let failures: string[];
let answered: number;
const ends: (() => void)[] = [];

beforeEach(async () => {
  server = http.createServer((_request, response) => response.end('done'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  failures = [];
  answered = 0;
  receiver = new HandoffReceiver(new Http1(server), {
    resumeFailed: (_name, reason) => void failures.push(reason),
    answered: () => void answered++,
  });
});
afterEach(async () => {
  for (const end of ends.splice(0)) end();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** A handle that nobody reads, and its client. */
async function connection(): Promise<{ handle: RawHandle; client: net.Socket }> {
  const acceptor = net.createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  const accepted = once(acceptor, 'connection');
  await once(acceptor, 'listening');
  const client = net.connect((acceptor.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => {});
  const [socket] = (await accepted) as [net.Socket & { _handle: RawHandle }];
  ends.push(() => client.destroy());
  acceptor.close();
  return { handle: socket._handle, client };
}

const confirm = () => Promise.resolve();

test('a connection is served from when the master knows of it', async () => {
  const { handle, client } = await connection();
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await receiver.take(handle, confirm);
  const [answer] = await once(client, 'data');
  expect(String(answer)).toContain('200 OK');
});

test("a 'connection' listener of the app that throws leaves no connection that a drain would wait for", async () => {
  server.prependListener('connection', () => {
    throw new Error('the app refuses');
  });
  const { handle } = await connection();
  await expect(receiver.take(handle, confirm)).rejects.toThrow('the app refuses');
  expect(receiver.arriving).toBe(0);
});

test('a connection that cannot be resumed is closed, and its client does not hang', async () => {
  server.prependListener('connection', () => {
    throw new Error('the app refuses');
  });
  const { handle, client } = await connection();
  const closed = once(client, 'close');
  client.resume();
  const resumer = { kind: 'response', resume: () => {} } as const;
  receiver.incoming.expect(1, { handle, name: 'stream:ticks', resumer }, confirm);
  const request = { method: 'GET', url: '/', httpVersion: '1.1', rawHeaders: [] };
  receiver.incoming.resume(1, pack({ request, answer: { status: 200, rawHeaders: [] }, held: '' }));
  await closed;
  expect(failures).toEqual(['Error: the app refuses']);
  expect(answered).toBe(1);
  expect(receiver.arriving).toBe(0);
});
