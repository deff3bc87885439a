/** With real sockets: what a stream does with what it has buffered is Node's own. */
import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { hold, takeHeld, unhold } from './held.ts';

let server: net.Server;
let near: Socket;
let far: Socket;
let received: string;

beforeEach(async () => {
  received = '';
  server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  far = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
  [near] = (await accepted) as [Socket];
  far.setEncoding('latin1').on('data', (text) => {
    received += text;
  });
});

afterEach(() => {
  near.destroy();
  far.destroy();
  server.close();
});

async function until(text: string): Promise<void> {
  while (received.length < text.length) await once(far, 'data');
  expect(received).toBe(text);
}

test('what is written while it is held goes out when it stays, in order', async () => {
  near.write('before ');
  hold(near);
  near.write('one ');
  near.cork();
  near.write('two ');
  near.uncork();
  await turn();
  unhold(near);
  near.write('after');
  await until('before one two after');
});

test('what was held is taken out whole, whatever its encoding, and nothing of it goes out', async () => {
  near.write('before');
  hold(near);
  near.write(Buffer.from([0x81, 0x01, 0x41]));
  near.write('ff00', 'hex');
  near.write('é', 'utf8');
  expect(takeHeld(near)).toEqual(Buffer.from([0x81, 0x01, 0x41, 0xff, 0x00, 0xc3, 0xa9]));
  near.write('too late');
  await until('before');
  near.destroy();
  await once(far, 'close');
  expect(received).toBe('before');
});

test('nothing was written: nothing is taken out', () => {
  hold(near);
  expect(takeHeld(near)).toHaveLength(0);
});

test('corked by the app as well: all of it is taken out', () => {
  hold(near);
  near.cork();
  near.write('a');
  near.write('b');
  expect(takeHeld(near).toString()).toBe('ab');
});
