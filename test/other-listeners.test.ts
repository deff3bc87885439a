/** An app's other ports drain with the worker: what is in flight on them finishes, is counted, and nobody accepts twice. */
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { DEADLINE_MS } from './support/deadline.ts';
import { freePorts } from './support/free-ports.ts';
import { brief, cases, thorough } from './support/long.ts';
import { RawClient } from './support/raw.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

const GATE = path.join(tmpdir(), `tshorn-others-${process.pid}`);
const leaving: (() => void)[] = [];
const opened = new Set<string>();
afterEach(async () => {
  for (const leave of leaving.splice(0)) leave();
  await endServers();
  for (const id of opened) rmSync(`${GATE}-${id}`, { force: true });
  opened.clear();
});

const openGate = (id: number) => {
  opened.add(String(id));
  writeFileSync(`${GATE}-${id}`, '');
};

interface Ports {
  readonly beside: number;
  readonly h2: number;
  readonly secure: number;
  readonly raw: number;
}

async function start(workers = 1, args: readonly string[] = [], soak = '50ms'): Promise<[TestServer, Ports]> {
  const [beside, h2, secure, raw] = (await freePorts(4)) as [number, number, number, number];
  const env = { PORTS: [beside, h2, secure, raw].join(), GATE, TSHORN_SOAK: soak };
  const server = await startServer(fixture('has-other-ports.mjs'), { workers, env, args });
  return [server, { beside, h2, secure, raw }];
}

async function open(port: number): Promise<RawClient> {
  const client = await RawClient.open({ port });
  leaving.push(() => client.destroy());
  return client;
}

const told = (server: TestServer, text: string) => server.until(text, () => server.output.includes(text));

/** The pid that answers one request on a connection of its own. */
const ask = (
  port: number,
  request: string | http.RequestOptions = '/',
  client: typeof http | typeof https = http,
) =>
  new Promise<number>((resolve, reject) => {
    const options = typeof request === 'string' ? { path: request } : request;
    client
      .get(
        {
          host: '127.0.0.1',
          port,
          agent: false,
          rejectUnauthorized: false,
          ...options,
        } as http.RequestOptions,
        (response) => {
          response.resume().once('error', reject);
          response.once('end', () => resolve(Number(response.headers['x-pid'])));
        },
      )
      .once('error', reject);
  });

async function askH2(port: number, path: string): Promise<number> {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  leaving.push(() => session.destroy());
  const stream = session.request({ ':path': path });
  const [headers] = await once(stream, 'response');
  stream.resume();
  await once(stream, 'end');
  session.close();
  return Number((headers as http2.IncomingHttpHeaders)['x-pid']);
}

brief(
  'requests in flight on every other port finish at a reload, are counted, and new ones go to the new worker',
  async () => {
    const [server, { beside, h2, secure, raw }] = await start();
    const [old] = server.readyPids;
    const tcp = await open(raw);
    await tcp.send('one\n').until(/one/);
    const answers = [ask(beside, '/1'), askH2(h2, '/1'), ask(secure, '/1', https)];
    await server.until('three requests', () => server.output.split(`asked /1 of ${old}`).length === 4);
    const from = server.lines.length;
    server.signal('SIGHUP');
    await server.event('draining', { from });
    // The new worker listens there, and the old one does not any more, once it has heard that it is to drain.
    const pids = () => Promise.all([ask(beside), askH2(h2, '/'), ask(secure, '/', https)]);
    for (const end = Date.now() + DEADLINE_MS; (await pids()).includes(old as number) && Date.now() < end; );
    for (let times = 0; times < 4; times++) expect(await pids()).not.toContain(old as number);
    await tcp.send('two\n').until(/two/);
    openGate(1);
    expect(await Promise.all(answers)).toEqual([old, old, old]);
    tcp.destroy();
    const end = await server.event('drained', { from });
    expect(end).toMatchObject({
      pid: old,
      finished: 4,
      closed: 0,
      forceClosed: 0,
      refused: { 'other-listener': 4 },
    });
    expect(await server.event('reload-finished', { from })).toMatchObject({ outcome: 'committed' });
  },
);

brief('an idle connection there is told to close, and is closed after its linger', async () => {
  const [server, { beside }] = await start(1, ['--idle-linger', '5s']);
  const [idle, busy] = [await open(beside), await open(beside)];
  await idle.get('/').answers(1);
  await busy.get('/').answers(1);
  expect(busy.text).toMatch(/Connection: keep-alive/i);
  const from = server.lines.length;
  server.signal('SIGHUP');
  await server.event('draining', { from });
  await busy.get('/').answers(2);
  expect(busy.text).toMatch(/Connection: close/i);
  expect(await busy.ended()).toBe('end');
  expect(await idle.ended()).toBe('end');
  expect(await server.event('drained', { from })).toMatchObject({ finished: 1, closed: 1, forceClosed: 0 });
});

