import { once } from 'node:events';
import net from 'node:net';
import { emptyQueue } from './empty-queue.ts';
import type { RawListener } from './stand-in.ts';

const handleOf = (server: net.Server) => (server as unknown as { _handle: RawListener })._handle;

async function listen(host: string): Promise<{ handle: RawListener; port: number; accepted: net.Socket[] }> {
  const accepted: net.Socket[] = [];
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    accepted.push(socket);
  });
  server.listen(0, host);
  await once(server, 'listening');
  return { handle: handleOf(server), port: (server.address() as net.AddressInfo).port, accepted };
}

/** Settles with the error that ends the client's connection; it has asked the kernel for one when this returns. */
async function connect(port: number): Promise<{ end: Promise<string | undefined> }> {
  const client = net.connect(port, '127.0.0.1');
  const end = new Promise<string | undefined>((resolve) => {
    client.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code));
    client.once('close', () => resolve('close'));
  });
  await new Promise<void>((resolve) => process.nextTick(resolve));
  return { end };
}

const how = { isEnd: true, othersGone: Promise.resolve(), mayContinue: () => true, watch: () => () => {} };

test.each(['127.0.0.1', '0.0.0.0'])(
  '%s: who connects between the last look at the queue and the close is refused, and not reset',
  async (host) => {
    const { handle, port } = await listen(host);
    await emptyQueue([handle], how);
    const { end } = await connect(port);
    handle.close();
    expect(await end).toBe('ECONNREFUSED');
  },
);

test('who waits in one of several queues is accepted first', async () => {
  const [one, two] = await Promise.all([listen('127.0.0.1'), listen('127.0.0.1')]);
  const { end } = await connect(two.port);
  await emptyQueue([one.handle, two.handle], how);
  one.handle.close();
  two.handle.close();
  two.accepted[0]!.end();
  expect(await end).toBe('close');
});

test('a queue that others go on to empty is left as it is', async () => {
  const { handle, port, accepted } = await listen('127.0.0.1');
  const { end } = await connect(port);
  await emptyQueue([handle], { ...how, isEnd: false, othersGone: undefined });
  expect(accepted).toHaveLength(1);
  accepted[0]!.destroy();
  await end;
  handle.close();
});

test('a machine that lets nobody connect to the address costs no more than some rounds', async () => {
  const { handle, port } = await listen('127.0.0.1');
  handle.close();
  const closed = {
    listen: () => 0,
    close() {},
    getsockname(out: object) {
      Object.assign(out, { address: '127.0.0.1', port });
      return 0;
    },
  };
  await emptyQueue([closed], how);
});
