/** What a TLS connection is to the app after a move, what does not move, and that nobody learns its secrets. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import tls, { type ConnectionOptions, type TLSSocket } from 'node:tls';
import { EventStream } from './support/event-stream.ts';
import { eventually } from './support/eventually.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';
import { PEM, TLS_ARGS } from './support/tls-target.ts';
import { WebSocketClient } from './support/websocket-client.ts';

const leaving: (() => void)[] = [];
afterEach(async () => {
  for (const leave of leaving.splice(0)) leave();
  await endServers();
});

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

/** A client, and its secrets as Node tells them to it. */
async function connect({ port }: TestServer, options: ConnectionOptions = {}) {
  const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  leaving.push(() => socket.destroy());
  const secrets: string[] = [];
  socket.on('keylog', (line) => secrets.push(String(line).trim().split(' ')[2] as string));
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  return { socket, secrets };
}

/** The body of the answer, which is short. */
async function ask(socket: TLSSocket): Promise<string> {
  socket.write(GET);
  const [answer] = await once(socket, 'data');
  return String(answer).split('\r\n\r\n')[1] as string;
}

async function drained(server: TestServer) {
  const from = server.lines.length;
  await server.reload();
  return server.event('drained', { from });
}

test('to the app it is the same as before the move, its client certificate too; and its secrets are nowhere', async () => {
  const args = [...TLS_ARGS, '--cert-reqs', 'optional', '--ca-certs', PEM];
  const server = await startServer(fixture('tells-tls.mjs'), { args });
  const pem = readFileSync(PEM);
  const kinds = [
    await connect(server, { servername: 'localhost', ALPNProtocols: ['http/1.1'] }),
    await connect(server, { key: pem, cert: pem, ciphers: 'TLS_CHACHA20_POLY1305_SHA256' }),
  ];
  const before = await Promise.all(kinds.map(({ socket }) => ask(socket)));
  // The first request may have come with the handshake, whose length nobody knows then.
  await Promise.all(kinds.map(({ socket }) => ask(socket)));
  expect(JSON.parse(before[1] as string)).toMatchObject({ encrypted: true, subject: expect.anything() });
  for (let move = 0; move < 2; move++) {
    expect(await drained(server)).toMatchObject({ moved: 2, closed: 0, forceClosed: 0, refused: {} });
    expect(await Promise.all(kinds.map(({ socket }) => ask(socket)))).toEqual(before);
  }
  const told = `${server.story}\n${JSON.stringify(server.lines)}`;
  const secrets = kinds.flatMap((kind) => kind.secrets);
  expect(secrets.length).toBeGreaterThanOrEqual(8);
  for (const secret of secrets) {
    for (const form of [secret, Buffer.from(secret, 'hex').toString('base64')])
      expect(told).not.toContain(form);
  }
});

test('TLS 1.2 stays, as do records that the client wants small: closed in order, and named', async () => {
  const args = [...TLS_ARGS, '--idle-linger', '100ms'];
  const server = await startServer(fixture('says-hello.mjs'), { args });
  const { socket } = await connect(server, { maxVersion: 'TLSv1.2' });
  await ask(socket);
  const closed = once(socket, 'close');
  socket.resume();
  const end = await drained(server);
  await closed;
  expect(end).toMatchObject({ moved: 0, closed: 1, forceClosed: 0, refused: { 'tls-1.2': 1 } });
});

test('WebSockets and event streams move', async () => {
  const sockets = await startServer(fixture('survives-websockets.mjs'), { args: TLS_ARGS });
  const client = await WebSocketClient.connect(sockets.port, { scheme: 'wss', rejectUnauthorized: false });
  leaving.push(() => client.leave());
  const streams = await startServer(fixture('survives-streams.mjs'), { args: TLS_ARGS });
  const agent = new https.Agent({ rejectUnauthorized: false });
  const events = await EventStream.open(streams.port, '/events', agent);
  leaving.push(() => events.leave());
  await client.ask();
  for (let move = 1; move <= 2; move++) {
    expect(await drained(sockets)).toMatchObject({ moved: 1, closed: 0, forceClosed: 0 });
    await client.ask();
    expect(client.last).toMatchObject({ moves: move, pid: sockets.readyPids[0] });
    expect(await drained(streams)).toMatchObject({ moved: 1, closed: 0, forceClosed: 0 });
    await eventually(
      'events of the new worker',
      () => events.pid,
      (pid) => pid === streams.readyPids[0],
    );
  }
  expect(client.failures).toEqual([]);
  expect(events.failures).toEqual([]);
});

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** A client that takes orders: `k` changes its own key, `K` asks for ours as well. */
function openssl({ port }: TestServer, version: string) {
  const client = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, version]);
  leaving.push(() => client.kill());
  let text = '';
  for (const stream of [client.stdout, client.stderr]) {
    stream.on('data', (chunk) => {
      text += chunk;
    });
  }
  const told = (what: RegExp, count = 1) =>
    eventually(
      String(what),
      () => text.match(what)?.length ?? 0,
      (now) => now >= count,
    );
  return { client, told, text: () => text };
}

(hasOpenssl ? test : test.skip)(
  'clients that change their keys before the first move do not hold up a reload; all that are closed are told so',
  async () => {
    const args = [...TLS_ARGS, '--idle-linger', '100ms'];
    const server = await startServer(fixture('says-hello.mjs'), { args });
    const clients = ['-tls1_3', '-tls1_3', '-tls1_2'].map((version) => openssl(server, version));
    for (const [at, { client, told }] of clients.entries()) {
      await told(/Verify return code/g);
      client.stdin.write(GET);
      await told(/hello/g);
      if (at === 2) continue;
      client.stdin.write(`${'kK'[at]}\n`);
      await told(/KEYUPDATE/g);
    }
    // Its answer is the second record after the change.
    clients[1]?.client.stdin.write(GET);
    await clients[1]?.told(/hello/g, 2);
    const closed = clients.map(({ client }) => once(client, 'close'));
    expect(await drained(server)).toMatchObject({
      ...{ moved: 0, closed: 3, forceClosed: 0 },
      refused: { 'tls-key-update': 2, 'tls-1.2': 1 },
    });
    await Promise.all(closed);
    for (const { text } of clients) expect(text()).not.toMatch(/unexpected eof/);
  },
);

(hasOpenssl ? test : test.skip)(
  'a client that changes its keys after a move, and asks for ours (openssl s_client)',
  async () => {
    const server = await startServer(fixture('says-hello.mjs'), { args: TLS_ARGS });
    const { client, told } = openssl(server, '-tls1_3');
    await told(/Verify return code/g, 1);
    client.stdin.write(GET);
    await told(/hello/g, 1);
    let updates = 0;
    for (const command of ['k', 'K', 'K']) {
      expect(await drained(server)).toMatchObject({ moved: 1, closed: 0, forceClosed: 0 });
      client.stdin.write(`${command}\n`);
      await told(/KEYUPDATE/g, ++updates);
      client.stdin.write(GET);
      await told(/hello/g, updates + 1);
    }
    expect(client.exitCode).toBeNull();
  },
);
