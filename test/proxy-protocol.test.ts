/** The PROXY protocol: whoever is trusted tells the client's address, nobody else does, and a reload costs nothing. */

import { once } from 'node:events';
import fs from 'node:fs';
import http2 from 'node:http2';
import net from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import tls from 'node:tls';
import { directory, ownDirectory } from './support/directory.ts';
import { brief, thorough, times } from './support/long.ts';
import { Random } from './support/random.ts';
import { RawClient } from './support/raw.ts';
import { fixture, startServer, type TestServer } from './support/server.ts';

ownDirectory();

const V1 = 'PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n';
const V2 = Buffer.from('0d0a0d0a000d0a515549540a2111000cc0000207c6336401dc0401bb', 'hex');
const LOCAL = Buffer.from('0d0a0d0a000d0a515549540a20000000', 'hex');
const TOLD = {
  remoteAddress: '192.0.2.7',
  remotePort: 56324,
  remoteFamily: 'IPv4',
  localAddress: '198.51.100.1',
  localPort: 443,
};
const GET =
  'GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.9\r\nForwarded: for=203.0.113.9\r\nConnection: close\r\n\r\n';

/** What a server has answered to these bytes on one connection from this address. */
async function answerTo(
  port: number,
  bytes: string | Buffer,
  localAddress = '127.0.0.1',
  isWhole = true,
): Promise<string> {
  const socket = net.connect({ port, host: '127.0.0.1', localAddress });
  socket.on('error', () => {});
  if (isWhole) socket.write(bytes);
  // Its end lets nothing wait for the rest of a header.
  else socket.end(bytes);
  return text(socket).catch(() => '');
}

const bodyOf = (answer: string) => JSON.parse(/\{.*\}/.exec(answer)?.[0] ?? 'null');
const both = (header: string | Buffer) => Buffer.concat([Buffer.from(header), Buffer.from(GET)]);

brief(
  'a header of a trusted proxy tells the address, in the app and in the access log; any other opens nothing',
  async () => {
    const log = path.join(directory, 'access.log');
    const server = await startServer(fixture('tells-its-client.mjs'), {
      args: [
        '--proxy-protocol',
        'auto',
        '--trusted-proxies',
        '127.0.0.1',
        '--access-log',
        log,
        '--access-log-format',
        '%(h)s',
      ],
    });
    const { port } = server;
    for (const header of [V1, V2])
      expect(bodyOf(await answerTo(port, both(header)))).toMatchObject({ ...TOLD, forwarded: [] });
    for (const header of [LOCAL, 'PROXY UNKNOWN\r\n']) {
      // The proxy itself, whose headers are believed.
      const own = {
        remoteAddress: '127.0.0.1',
        localPort: port,
        forwarded: ['x-forwarded-for', 'forwarded'],
      };
      expect(bodyOf(await answerTo(port, both(header)))).toMatchObject(own);
    }
    for (const header of ['', 'PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n', 'PROXY TCP6 192.0.2.7 ::1 1 2\r\n']) {
      expect(await answerTo(port, both(header))).toBe('');
    }
    const warned = await server.until('a warning', () =>
      server.lines.find(({ msg }) => msg.includes('PROXY header')),
    );
    expect(warned.msg).toContain('closed a connection of the trusted proxy 127.0.0.1');

    // A stranger is served as it comes, and what looks like a header is a bad request.
    expect(bodyOf(await answerTo(port, GET, '127.0.0.2'))).toMatchObject({
      remoteAddress: '127.0.0.2',
      forwarded: [],
    });
    for (const header of [V1, V2, LOCAL]) {
      expect(await answerTo(port, both(header), '127.0.0.2')).toMatch(/^HTTP\/1\.1 400 /);
    }
    await server.stop();
    const clients = fs.readFileSync(log, 'utf8').trim().split('\n').sort();
    expect(new Set(clients)).toEqual(new Set(['127.0.0.2', '192.0.2.7', '203.0.113.9']));
  },
);

const lineOf = (n: number) => `PROXY TCP4 192.0.2.${n} 198.51.100.1 ${n} 443\r\n`;

test('connections move with their addresses, and those without a header move before it', async () => {
  const server = await startServer(fixture('tells-its-client.mjs'), {
    args: ['--proxy-protocol', 'v1', '--trusted-proxies', '127.0.0.1'],
  });
  const clients = await Promise.all(Array.from({ length: 9 }, () => RawClient.open(server)));
  // A third has asked, a third has sent its header, and a third nothing.
  clients.forEach((client, n) => {
    if (n % 3 > 0) client.send(lineOf(n));
    if (n % 3 === 1) client.get('/1');
  });
  await Promise.all(clients.filter((_, n) => n % 3 === 1).map((client) => client.until(/"url":"\/1"/)));
  for (let round = 0; round < times('PROXY_RELOADS', 1, 3); round++)
    expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  const pid = server.pidOf(0);
  clients.forEach((client, n) => {
    if (n % 3 === 0) client.send(lineOf(n));
    client.get('/2');
  });
  for (const [n, client] of clients.entries()) {
    const [, body = ''] = await client.until(/(\{"url":"\/2".*\})\n/);
    expect(JSON.parse(body)).toMatchObject({
      pid,
      remoteAddress: `192.0.2.${n}`,
      remotePort: n,
      localPort: 443,
    });
    client.destroy();
  }
});

const pem = fixture('localhost.pem');
const trusting = ['--proxy-protocol', 'auto', '--trusted-proxies', '127.0.0.1'];
const served = ['--certfile', pem, '--keyfile', pem];

