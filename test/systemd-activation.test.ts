/** Sockets that systemd listens on and passes to the master. */
import dgram from 'node:dgram';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from './support/free-ports.ts';
import { ask } from './support/load.ts';
import { endServers, fixture, startServer, TestServer } from './support/server.ts';
import { activated, closeSockets, needing, tcpSocket, unixSocket } from './support/systemd.ts';

const HELLO = fixture('says-hello.mjs');

let directory: string;
let socketPath: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-'));
  socketPath = path.join(directory, 'app.sock');
});
afterEach(async () => {
  await endServers();
  closeSockets();
  fs.rmSync(directory, { recursive: true });
});

const hello = async (target: { port?: number; socketPath?: string }): Promise<string> =>
  (await ask(target, { path: '/', agent: false })).body;

test('an activated socket is served without --bind, before and after a reload', async () => {
  const { fd, port } = tcpSocket();
  const server = await startServer(HELLO, { bare: true, ...activated([fd]) });
  expect(server.of('listening')).toMatchObject([
    { address: `127.0.0.1:${port}`, port, source: 'systemd', msg: expect.stringContaining('(systemd)') },
  ]);
  expect(await hello({ port })).toBe('hello');
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  expect(await hello({ port })).toBe('hello');
  expect(server.of('listening')).toHaveLength(1);
});

test('every connect is answered during a reload', async () => {
  const { fd, port } = tcpSocket();
  const server = await startServer(HELLO, {
    bare: true,
    args: ['--workers', '2'],
    ...activated([fd]),
  });
  let asked = 0;
  let reloading = true;
  const asking = (async () => {
    for (; reloading; await sleep(5)) {
      expect(await hello({ port })).toBe('hello');
      asked++;
    }
  })();
  for (let reload = 0; reload < 2; reload++) {
    expect(await server.reload()).toMatchObject({ outcome: 'committed', replaced: 2 });
  }
  reloading = false;
  await asking;
  expect(asked).toBeGreaterThan(0);
});

test('a connect between two runs of the service waits, and the second one answers it', async () => {
  const { fd, port } = tcpSocket();
  const first = await startServer(HELLO, { bare: true, ...activated([fd]) });
  expect(await first.stop()).toBe(0);
  const waiting = hello({ port });
  await startServer(HELLO, { bare: true, ...activated([fd]) });
  expect(await waiting).toBe('hello');
});

test('two named sockets are both served, and --bind systemd:NAME still servese and names the other', async () => {
  const [web, admin] = [tcpSocket(), tcpSocket()];
  const sockets = activated([web.fd, admin.fd], 'web:admin');
  const both = await startServer(HELLO, { bare: true, ...sockets });
  expect(await hello({ port: web.port })).toBe('hello');
  expect(await hello({ port: admin.port })).toBe('hello');
  await both.stop();

  const one = await startServer(HELLO, { bind: 'systemd:admin', ...sockets });
  expect(one.of('listening')).toMatchObject([{ port: admin.port, source: 'systemd' }]);
  expect(one.of('unused-socket')).toMatchObject([{ msg: expect.stringContaining('web (fd 3') }]);
  expect(await hello({ port: admin.port })).toBe('hello');
});

test('a plain --bind takes over the activated socket of its address, and binds where there is none', async () => {
  const { fd, port } = tcpSocket();
  const server = await startServer(HELLO, {
    bind: `localhost:${port}`,
    args: ['--bind', '127.0.0.1:0'],
    ...activated([fd]),
  });
  expect(server.of('unused-socket')).toEqual([]);
  const [adopted, bound] = server.of('listening');
  expect(adopted).toMatchObject({ port, source: 'systemd' });
  expect(bound).toMatchObject({ source: 'bound' });
  expect(await hello({ port })).toBe('hello');
  expect(await hello({ port: bound?.port as number })).toBe('hello');
});

test('with PORT set, the activated socket of another port is left alone and named', async () => {
  const server = await startServer(HELLO, {
    bare: true,
    env: { PORT: '0' },
    ...activated([tcpSocket().fd], 'web'),
  });
  expect(server.of('listening')).toMatchObject([{ source: 'bound' }]);
  expect(server.of('unused-socket')).toMatchObject([{ msg: expect.stringContaining('web (fd 3') }]);
});

test('a unix socket keeps its file and its mode, also when the service has stopped', async () => {
  const { fd } = unixSocket(socketPath);
  fs.chmodSync(socketPath, 0o600);
  const { ino, mode } = fs.statSync(socketPath);
  const server = await startServer(HELLO, { bind: `unix:${socketPath}`, ...activated([fd]) });
  expect(server.of('listening')).toMatchObject([{ address: `unix:${socketPath}`, source: 'systemd' }]);
  expect(await hello({ socketPath })).toBe('hello');
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  expect(await hello({ socketPath })).toBe('hello');
  expect(await server.stop()).toBe(0);
  expect(fs.statSync(socketPath)).toMatchObject({ ino, mode });
});

