import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type AttachedListeners, attachListeners } from './listeners.ts';
import { standInOf } from './stand-in.ts';

/** Bound as the master binds: not accepting yet. */
const bind = (address: string, port: number, type: number): unknown =>
  (net as unknown as { _createServerHandle(...args: unknown[]): unknown })._createServerHandle(
    address,
    port,
    type,
  );

const portOf = (handle: unknown): number => {
  const name: { port?: number } = {};
  (handle as { getsockname(out: object): void }).getsockname(name);
  return name.port!;
};

const get = (options: http.RequestOptions) =>
  new Promise<string>((resolve, reject) => {
    http
      .get(options, async (response) => resolve(String((await response.toArray())[0])))
      .once('error', reject);
  });

/** A port that is free may have gone to another program by now: it is enough that this server does not take the connection. */
const expectClosed = async (port: number | undefined) =>
  expect(await get({ port, agent: false }).catch(({ code }) => code)).not.toMatch(/^(hello|ECONNRESET)$/);
const events = { onWanted: jest.fn(), onClosed: jest.fn() };
const open: { attached: AttachedListeners; server: http.Server }[] = [];
beforeEach(() => jest.clearAllMocks());
afterEach(() => {
  for (const { attached, server } of open.splice(0)) {
    void attached.pause();
    server.closeAllConnections();
  }
});

async function serve(
  handles: readonly unknown[],
  server = http.createServer((_req, res) => res.end('hello')),
) {
  const attached = await attachListeners(server, listening(handles), 511, events);
  open.push({ attached, server });
  return { attached, server };
}

const listening = (handles: readonly unknown[]) =>
  handles.map((handle) => ({ handle, address: `127.0.0.1:${portOf(handle)}` }));

const rebind = (port: number) => listening([bind('127.0.0.1', port, 4)]);

test('every handle feeds the one server, and pausing them leaves connections alone', async () => {
  const server = http.createServer((_req, res) => res.end('hello'));
  const path = join(tmpdir(), `listeners-${process.pid}.sock`);
  const [first, second, unix] = [bind('127.0.0.1', 0, 4), bind('127.0.0.1', 0, 4), bind(path, -1, -1)];
  const handles = [{ handle: unix, address: `unix:${path}` }, ...listening([first, second])];
  const attached = await attachListeners(server, handles, 511, events);
  expect([server.listening, server.address()]).toEqual([true, path]);
  const agent = new http.Agent({ keepAlive: true });
  const ports = [portOf(first), portOf(second)];
  for (const port of ports) expect(await get({ port, agent })).toBe('hello');
  expect(await get({ socketPath: path })).toBe('hello');

  void attached.pause();
  void attached.pause();
  for (const port of ports) expect(await get({ port, agent })).toBe('hello');
  await expectClosed(ports[0]);
  agent.destroy();
  server.closeAllConnections();
});

test('paused, it accepts nobody, keeps its connections, and listens to its app; resumed, it accepts again', async () => {
  const [first, second] = [bind('127.0.0.1', 0, 4), bind('127.0.0.1', 0, 4)];
  const { attached, server } = await serve([first, second]);
  const heard: string[] = [];
  server.on('close', () => heard.push('close')).on('listening', () => heard.push('listening'));
  await once(server, 'listening');
  const address = server.address();
  const ports = [portOf(first), portOf(second)];
  const agent = new http.Agent({ keepAlive: true });
  for (const port of ports) expect(await get({ port, agent })).toBe('hello');

  let empty = false;
  const paused = attached.pause().then(() => {
    empty = true;
  });
  for (const port of ports) {
    expect(await get({ port, agent })).toBe('hello');
    await expectClosed(port);
  }
  expect([empty, server.listening, server.address()]).toEqual([false, true, address]);
  agent.destroy();
  await paused;
  expect(await attached.count()).toBe(0);

  await attached.resume(ports.flatMap(rebind));
  for (const port of ports) expect(await get({ port, agent: false })).toBe('hello');
  expect(heard).toEqual(['listening']);
});

test('a paused server can be closed by its app, once, and says so when its last connection has gone', async () => {
  const first = bind('127.0.0.1', 0, 4);
  const { attached, server } = await serve([first]);
  const agent = new http.Agent({ keepAlive: true });
  expect(await get({ port: portOf(first), agent })).toBe('hello');
  void attached.pause();
  const closed: unknown[] = [];
  server.once('close', () => closed.push('close'));
  const close = () =>
    net.Server.prototype.close.call(server, (error) => closed.push((error as { code?: string })?.code));
  close();
  close();
  await nextTurn();
  expect(closed).toEqual([]);
  agent.destroy();
  await once(server, 'close');
  expect(closed).toEqual(['close', undefined, 'ERR_SERVER_NOT_RUNNING']);
});

