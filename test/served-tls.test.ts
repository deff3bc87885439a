/** TLS for any app: what the app sees, certificates by name, sessions in all workers, and every end of a connection. */
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WebSocket } from 'ws';
import { authority } from './support/certificates.ts';
import { fixture, startServer, type TestServer } from './support/server.ts';
import { askTls, certificateShown, type Target, TlsClient } from './support/tls-client.ts';

const directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-tls-'));
const ca = authority();
const client = ca.issue({ names: ['alice'], client: true });
const stranger = authority('Strangers').issue({ names: ['mallory'], client: true });
const caFile = path.join(directory, 'ca.pem');
const accessLog = path.join(directory, 'access.log');
const unixSocket = path.join(directory, 'tls.sock');

let server: TestServer;
let plainPort: number;
beforeAll(async () => {
  fs.writeFileSync(caFile, ca.cert);
  server = await startServer(fixture('tells-its-tls.mjs'), {
    workers: 2,
    args: [
      ...ca.issue({ names: ['localhost'] }).write(directory, 'first'),
      ...ca.issue({ names: ['*.example.com', 'example.org'] }).write(directory, 'second'),
      ...['--ca-certs', caFile, '--cert-reqs', 'optional', '--access-log', accessLog],
      ...['--bind', 'http://127.0.0.1:0', '--bind', `https://unix:${unixSocket}`],
      ...['--access-log-format', 'json', '--idle-linger', '200ms', '--no-tls-handoff'],
      ...['--grace', '8s', '--websocket-spread', '4s', '--loop-delay-warning', '0'],
    ],
  });
  plainPort = server.of('listening').map(({ port }) => port as number)[1] as number;
});
afterAll(async () => {
  await server.end();
  fs.rmSync(directory, { recursive: true });
});

const target = (options: Target = {}): Target => ({ port: server.port, ...options });

test('the app sees a TLS connection: Express says https, and a plain address stays plain', async () => {
  expect(
    await askTls(target({ servername: 'localhost', ca: ca.cert, rejectUnauthorized: true })),
  ).toMatchObject({
    secure: true,
    protocol: 'https',
    encrypted: true,
    asked: 'localhost',
    version: 'TLSv1.3',
    address: '127.0.0.1',
  });
  expect(await askTls(target({ maxVersion: 'TLSv1.2' }))).toMatchObject({ version: 'TLSv1.2', asked: false });
  expect(await askTls({ path: unixSocket })).toMatchObject({ secure: true, version: 'TLSv1.3' });
  const plain = await (await fetch(`http://127.0.0.1:${plainPort}/`)).json();
  expect(plain).toMatchObject({ secure: false, protocol: 'http', encrypted: false });
});

test.each([
  ['localhost', 'localhost'],
  ['example.org', '*.example.com'],
  ['a.example.com', '*.example.com'],
  ['A.ExAmPlE.CoM', '*.example.com'],
  ['a.b.example.com', 'localhost'],
  ['example.com', 'localhost'],
  ['nobody.test', 'localhost'],
  ['', 'localhost'],
])('a client that asks for "%s" is shown the certificate of %s', async (servername, shown) => {
  expect(await certificateShown(target({ servername, ALPNProtocols: ['http/1.1'] }))).toBe(shown);
});

test('the app sees who the client is, and whether its certificate is one of the authorities', async () => {
  const { cert, key } = client;
  expect(await askTls(target({ cert, key }))).toMatchObject({ authorized: true, client: 'alice' });
  const other = { cert: stranger.cert, key: stranger.key };
  expect(await askTls(target(other))).toMatchObject({ authorized: false, client: 'mallory' });
  const nobody = await askTls(target());
  expect([nobody.authorized, nobody.client]).toEqual([false, undefined]);
});