test('no worker finds the variables of systemd in its environment', async () => {
  const { fd, port } = tcpSocket();
  await startServer(fixture('tells-all-environment.mjs'), {
    bare: true,
    env: { NOTIFY_SOCKET: '/nowhere', WATCHDOG_USEC: '60000000', WATCHDOG_PID: '1', PATH: '/bin:/usr/bin' },
    ...activated([fd], 'web'),
  });
  const { body } = await ask({ port }, { path: '/' });
  expect(body).toContain('PATH');
  expect(body).not.toMatch(/LISTEN_|NOTIFY_SOCKET|WATCHDOG_/);
});

test('sockets that are meant for another process are not touched, and the log says so', async () => {
  const server = await startServer(HELLO, { env: { LISTEN_PID: '1', LISTEN_FDS: '1' } });
  expect(server.of('listening')).toMatchObject([{ source: 'bound' }]);
  expect(server.of('unused-socket')).toMatchObject([{ msg: expect.stringContaining('to pid=1') }]);
});

describe('what cannot be served is refused before anything starts', () => {
  const refused = async (server: TestServer, words: string): Promise<void> => {
    expect(await server.exited).toBe(7);
    expect(server.output).toContain(words);
    expect(server.output).toContain('fix: ');
    expect(server.of('spawned')).toEqual([]);
  };

  const fdOf = (socket: unknown): number => (socket as { _handle: { fd: number } })._handle.fd;

  test('a datagram socket', async () => {
    const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const fd = (socket as unknown as Record<symbol, { handle: { fd: number } }>)[
      Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'state symbol') as symbol
    ]?.handle.fd as number;
    await refused(new TestServer(HELLO, { bare: true, ...activated([fd]) }), 'no stream socket');
    socket.close();
  });

  test('a regular file, and a descriptor that is not there', async () => {
    const fd = fs.openSync(HELLO, 'r');
    await refused(new TestServer(HELLO, { bare: true, ...activated([fd]) }), 'no stream socket');
    fs.closeSync(fd);
    const { through } = activated([0]);
    await refused(new TestServer(HELLO, { bare: true, ...(through && { through }) }), 'no stream socket');
  });

  test.each(['tcp', 'unix'])('a %s connection, as Accept=yes passes it', async (kind) => {
    const other = net.createServer().listen(kind === 'tcp' ? 0 : socketPath);
    await once(other, 'listening');
    const { port } = other.address() as net.AddressInfo;
    const client = kind === 'tcp' ? net.connect(port) : net.connect(socketPath);
    await once(client, 'connect');
    await refused(
      new TestServer(HELLO, { bare: true, ...activated([fdOf(client)]) }),
      'a connection, not a listening socket',
    );
    client.destroy();
    other.close();
  });

  test('a name that was not passed', async () => {
    const sockets = activated([tcpSocket().fd], 'web');
    await refused(
      new TestServer(HELLO, { bind: 'systemd:api', ...sockets }),
      'systemd:api: systemd has passed web (fd 3',
    );
    await refused(new TestServer(HELLO, { bind: 'systemd:web' }), 'systemd has passed no socket');
  });

  test('an address that an activated socket overlaps', async () => {
    const first = tcpSocket();
    const sockets = activated([first.fd], 'web');
    const holder = await startServer(HELLO, { bare: true, ...sockets });
    const server = new TestServer(HELLO, { bind: `0.0.0.0:${first.port}`, ...sockets });
    expect(await server.exited).toBe(5);
    expect(server.output).toContain('--bind systemd:web');
    await holder.stop();
  });
});

needing('systemd-socket-activate')('the real program passes two named sockets and a unix one', async () => {
  const [one, two] = (await freePorts(2)) as [number, number];
  const server = new TestServer(HELLO, {
    bare: true,
    through: (command) => [
      'systemd-socket-activate',
      ...['-E', 'PATH', '-E', 'TSHORN_SOAK', '--fdname', 'web:admin:local'],
      ...['-l', `127.0.0.1:${one}`, '-l', `127.0.0.1:${two}`, '-l', socketPath],
      ...command,
    ],
  });
  await server.until('it listens', () => server.output.includes(`${socketPath} as 5`));
  // The first connection starts the service, and waits for it.
  expect(await hello({ port: two })).toBe('hello');
  await server.started();
  expect(server.of('listening').map(({ source }) => source)).toEqual(['systemd', 'systemd', 'systemd']);
  expect(await hello({ port: one })).toBe('hello');
  expect(await hello({ socketPath })).toBe('hello');
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  expect(await hello({ port: one })).toBe('hello');
  expect(await hello({ socketPath })).toBe('hello');
  expect(await server.stop()).toBe(0);
  expect(fs.existsSync(socketPath)).toBe(true);
});