test('an app that closes its server stops accepting; when it listens again it is given new handles', async () => {
  const first = bind('127.0.0.1', 0, 4);
  const { attached, server } = await serve([first]);
  const port = portOf(first);
  await promisify(server.close.bind(server))();
  await expectClosed(port);
  // Handles that come while it is closed are not used.
  await attached.attach(rebind(port));
  await expectClosed(port);
  expect(events.onWanted).not.toHaveBeenCalled();
  standInOf(server)?.open();
  expect(events.onWanted).toHaveBeenCalledTimes(1);
  await attached.attach(rebind(port));
  expect(await get({ port, agent: false })).toBe('hello');
  expect(events.onClosed).not.toHaveBeenCalled();
});

test('an app that closes its server for good is reported, and one that is paused is not', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  try {
    const { attached, server } = await serve([bind('127.0.0.1', 0, 4)]);
    server.close();
    jest.runOnlyPendingTimers();
    // First the loop has its turn.
    expect(events.onClosed).not.toHaveBeenCalled();
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
    expect(events.onClosed).toHaveBeenCalledTimes(1);
    jest.runOnlyPendingTimers();
    expect(events.onClosed).toHaveBeenCalledTimes(2);
    void attached.pause();
    jest.runOnlyPendingTimers();
    expect(events.onClosed).toHaveBeenCalledTimes(2);
  } finally {
    jest.useRealTimers();
  }
});

test('a full server stops accepting, drops nobody, and asks for new handles when it has room', async () => {
  const server = http.createServer((_req, res) => res.end('hello'));
  server.maxConnections = 1;
  const dropped = jest.fn();
  server.on('drop', dropped);
  const first = bind('127.0.0.1', 0, 4);
  const { attached } = await serve([first], server);
  const port = portOf(first);
  const agent = new http.Agent({ keepAlive: true });
  expect(await get({ port, agent })).toBe('hello');
  await expectClosed(port);
  expect(await get({ port, agent })).toBe('hello');
  const wanted = new Promise<void>((resolve) => events.onWanted.mockImplementationOnce(resolve));
  agent.destroy();
  await wanted;
  await attached.attach(rebind(port));
  expect(await get({ port, agent: false })).toBe('hello');
  expect(dropped).not.toHaveBeenCalled();
});

test('with dropMaxConnection a full server drops, as under node:cluster', async () => {
  const server = http.createServer((_req, res) => res.end('hello'));
  Object.assign(server, { maxConnections: 1, dropMaxConnection: true });
  const first = bind('127.0.0.1', 0, 4);
  await serve([first], server);
  const agent = new http.Agent({ keepAlive: true });
  expect(await get({ port: portOf(first), agent })).toBe('hello');
  const dropped = once(server, 'drop');
  await expect(get({ port: portOf(first), agent: false })).rejects.toMatchObject({ code: 'ECONNRESET' });
  await dropped;
  agent.destroy();
});

test('a maximum that is set and removed later counts from then on', async () => {
  const first = bind('127.0.0.1', 0, 4);
  const { attached, server } = await serve([first]);
  const agent = new http.Agent({ keepAlive: true });
  const port = portOf(first);
  expect(await get({ port, agent })).toBe('hello');
  server.maxConnections = 1;
  await expectClosed(port);
  server.maxConnections = 2;
  expect(events.onWanted).toHaveBeenCalledTimes(1);
  await attached.attach(rebind(port));
  expect(await get({ port, agent: false })).toBe('hello');
  agent.destroy();
});

test('where this Node does not set a server up on a handle, a helper accepts, and its connections are those of the server', async () => {
  const server = http.createServer((_req, res) => res.end('hello'));
  const told = jest.fn();
  Object.assign(server.on('listening', told), { _listen2: undefined });
  const first = bind('127.0.0.1', 0, 4);
  const { attached } = await serve([first], server);
  const agent = new http.Agent({ keepAlive: true });
  expect(await get({ port: portOf(first), agent })).toBe('hello');
  expect([server.listening, await attached.count(), told.mock.calls.length]).toEqual([true, 1, 1]);
  const empty = attached.pause();
  await expectClosed(portOf(first));
  agent.destroy();
  await empty;
});