brief('a WebSocket there is closed with 1012, and plain TCP is force-closed at the deadline', async () => {
  const [server, { beside, raw }] = await start(1, ['--grace', '8s', '--websocket-spread', '4s']);
  const socket = new WebSocket(`ws://127.0.0.1:${beside}`);
  leaving.push(() => socket.terminate());
  const closed = once(socket, 'close');
  await once(socket, 'open');
  const tcp = await open(raw);
  await tcp.send('one\n').until(/one/);
  const from = server.lines.length;
  server.signal('SIGHUP');
  expect((await closed)[0]).toBe(1012);
  await tcp.ended();
  const { msg } = await server.event('remaining', { from });
  expect(msg).toContain('other-listener:2');
  expect(await server.event('drained', { from })).toMatchObject({ closed: 1, finished: 0, forceClosed: 1 });
});

thorough('a connection that the app has with itself keeps nothing waiting', async () => {
  const [server] = await start();
  await ask(server.port, '/self');
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  expect(server.of('drained')).toMatchObject([{ finished: 0, forceClosed: 0, refused: {} }]);
  expect(server.of('drained')[0]?.tookMs).toBeLessThan(25_000);
});

brief('a parked worker does not accept there; it does again when the reload is rolled back', async () => {
  const [server, { beside, h2, secure }] = await start(2, [], '20s');
  const old = server.readyPids;
  const from = server.lines.length;
  server.signal('SIGHUP');
  const { pid: parked } = await server.event('drained', { from });
  const others = async (times: number) => {
    const pids = new Set<number>();
    for (let at = 0; at < times; at++) {
      for (const pid of await Promise.all([ask(beside), askH2(h2, '/'), ask(secure, '/', https)]))
        pids.add(pid);
    }
    return pids;
  };
  expect([...(await others(6))]).not.toContain(parked);
  const young = server.readyPids.find((pid) => !old.includes(pid)) as number;
  process.kill(young, 'SIGKILL');
  expect(await server.event('reload-finished', { from })).toMatchObject({ outcome: 'rolled-back' });
  expect([...(await others(6))].sort()).toEqual([...old].sort());
  // The app was told once that it listens.
  expect(server.output.split(`http listens in ${parked}`)).toHaveLength(2);
});

const ENDS = [
  ['a scale-down', 'SIGTTOU'],
  ['a stop', 'SIGTERM'],
] as const;

test.each(cases(ENDS, ([, signal]) => signal === 'SIGTERM'))(
  '%s lets them finish, and the app closes its servers without an error',
  async (_, signal) => {
    const [server, { beside, h2, secure }] = await start(2);
    const answers = [ask(beside, '/1'), ask(beside, '/1'), askH2(h2, '/1'), ask(secure, '/1', https)];
    await server.until('four requests', () => server.output.split('asked /1 of ').length === 5);
    server.signal(signal);
    const { pid } = await server.event('draining');
    openGate(1);
    await Promise.all(answers);
    for (const name of ['served', 'http', 'h2', 'https', 'tcp'])
      await told(server, `${name} of ${pid} closed: in order`);
    await server.until('the exit', () => server.of('exited').some((line) => line.pid === pid));
    if (signal === 'SIGTERM') expect(await server.exited).toBe(0);
  },
);

thorough('two reloads under load lose no request on another port', async () => {
  const [server, { beside, h2, secure }] = await start(2);
  const failures: unknown[] = [];
  let asked = 0;
  let stopped = false;
  const agent = new http.Agent({ keepAlive: true });
  leaving.push(() => agent.destroy());
  const clients = [
    () => ask(beside),
    () => ask(server.port),
    () => askH2(h2, '/'),
    () => ask(secure, '/', https),
    () => ask(beside, { path: '/', agent }),
  ].map(async (once) => {
    while (!stopped) {
      asked++;
      await once().catch((error) => failures.push(error));
      await sleep(10);
    }
  });
  for (let reloads = 0; reloads < 2; reloads++) {
    expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  }
  stopped = true;
  await Promise.all(clients);
  expect(failures).toEqual([]);
  expect(asked).toBeGreaterThan(50);
});
