import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { authority } from './support/certificates.ts';
import { TEST_MS } from './support/deadline.ts';
import { directory, ownDirectory } from './support/directory.ts';
import { HIGHEST, Http2Client, request } from './support/http2-client.ts';
import { Http2Load } from './support/http2-load.ts';
import { KeepAliveClient } from './support/keep-alive-client.ts';
import { brief, times } from './support/long.ts';
import { fixture, startServer, type TestServer } from './support/server.ts';

const RELOADS = times('RELOADS', 3, 5);
const CLIENTS = times('CLIENTS', 6, 16);

ownDirectory();

async function reloads(server: TestServer, ...ways: (() => Promise<Http2Client>)[]): Promise<void> {
  const loads = ways.map((connect) => new Http2Load(CLIENTS, connect));
  try {
    for (let at = 0; at < RELOADS; at++) {
      expect(await server.reload()).toMatchObject({ outcome: 'committed' });
    }
  } finally {
    await Promise.all(loads.map((load) => load.stop()));
  }
  for (const load of loads) {
    expect(load.failures).toEqual([]);
    expect(load.answered).toBe(load.asked);
    expect(load.connections).toBeGreaterThanOrEqual(CLIENTS * 2);
    console.info(`${load.answered} answers on ${load.connections} connections in ${RELOADS} reloads`);
  }
  for (const drained of server.of('drained')) expect(drained).toMatchObject({ forceClosed: 0 });
}

/** Serves on a plain and on an https listener. */
async function startBoth() {
  const files = authority()
    .issue({ names: ['localhost'] })
    .write(directory);
  const binds = ['http://127.0.0.1:0', 'https://127.0.0.1:0'].flatMap((bind) => ['--bind', bind]);
  const args = [...binds, ...files, '--workers', '2', '--http2', '--idle-linger', '20s'];
  const server = await startServer(fixture('http2-app.mjs'), { bare: true, args });
  const portOf = (scheme: string) =>
    server
      .of('listening')
      .find(({ address }) => String(address).startsWith('https://') === (scheme === 'https'))?.port as number;
  const secure = async () => {
    const options = {
      port: portOf('https'),
      host: '127.0.0.1',
      ALPNProtocols: ['h2'],
      rejectUnauthorized: false,
    };
    const socket = tls.connect(options);
    await once(socket, 'secureConnect');
    expect(socket.alpnProtocol).toBe('h2');
    return new Http2Client(socket);
  };
  return { server, plain: () => Http2Client.connect(portOf('http')), secure };
}

test(
  `clients that never repeat a request lose none in ${RELOADS} reloads, over TCP and TLS at once`,
  async () => {
    const { server, plain, secure } = await startBoth();
    const { body } = await (await secure()).ask(request('/info'));
    expect(JSON.parse(body)).toMatchObject({
      httpVersion: '2.0',
      encrypted: true,
      remoteAddress: '127.0.0.1',
    });
    await reloads(server, plain, secure);
  },
  TEST_MS + RELOADS * 15_000,
);

brief(
  'two notices: what is sent until the first is answered is served, the second has the last stream',
  async () => {
    const server = await startServer(fixture('http2-app.mjs'), { args: ['--http2', '--idle-linger', '20s'] });
    const client = await Http2Client.connect(server.port);
    await client.ask(request('/'));
    client.polite = false;
    const reloaded = server.reload();
    expect((await client.frame('GOAWAY', ({ type }) => type === 'goaway')).payload.readUInt32BE()).toBe(
      HIGHEST,
    );
    // It has crossed with the notice, as far as the server knows.
    const crossed = client.ask(request('/'));
    expect(await crossed).toMatchObject({ status: 200, body: 'hello' });
    await client.answerPing();
    await client.closed;
    expect(client.notices).toEqual([HIGHEST, 3]);
    expect(await reloaded).toMatchObject({ outcome: 'committed' });
  },
);

brief(
  'a silent connection, and one of HTTP/1.1, move; a client that does not answer is told the last stream after the linger',
  async () => {
    const server = await startServer(fixture('http2-app.mjs'), { args: ['--http2', '--idle-linger', '1s'] });
    const silent = net.connect(server.port, '127.0.0.1');
    await once(silent, 'connect');
    const plain = await KeepAliveClient.connect({ port: server.port });
    const get = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
    await plain.ask([get], 'hello');
    const before = plain.lastPid;
    const mute = await Http2Client.connect(server.port);
    await mute.ask(request('/'));
    mute.polite = false;
    expect(await server.reload()).toMatchObject({ outcome: 'committed' });
    await mute.closed;
    expect(mute.notices).toEqual([HIGHEST, 1]);
    expect(server.of('drained')[0]).toMatchObject({
      moved: 2,
      closed: 0,
      forceClosed: 0,
      refused: { http2: 1 },
    });
    await plain.ask([get], 'hello');
    expect(plain.failures).toEqual([]);
    expect(plain.lastPid).not.toBe(before);
    // Moved, it may still become either.
    const moved = new Http2Client(silent);
    expect(await moved.ask(request('/'))).toMatchObject({ status: 200, body: 'hello' });
    moved.socket.end();
    plain.leave();
  },
);
