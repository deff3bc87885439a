import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import net, { type AddressInfo, type Socket } from 'node:net';
import tls from 'node:tls';
import { PEM } from '../../../../test/support/tls-target.ts';
import { Http1Drain } from './http1-drain.ts';
import { type Layer, setLayer } from './layer.ts';

const pem = readFileSync(PEM);
const LINGER_MS = 100;
const ALERT = 21;

const ends: (() => void)[] = [];
afterEach(() => {
  jest.restoreAllMocks();
  for (const end of ends.splice(0)) end();
});

/** A server with one idle connection, whose drain begins; `records` are those that its client has got. */
async function draining(layer?: Partial<Layer>) {
  const server = https.createServer({ key: pem, cert: pem }, (_request, response) => response.end('done\n'));
  let socket: Socket | undefined;
  server.on('secureConnection', (accepted) => {
    socket = accepted;
    if (layer) setLayer(accepted, layer as Layer);
  });
  const arrived: Buffer[] = [];
  const relay = net.createServer((near) => {
    const far = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
    for (const one of [near, far]) one.on('error', () => {});
    far.on('data', (bytes) => arrived.push(bytes));
    near.pipe(far).pipe(near);
  });
  for (const one of [server, relay]) {
    await once(one.listen(0, '127.0.0.1'), 'listening');
    ends.push(() => one.close());
  }
  const { port } = relay.address() as AddressInfo;
  const client = tls.connect({ port, rejectUnauthorized: false, maxVersion: 'TLSv1.2' });
  ends.push(() => client.destroy());
  client.on('error', () => {});
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(client, 'data');
  await new Promise(setImmediate);
  const now = jest.spyOn(performance, 'now').mockReturnValue(1_000_000);
  const drain = new Http1Drain(server, { listen: () => () => {} }, () => []);
  const after = (ms: number) => {
    now.mockReturnValue(1_000_000 + ms);
    return drain.closeIdle(LINGER_MS, performance.now());
  };
  return {
    drain,
    after,
    client,
    server: socket as Socket,
    records: () => recordTypes(Buffer.concat(arrived)),
  };
}

function recordTypes(bytes: Buffer): number[] {
  const types: number[] = [];
  for (let at = 0; at + 5 <= bytes.length; at += 5 + bytes.readUInt16BE(at + 3))
    types.push(bytes[at] as number);
  return types;
}

test('an idle TLS connection is closed once, with a close_notify', async () => {
  const { drain, after, client, records } = await draining();
  drain.beginClosing();
  expect(after(LINGER_MS - 1)).toBe(0);
  const closed = once(client.resume(), 'close');
  expect(after(LINGER_MS)).toBe(1);
  expect(after(LINGER_MS + 1)).toBe(0);
  await closed;
  expect(records().at(-1)).toBe(ALERT);
});

/** Counts that never come to agree. */
const uncounted = {
  bytesRead: 7,
  isFlushed: () => false,
  whyImmovable: () => undefined,
  whyNotNow: () => 'tls-count',
  stopReading: () => {},
};

test('where connections move, one that cannot be counted is closed all the same', async () => {
  const { drain, after, server } = await draining(uncounted);
  expect(after(LINGER_MS)).toBe(0);
  expect(after(4_000)).toBe(0);
  expect(after(LINGER_MS + 5_000)).toBe(1);
  expect(drain.refused).toEqual({ 'tls-count': 1 });
  expect(server.writableEnded).toBe(true);
});

test('one on which something has come since has its time again', async () => {
  const layer = { ...uncounted, bytesRead: 7 };
  const { after } = await draining(layer);
  expect(after(LINGER_MS)).toBe(0);
  layer.bytesRead = 8;
  expect(after(4_000)).toBe(0);
  expect(after(8_999)).toBe(0);
  expect(after(9_000)).toBe(1);
});