/** A TLS connection behind a header. */
async function tlsBehind(
  port: number,
  header: string | Buffer,
  ALPNProtocols = ['http/1.1'],
): Promise<tls.TLSSocket> {
  const raw = net.connect(port, '127.0.0.1');
  raw.write(header);
  const socket = tls.connect({ socket: raw, ALPNProtocols, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  return socket;
}

/** The next answer on a connection that stays open. */
async function askOn(socket: tls.TLSSocket): Promise<Record<string, unknown>> {
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  for (let got = ''; ; ) {
    const [chunk] = await once(socket, 'data');
    got += chunk;
    if (got.includes('}\n')) return bodyOf(got);
  }
}

brief('before TLS and HTTP/2 too, and a TLS connection that moves keeps the address', async () => {
  const server = await startServer(fixture('tells-its-client.mjs'), {
    args: [...trusting, ...served, '--http2'],
  });
  const { port } = server;
  const socket = await tlsBehind(port, V2);
  const told = { ...TOLD, encrypted: true, forwarded: [] };
  expect(await askOn(socket)).toMatchObject(told);

  const connection = await tlsBehind(port, V1, ['h2']);
  const session = http2.connect('https://localhost', { createConnection: () => connection });
  const stream = session.request({ ':path': '/', 'x-forwarded-for': '203.0.113.9' });
  expect(bodyOf(await text(stream))).toMatchObject(told);
  session.close();

  // Nothing but the header has come, or not even that.
  const silent = net.connect(port, '127.0.0.1');
  await once(silent, 'connect');
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  expect(await askOn(socket)).toMatchObject({ ...told, pid: server.pidOf(0) });
  silent.write(V1);
  const late = tls.connect({ socket: silent, rejectUnauthorized: false });
  await once(late, 'secureConnect');
  expect(await askOn(late)).toMatchObject({ ...told, pid: server.pidOf(0) });
  late.destroy();
  socket.destroy();
});

brief('an https server of the app has the address of its client', async () => {
  const server = await startServer(fixture('tells-its-client.mjs'), {
    args: trusting,
    env: { OWN_TLS: '1' },
  });
  const socket = await tlsBehind(server.port, V1);
  expect(await askOn(socket)).toMatchObject({ ...TOLD, encrypted: true });
  socket.destroy();
});

/** Connections with addresses of their own, idle between two requests. */
async function told(server: TestServer, count: number): Promise<RawClient[]> {
  const clients = await Promise.all(Array.from({ length: count }, () => RawClient.open(server)));
  for (const [n, client] of clients.entries()) client.send(lineOf(n)).get('/1');
  await Promise.all(clients.map((client) => client.until(/"url":"\/1".*\n/)));
  return clients;
}

async function keepTheirs(clients: readonly RawClient[], isWorker: (pid: number) => boolean): Promise<void> {
  for (const [n, client] of clients.entries()) {
    const [, body = ''] = await client.get('/2').until(/(\{"url":"\/2".*\})\n/);
    const { remoteAddress, pid } = JSON.parse(body);
    expect([remoteAddress, isWorker(pid)]).toEqual([`192.0.2.${n}`, true]);
    client.destroy();
  }
}

thorough('the addresses go on over a re-exec', async () => {
  const server = await startServer(fixture('tells-its-client.mjs'), { workers: 2, args: trusting });
  const old = [server.pidOf(0), server.pidOf(1)];
  const clients = await told(server, 20);
  expect(await server.reExec()).toMatchObject({ outcome: 'committed' });
  await server.event('drained', { count: 2 });
  await keepTheirs(clients, (pid) => !old.includes(pid));
});

thorough('the addresses go on out of a worker that hangs', async () => {
  const args = [...trusting, '--timeout', '2s'];
  const server = await startServer(fixture('tells-its-client.mjs'), { workers: 2, args });
  const clients = await told(server, 20);
  const spinning = net.connect({ port: server.port, host: '127.0.0.1', localAddress: '127.0.0.2' });
  spinning.on('error', () => {}).write('GET /spins HTTP/1.1\r\nHost: a\r\n\r\n');
  const { pid: hung } = await server.event('hung');
  await server.event('ready', { count: 3 });
  // It has ended: until then it finishes what it has, and could answer.
  await server.event('contained');
  await keepTheirs(clients, (pid) => pid !== hung);
  spinning.destroy();
});

/** A header with some bytes changed, removed or added, or none at all. */
function spoilt(random: Random): Buffer {
  const header = Buffer.from(random.of([Buffer.from(V1), V2, LOCAL]));
  for (let n = random.below(4); n > 0; n--) header[random.below(header.length)] = random.below(256);
  return random.chance(0.2) ? header.subarray(random.below(header.length)) : header;
}

thorough(
  'headers that are wrong at random: a stranger never has another address, and the server serves on',
  async () => {
    const seed = Number(process.env.PROXY_SEED ?? Date.now() % 1e9);
    process.stdout.write(`PROXY_SEED=${seed}\n`);
    const random = new Random(seed);
    const server = await startServer(fixture('tells-its-client.mjs'), { args: trusting });
    const all = Array.from({ length: times('PROXY_CONNECTIONS', 100, 2_000) }, () => both(spoilt(random)));
    for (let at = 0; at < all.length; at += 50) {
      const some = all.slice(at, at + 50);
      const answers = await Promise.all(
        some.map((bytes) => answerTo(server.port, bytes, '127.0.0.2', false)),
      );
      for (const answer of answers.filter((one) => one.startsWith('HTTP/1.1 200'))) {
        expect(bodyOf(answer).remoteAddress).toBe('127.0.0.2');
      }
      await Promise.all(some.map((bytes) => answerTo(server.port, bytes, '127.0.0.1', false)));
    }
    expect(bodyOf(await answerTo(server.port, both(V1)))).toMatchObject(TOLD);
    expect(server.of('exited')).toEqual([]);
  },
);
