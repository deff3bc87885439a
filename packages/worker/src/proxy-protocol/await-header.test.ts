import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import tls from 'node:tls';
import { awaitHeader } from './await-header.ts';
import { endpointsOf, setEndpoints } from './endpoints.ts';
import type { Header } from './reading.ts';

const LINE = 'PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n';
const ENDPOINTS = {
  remoteAddress: '192.0.2.7',
  remotePort: 56324,
  localAddress: '198.51.100.1',
  localPort: 443,
};
const BINARY = Buffer.from('0d0a0d0a000d0a515549540a2111000cc0000207c6336401dc0401bb', 'hex');
const PEM = fs.readFileSync('test/fixtures/localhost.pem', 'utf8');

const servers: net.Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server that reads a header from each connection, and then does this. */
async function proxied(
  next: (socket: net.Socket, header: Header) => void,
  failed = (_reason?: string) => {},
) {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    awaitHeader(socket, 'auto', {
      failed,
      came(header) {
        if (header.endpoints) setEndpoints(socket, header.endpoints);
        next(socket, header);
      },
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as net.AddressInfo).port;
}

const app = () =>
  http.createServer(async (request, response) => {
    const { remoteAddress, remotePort, localAddress, localPort, remoteFamily } = request.socket;
    const body = await text(request);
    response.end(JSON.stringify({ remoteAddress, remotePort, localAddress, localPort, remoteFamily, body }));
  });

const post = (body: string, connection: string) =>
  `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\nConnection: ${connection}\r\n\r\n${body}`;

/** The bytes in two packets, as far as loopback without Nagle's algorithm keeps them apart. */
async function inTwo(port: number, bytes: Buffer, cut: number): Promise<string> {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
  if (cut > 0) {
    await new Promise((sent) => socket.write(bytes.subarray(0, cut), sent));
    await new Promise(setImmediate);
  }
  socket.write(bytes.subarray(cut));
  return text(socket);
}

const bodies = (answer: string) => (answer.match(/\{[^}]*\}/g) ?? []).map((body) => JSON.parse(body));

test.each([
  ['version 1', Buffer.from(LINE)],
  ['version 2', BINARY],
])(
  '%s, cut at every byte: two requests behind it, in the same packet or not, arrive whole',
  async (_name, header) => {
    const server = app();
    const port = await proxied((socket) => server.emit('connection', socket));
    const sent = Buffer.concat([header, Buffer.from(post('one', 'keep-alive') + post('two', 'close'))]);
    const cuts = Array.from({ length: header.length + 30 }, (_, cut) => cut);
    const answers = await Promise.all(cuts.map((cut) => inTwo(port, sent, cut)));
    for (const answer of answers) {
      expect(bodies(answer)).toEqual([
        { ...ENDPOINTS, remoteFamily: 'IPv4', body: 'one' },
        { ...ENDPOINTS, remoteFamily: 'IPv4', body: 'two' },
      ]);
    }
  },
);

test('each byte in a packet of its own: the header is read', async () => {
  const server = app();
  const port = await proxied((socket) => server.emit('connection', socket));
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
  for (const byte of Buffer.concat([BINARY, Buffer.from(post('one', 'close'))])) {
    await new Promise((sent) => socket.write(Buffer.from([byte]), sent));
    await new Promise(setImmediate);
  }
  expect(bodies(await text(socket))).toEqual([{ ...ENDPOINTS, remoteFamily: 'IPv4', body: 'one' }]);
});

test('a body of a megabyte behind the header arrives whole, by the native way from the handle to the parser', async () => {
  const server = app();
  let consumed: unknown;
  const port = await proxied((socket) => {
    server.emit('connection', socket);
    consumed = (socket as { _handle?: { _consumed?: boolean } })._handle?._consumed;
  });
  const body = 'x'.repeat(1 << 20);
  const socket = net.connect(port, '127.0.0.1');
  socket.write(LINE + post(body, 'close'));
  expect(bodies(await text(socket))[0]?.body).toHaveLength(1 << 20);
  expect(consumed).toBe(true);
});