test('handshakes that fail cost nothing but their connection', async () => {
  const from = server.lines.length;
  const garbage = net.connect(server.port, '127.0.0.1');
  garbage.on('error', () => {});
  garbage.write('GET / HTTP/1.1\r\n\r\n');
  await once(garbage, 'close');
  const aborted = net.connect(server.port, '127.0.0.1');
  await once(aborted, 'connect');
  aborted.write(Buffer.from('16030100', 'hex'));
  aborted.resetAndDestroy();
  const tooOld = TlsClient.connect(
    target({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL@SECLEVEL=0' }),
  );
  await expect(tooOld).rejects.toThrow(/alert|version|protocol/i);
  const noProtocol = TlsClient.connect(target({ ALPNProtocols: ['h2'] }));
  await expect(noProtocol).rejects.toThrow(/no application protocol|alert/i);
  expect(await askTls(target())).toMatchObject({ encrypted: true });
  expect(server.lines.slice(from)).toEqual([]);
});

test('an exception that nobody catches costs one request over TLS', async () => {
  const from = server.lines.length;
  // Both are of the worker that crashes.
  const ofOne = async (pid: unknown): Promise<TlsClient> => {
    const one = await TlsClient.connect(target());
    if ((await one.json()).pid === pid) return one;
    one.destroy();
    return ofOne(pid);
  };
  const first = await TlsClient.connect(target());
  const { pid } = await first.json();
  const second = await ofOne(pid);
  const slow = second.ask('/slow');
  expect((await first.ask('/crash')).head).toMatch(/^HTTP\/1\.1 500 /);
  expect((await slow).body).toBe('slow');
  await server.event('crashed', { from });
  await server.until('a replacement', () => server.readyPids.length === 2);
});

test('at a reload: sessions resume, a request is answered, a silent connection ends, WebSockets are closed', async () => {
  // A ticket of each version, from one worker.
  const versions = ['TLSv1.2', 'TLSv1.3'] as const;
  const tickets = await Promise.all(
    versions.map(async (maxVersion) => {
      const one = await TlsClient.connect(target({ maxVersion, servername: 'a.example.com' }));
      await one.ask();
      const session = await one.ticket();
      one.destroy();
      return { maxVersion, session, servername: 'a.example.com' };
    }),
  );
  const resume = (count: number) =>
    Promise.all(Array.from({ length: count }, (_, at) => askTls(target(tickets[at % tickets.length]))));
  const pids = new Set<unknown>();
  // One at a time, all might come to the same worker.
  for (let round = 0; round < 20 && pids.size < 2; round++) {
    for (const { pid, isReused } of await resume(20)) {
      expect(isReused).toBe(true);
      pids.add(pid);
    }
  }
  expect(pids.size).toBe(2);
  const silent = net.connect(server.port, '127.0.0.1');
  await once(silent, 'connect');
  const idle = await TlsClient.connect(target());
  const logged = await idle.ask('/logged');
  const busy = await TlsClient.connect(target());
  await busy.ask();
  const ws = new WebSocket(`wss://127.0.0.1:${server.port}`, { rejectUnauthorized: false });
  await once(ws, 'message');

  const from = server.lines.length;
  const late = busy.ask('/until-drain');
  const ends = Promise.all([once(silent, 'close'), once(ws, 'close'), idle.until(() => idle.closed)]);
  const reloaded = server.reload();
  expect(await late).toMatchObject({ body: 'drains', head: expect.stringMatching(/^connection: close/im) });
  const [, [code]] = await ends;
  expect(code).toBe(1012);
  expect(await reloaded).toMatchObject({ outcome: 'committed' });
  expect(server.of('drained', from).map(({ forceClosed }) => forceClosed)).toEqual([0, 0]);
  for (const { isReused } of await resume(20)) expect(isReused).toBe(true);
  // Written before its worker has ended.
  const line = fs
    .readFileSync(accessLog, 'utf8')
    .split('\n')
    .find((text) => text.includes('/logged'));
  expect(JSON.parse(line ?? '{}')).toMatchObject({
    client: '127.0.0.1',
    status: 200,
    bytes: logged.body.length,
  });
});

test('a certificate is required of each client, TLS 1.3 alone is spoken; an app that serves HTTPS by itself is served all the same', async () => {
  const strict = await startServer(fixture('serves-https.mjs'), {
    args: [
      ...ca.issue({ names: ['localhost'] }).write(directory, 'strict'),
      ...[
        '--ca-certs',
        caFile,
        '--cert-reqs',
        'required',
        '--tls-min-version',
        '1.3',
        '--headers-timeout',
        '4s',
      ],
      ...['--tls-ciphers', 'TLS_AES_128_GCM_SHA256'],
    ],
  });
  try {
    const { port } = strict;
    expect(await strict.event('app-tls')).toMatchObject({ level: 30 });
    const { cert, key } = client;
    const silent = net.connect(port, '127.0.0.1');
    const ended = once(
      silent.on('error', () => {}),
      'close',
    );
    const known = await TlsClient.connect({
      port,
      cert,
      key,
      ca: ca.cert,
      rejectUnauthorized: true,
      servername: 'localhost',
    });
    expect((await known.ask()).body).toBe('done\n');
    expect(known.socket.getCipher().standardName).toBe('TLS_AES_128_GCM_SHA256');
    known.destroy();
    for (const refused of [{}, { cert: stranger.cert, key: stranger.key }]) {
      const one = await TlsClient.connect({ port, ...refused });
      await expect(one.ask()).rejects.toThrow('closed after: ""');
    }
    await expect(TlsClient.connect({ port, cert, key, maxVersion: 'TLSv1.2' })).rejects.toThrow(
      /alert|version/i,
    );
    // It has not shaken hands in time.
    await ended;
  } finally {
    await strict.end();
  }
});
