/** A connection that has come from another worker, with a real TCP connection; the client is made of the same records. */
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';
import { layerOf } from '../transport/layer.ts';
import type { TlsCarry } from './carry.ts';
import { ContinuedTls } from './continued-tls.ts';
import { RecordLayer } from './record-layer.ts';
import { HANDSHAKE, RecordKey, suiteOf } from './records.ts';

const SUITE = 'TLS_AES_128_GCM_SHA256';
const secret = (fill: number) => Buffer.alloc(32, fill).toString('base64');
const CARRIED: TlsCarry = {
  suite: SUITE,
  cipher: SUITE,
  alpn: 'http/1.1',
  servername: 'localhost',
  isResumed: false,
  authorized: false,
  read: { secret: secret(1), sequence: 3 },
  write: { secret: secret(2), sequence: 5 },
};

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

async function pair() {
  const acceptor = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, '127.0.0.1');
  const accepted = once(acceptor, 'connection');
  await once(acceptor, 'listening');
  const raw = net.connect((acceptor.address() as AddressInfo).port, '127.0.0.1');
  const [inside] = (await accepted) as [Socket];
  acceptor.close();
  const socket = new ContinuedTls(inside, CARRIED);
  socket.on('error', () => {});
  ends.push(
    () => raw.destroy(),
    () => void socket.destroy(),
  );
  let text = '';
  const came = { failed: '', ended: false };
  const client = new RecordLayer(
    { suite: SUITE, read: CARRIED.write, write: CARRIED.read },
    {
      data: (content) => {
        text += content.toString('latin1');
      },
      end: () => {
        came.ended = true;
      },
      failed: (error) => {
        came.failed = error.message;
      },
      send: (bytes) => void raw.write(bytes),
    },
  );
  raw.on('data', (bytes) => client.feed(bytes));
  raw.on('error', () => {});
  const send = (content: string) => void raw.write(client.seal([Buffer.from(content)]));
  return { socket, raw, client, send, came, text: () => text };
}

async function until(what: () => boolean): Promise<void> {
  const end = performance.now() + 60_000;
  while (!what()) {
    if (performance.now() > end) throw new Error(`not yet: ${what}`);
    await new Promise(setImmediate);
  }
}

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

test('an HTTP server serves it, over records that are cut anywhere', async () => {
  const { socket, raw, client, text } = await pair();
  const server = http.createServer((request, response) =>
    response.end(`${request.url} ${'x'.repeat(40_000)}`),
  );
  server.emit('connection', socket);
  for (const byte of client.seal([Buffer.from(GET)])) {
    raw.write(Buffer.from([byte]));
    await new Promise(setImmediate);
  }
  await until(() => text().endsWith('x'.repeat(40_000)));
  expect(text()).toContain('200 OK');
  await until(() => layerOf(socket as unknown as Socket)?.isFlushed() === true);
  expect(socket.bytesRead).toBe(GET.length);
  expect(socket.bytesWritten).toBe(text().length);
});

test('it has the numbers that the next worker needs', async () => {
  const { socket, send, text } = await pair();
  socket.resume();
  send('one');
  await until(() => socket.bytesRead === 3);
  socket.write('x'.repeat(20_000));
  await until(() => text().length === 20_000);
  expect(layerOf(socket as unknown as Socket)?.carry()).toEqual({
    ...CARRIED,
    read: { secret: secret(1), sequence: 4 },
    write: { secret: secret(2), sequence: 7 },
  });
});

test('a KeyUpdate of the client changes its key, and is answered where it asks for that', async () => {
  const { socket, raw, text, client } = await pair();
  const heard: string[] = [];
  socket.on('data', (chunk) => heard.push(String(chunk)));
  // The client's own key, so that it can be updated.
  const suite = suiteOf(SUITE) as NonNullable<ReturnType<typeof suiteOf>>;
  const key = new RecordKey(suite, Buffer.from(CARRIED.read.secret, 'base64'), CARRIED.read.sequence);
  const write = (type: number, data: Buffer) => void raw.write(Buffer.concat(key.seal(type, data)));
  for (const isAsked of [0, 1]) {
    write(HANDSHAKE, Buffer.from([24, 0, 0, 1, isAsked]));
    key.update();
    write(23, Buffer.from(`after ${isAsked}`));
  }
  await until(() => heard.length === 2);
  expect(heard).toEqual(['after 0', 'after 1']);
  socket.write('answer');
  await until(() => text() === 'answer');
  expect(client.directions().read.sequence).toBe(1);
});

test('a close_notify ends it in order, in both directions', async () => {
  const { socket, raw, client, came } = await pair();
  socket.resume();
  const ended = once(socket, 'end');
  raw.write(client.closeNotify());
  await ended;
  await until(() => came.ended);
  await once(raw, 'end');
});

test('a record that is not the next one breaks it, and the client is told', async () => {
  const { socket, raw, client, came } = await pair();
  socket.resume();
  client.seal([Buffer.from('lost')]);
  const failed = once(socket, 'error');
  raw.write(client.seal([Buffer.from('next')]));
  const [error] = await failed;
  expect(String(error)).toContain('a record cannot be decrypted');
  await until(() => came.failed !== '');
  expect(came.failed).toBe('TLS: the client has sent the alert 20');
});

test('a listener that throws costs nothing of what came behind', async () => {
  const { socket, raw, client } = await pair();
  const heard: string[] = [];
  socket.on('data', (chunk) => {
    heard.push(String(chunk));
    if (heard.length === 1) throw new Error('the app throws');
  });
  const thrown = new Promise((resolve) => process.setUncaughtExceptionCaptureCallback(resolve));
  ends.push(() => process.setUncaughtExceptionCaptureCallback(null));
  raw.write(Buffer.concat([client.seal([Buffer.from('one')]), client.seal([Buffer.from('two')])]));
  await thrown;
  await until(() => heard.length === 2);
  expect(heard).toEqual(['one', 'two']);
});

test('what nobody reads stays with the client', async () => {
  const { socket, raw, client } = await pair();
  let written = 0;
  while (raw.writableLength < 1_000_000 && written < 50_000_000) {
    raw.write(client.seal([Buffer.alloc(16_384)]));
    written += 16_384;
    await new Promise(setImmediate);
  }
  expect(socket.readableLength).toBeLessThan(1_000_000);
  socket.resume();
  await until(() => socket.bytesRead === written);
});