test('a ClientHello in the same packet: TLS goes on, and its socket can be told the addresses', async () => {
  const server = tls.createServer({ key: PEM, cert: PEM }, (secure) => {
    setEndpoints(secure, ENDPOINTS);
    const { remoteAddress, remotePort, localAddress, localPort, remoteFamily } = secure;
    secure.end(JSON.stringify({ remoteAddress, remotePort, localAddress, localPort, remoteFamily }));
  });
  const port = await proxied((socket) => server.emit('connection', socket));
  for (const cut of [0, 5, LINE.length, LINE.length + 3]) {
    const raw = net.connect({ port, host: '127.0.0.1', noDelay: true });
    await once(raw, 'connect');
    // Puts the header before what TLS sends first.
    const { write } = raw;
    let pending: string | undefined = LINE;
    raw.write(LINE.slice(0, cut));
    pending = LINE.slice(cut);
    const first = (chunk: Buffer) => Buffer.concat([Buffer.from(pending ?? ''), chunk]);
    const { Duplex } = await import('node:stream');
    const through = new Duplex({
      read() {},
      write(chunk, _encoding, done) {
        const bytes = pending === undefined ? chunk : first(chunk);
        pending = undefined;
        write.call(raw, bytes, done as never);
      },
    });
    raw.on('data', (chunk) => through.push(chunk)).on('end', () => through.push(null));
    const client = tls.connect({ socket: through, rejectUnauthorized: false });
    expect(JSON.parse(await text(client))).toEqual({ ...ENDPOINTS, remoteFamily: 'IPv4' });
    raw.destroy();
  }
});

test('the addresses stay when the connection has ended, and a client of a unix socket has none', async () => {
  const ended = new Promise<net.Socket>((resolve) => {
    void proxied((socket, { endpoints }) => {
      expect(endpointsOf(socket)).toBe(endpoints);
      socket.once('close', () => resolve(socket)).end();
    }).then((port) => net.connect(port, '127.0.0.1').end(LINE).resume());
  });
  expect((await ended).remoteAddress).toBe('192.0.2.7');

  const unix = new net.Socket();
  setEndpoints(unix, {});
  expect([unix.remoteAddress, unix.remotePort, unix.remoteFamily]).toEqual([undefined, undefined, undefined]);
});

test('a socket whose getters do not know what Node keeps is told all the same', () => {
  class Other extends net.Socket {
    override get remoteAddress() {
      return '127.0.0.1';
    }
  }
  const socket = new Other();
  setEndpoints(socket, ENDPOINTS);
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  expect({ remoteAddress, remotePort, localAddress, localPort }).toEqual(ENDPOINTS);
});

test.each([
  ['a request without a header', 'GET / HTTP/1.1\r\n', 'does not begin'],
  ['an end in the middle of a header', LINE.slice(0, 20), 'ended in the middle'],
  ['an end before a byte', '', undefined],
])('%s closes the connection', async (_name, sent, reason) => {
  const failures: (string | undefined)[] = [];
  const port = await proxied(
    () => failures.push('served'),
    (why) => void failures.push(why),
  );
  const socket = net
    .connect(port, '127.0.0.1')
    .end(sent)
    .resume()
    .on('error', () => {});
  await new Promise((closed) => socket.once('close', closed));
  expect(failures).toEqual([reason && expect.stringContaining(reason)]);
});

test('a header that does not come is waited for until the deadline', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  const failures: (string | undefined)[] = [];
  const socket = new net.Socket();
  awaitHeader(socket, 'auto', { came: () => {}, failed: (why) => void failures.push(why) });
  jest.advanceTimersByTime(4_999);
  expect(failures).toEqual([]);
  jest.advanceTimersByTime(1);
  jest.useRealTimers();
  expect([failures, socket.destroyed]).toEqual([[expect.stringContaining('within 5 s')], true]);
});
