import { once } from 'node:events';
import net from 'node:net';
import { Relay } from './relay.ts';

const HERE = '127.0.0.1';
const open: net.Server[] = [];
const relays: Relay[] = [];
afterEach(() => {
  for (const one of [...open.splice(0), ...relays.splice(0)]) one.close();
});

/** A worker's inspector that greets with its name, and closes with a close frame that nobody answers. */
async function inspector(name: string): Promise<{ port: number; sockets: net.Socket[] }> {
  const sockets: net.Socket[] = [];
  const server = net.createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    socket.write(name);
  });
  open.push(server);
  await once(server.listen(0, HERE), 'listening');
  return { port: (server.address() as net.AddressInfo).port, sockets };
}

async function relay(): Promise<Relay> {
  let made: Relay | undefined;
  await new Promise<void>((resolve, reject) => {
    made = new Relay({ host: HERE, port: 0 }, { onListening: resolve, onBusy: reject });
  });
  relays.push(made as Relay);
  return made as Relay;
}

test('a client that keeps its connection is cut off, and the next one reaches the next worker', async () => {
  const [first, second] = [await inspector('first'), await inspector('second')];
  const own = await relay();
  // The debugger waits until a worker listens.
  const client = net.connect(own.port as number, HERE);
  own.aim(first.port);
  expect(String((await once(client, 'data'))[0])).toBe('first');
  const ended = once(first.sockets[0] as net.Socket, 'close');
  own.aim(second.port);
  await ended;
  const next = net.connect(own.port as number, HERE);
  expect(String((await once(next, 'data'))[0])).toBe('second');
  next.destroy();
  client.destroy();
});

test('an inspector that closes does not wait for its client', async () => {
  const worker = await inspector('{}');
  const own = await relay();
  own.aim(worker.port);
  const client = net.connect({ port: own.port as number, host: HERE, allowHalfOpen: true });
  await once(client, 'data');
  const [socket] = worker.sockets as [net.Socket];
  const ended = once(socket, 'close');
  socket.write(Buffer.from([0x88, 0x00]));
  await ended;
  client.destroy();
});

test('debuggers that come while no worker listens are bounded in number: the oldest one is cut off', async () => {
  const own = await relay();
  const clients: net.Socket[] = [];
  for (let at = 0; at < 17; at++) {
    const client = net.connect(own.port as number, HERE).resume();
    clients.push(client.on('error', () => {}));
    await once(client, 'connect');
  }
  await once(clients[0] as net.Socket, 'close');
  const worker = await inspector('there');
  const greeted = once(clients[16] as net.Socket, 'data');
  own.aim(worker.port);
  expect(String((await greeted)[0])).toBe('there');
  for (const client of clients) client.destroy();
});
