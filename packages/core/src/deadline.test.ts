import { once } from 'node:events';
import net from 'node:net';
import { Deadline } from './deadline.ts';

/** Milliseconds in which nothing is read, and no timer runs. */
function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

test('what has come while the process stood still is read before the deadline is over', async () => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
  const [[socket]] = await Promise.all([once(server, 'connection'), once(client, 'connect')]);
  const order: string[] = [];
  (socket as net.Socket).once('data', () => order.push('read'));
  const over = new Promise<void>((resolve) => new Deadline(5, () => resolve(void order.push('over'))));
  client.write('x');
  standStill(50);
  await over;
  expect(order).toEqual(['read', 'over']);
  client.destroy();
  server.close();
});

test('one that is cleared is not over, not even in the turn in which it was due', async () => {
  const onExpiry = jest.fn();
  const deadlines = [1, 1].map((ms) => new Deadline(ms, onExpiry));
  deadlines[0]?.clear();
  // Due together with it, and called behind it.
  const cleared = new Promise<void>((resolve) => setTimeout(() => resolve(deadlines[1]?.clear()), 1));
  standStill(20);
  await cleared;
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
  expect(onExpiry).not.toHaveBeenCalled();
});
