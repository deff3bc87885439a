import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import type { ToMaster } from '@tshorn/core';
import { Made } from '../../../../test/support/certificates.ts';
import { Swap } from './swap.ts';

const pair = (...names: string[]) => {
  const { cert, key } = new Made({ names });
  return { cert, key };
};
const [old, renewed, second] = [pair('old.test'), pair('new.test'), pair('second.test')];
const options = {
  certReqs: 'none',
  tlsMinVersion: 'TLSv1.2',
  tlsCiphers: '',
  http2: false,
  handshakeTimeout: 60_000,
} as const;

let sent: ToMaster[];
let swap: Swap;
let listener: net.Server;
let port: number;
beforeEach(async () => {
  sent = [];
  const next = (socket: tls.TLSSocket) => void socket.on('error', () => {});
  const send = (message: ToMaster) => void sent.push(message);
  swap = new Swap({ pairs: [old] }, { options, next, send, arm: () => {} });
  listener = net.createServer(swap.handshakes.entry).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  ({ port } = listener.address() as net.AddressInfo);
});
afterEach(() => {
  jest.useRealTimers();
  swap.handshakes.drain().forceClose();
  listener.close();
});

/** The name of the certificate that is shown on a connection, which may have been open for long. */
async function shown(socket = net.connect(port, '127.0.0.1'), servername = ''): Promise<string> {
  const client = tls.connect({ socket, servername, rejectUnauthorized: false });
  await once(client, 'secureConnect');
  const { subject } = client.getPeerCertificate();
  client.destroy();
  return String(subject.CN);
}

/** A connection on which nothing has been sent, and which has been accepted. */
async function silent(): Promise<net.Socket> {
  const before = swap.handshakes.open().length;
  const socket = net.connect(port, '127.0.0.1');
  while (swap.handshakes.open().length === before) await new Promise(setImmediate);
  return socket;
}

const prepare = (revision: number, pairs = [renewed]) => swap.obey({ type: 'certificates', revision, pairs });

test('handshakes wait from the answer on, and go on with the new certificate, late ones too', async () => {
  const late = await silent();
  prepare(2);
  expect(sent).toEqual([{ type: 'certificates-held', revision: 2 }]);
  let isShown = false;
  const waiting = [shown(), shown(late)];
  for (const one of waiting) {
    one.then(
      () => {
        isShown = true;
      },
      () => {},
    );
  }
  const held = await silent();
  // A round of the loop more than it takes to be accepted.
  for (let round = 0; round < 20; round++) await new Promise(setImmediate);
  expect(isShown).toBe(false);
  held.destroy();
  swap.obey({ type: 'use-certificates', revision: 2, use: true });
  expect(await Promise.all(waiting)).toEqual(['new.test', 'new.test']);
  expect(await shown()).toBe('new.test');
});

test('a swap that is given up: they go on with the old one', async () => {
  prepare(2);
  const waiting = shown();
  swap.obey({ type: 'use-certificates', revision: 1, use: true });
  swap.obey({ type: 'use-certificates', revision: 2, use: false });
  expect(await waiting).toBe('old.test');
});

test('nobody ends the swap: they go on after some seconds, and a late order counts all the same', async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'] });
  prepare(2);
  const waiting = shown();
  await silent();
  jest.advanceTimersByTime(5_000);
  expect(await waiting).toBe('old.test');
  swap.obey({ type: 'use-certificates', revision: 2, use: true });
  expect(await shown()).toBe('new.test');
});

test('the master is gone: they go on with the old one at once', async () => {
  const late = await silent();
  prepare(1);
  swap.abandon();
  expect(await shown(late)).toBe('old.test');
  expect(await shown()).toBe('old.test');
});

test('a drain closes who has said nothing, but nobody who waits for certificates', async () => {
  const early = await silent();
  prepare(1);
  const waiting = [shown(early), shown()];
  while (swap.handshakes.open().length < 2) await new Promise(setImmediate);
  const draining = swap.handshakes.drain();
  expect(draining.closeIdle(0, performance.now())).toBe(0);
  const clock = jest.spyOn(performance, 'now').mockReturnValue(performance.now());
  swap.obey({ type: 'use-certificates', revision: 1, use: true });
  // What they have said has not been read yet.
  expect(draining.closeIdle(0, performance.now())).toBe(0);
  clock.mockRestore();
  expect(await Promise.all(waiting)).toEqual(['new.test', 'new.test']);
  const silence = await silent();
  const closed = once(silence.resume(), 'close');
  while (draining.closeIdle(0, performance.now()) === 0) await new Promise(setImmediate);
  await closed;
});

test('what cannot be used is refused with its reason, and nothing waits', async () => {
  prepare(2, [{ cert: old.cert, key: renewed.key }]);
  expect(sent).toMatchObject([
    { type: 'certificates-failed', revision: 2, reason: expect.stringMatching(/key values mismatch/) },
  ]);
  expect(await shown()).toBe('old.test');
});

test('of two pairs the name chooses, also in a handshake that has begun before', async () => {
  prepare(2, [renewed, second]);
  swap.obey({ type: 'use-certificates', revision: 2, use: true });
  const late = await silent();
  expect(await shown(undefined, 'second.test')).toBe('second.test');
  prepare(3, [old, renewed]);
  swap.obey({ type: 'use-certificates', revision: 3, use: true });
  expect(await shown(late, 'new.test')).toBe('new.test');
  expect(await shown(undefined, 'second.test')).toBe('old.test');
});
